from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from suppression_console.cli import app
from suppression_console.settings import Settings, SettingsError, networks


@pytest.mark.parametrize(
    "given",
    [
        {"listen": "8090"},
        {"listen": "0.0.0.0:8090"},
        {"listen": "[::]:8090"},
        {"certificate": Path("chain.pem")},
        {"log_format": "xml"},
        {"upload_directory": Path("/nowhere")},
    ],
)
def test_settings_that_cannot_work_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="SUPPRESSION_"):
        Settings(**given)


def test_a_proxy_is_an_address_or_a_network() -> None:
    with pytest.raises(SettingsError, match="SUPPRESSION_CONSOLE_PROXIES"):
        networks("proxy.example")


def test_with_tls_it_listens_anywhere() -> None:
    Settings(listen="0.0.0.0:8090", certificate=Path("chain.pem"), key=Path("key.pem"))


def test_the_command_says_its_version() -> None:
    assert CliRunner().invoke(app, ["--version"]).output.startswith("suppression-console ")
