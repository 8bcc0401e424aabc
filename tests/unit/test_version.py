from importlib.metadata import version

import pytest
import typer
from typer.testing import CliRunner

from suppression_ingest.cli import app as ingest
from suppression_service.cli import app as service

COMMANDS = {"suppression-service": service, "suppression-ingest": ingest}


@pytest.mark.parametrize(("name", "app"), COMMANDS.items(), ids=COMMANDS)
def test_a_command_tells_its_version(name: str, app: typer.Typer) -> None:
    output = CliRunner().invoke(app, ["--version"], prog_name=name).output
    assert output == f"{name} {version('suppression-service')}\n"


@pytest.mark.parametrize("app", COMMANDS.values(), ids=COMMANDS)
def test_a_command_shows_its_help_for_the_short_flag_too(app: typer.Typer) -> None:
    short, long = (CliRunner().invoke(app, [flag]).output for flag in ("-h", "--help"))
    assert ("Usage" in short, short) == (True, long)
