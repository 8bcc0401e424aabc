import importlib.util
import json
from pathlib import Path

import pytest

from suppression_service.server.settings import ServiceSettings
from suppression_service.server.transport.envoy import launch
from tests.support.authority import Authority, certify


def test_without_the_extra_envoy_cannot_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert launch.why_not() == "suppression-service[envoy] is not installed"


def test_without_a_shared_libpython_envoy_cannot_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(launch, "_libpython", lambda: "")
    assert "libpython" in launch.why_not()


def test_the_command_has_the_whole_configuration(tmp_path: Path) -> None:
    command, environment = launch.command(
        ServiceSettings(), "127.0.0.1:50051", tmp_path, "package.module:app"
    )
    assert Path(command[0]).name.startswith("envoy")
    configuration = json.loads(command[command.index("--config-yaml") + 1])
    assert '\\"app\\": \\"package.module:app\\"' in json.dumps(configuration)
    assert list(tmp_path.iterdir()) == []
    assert environment["PYTHONPATH"]
    assert environment["PYTHONHOME"]


def test_the_certificate_is_there_before_envoy_starts(tmp_path: Path) -> None:
    settings, folder = (
        ServiceSettings.model_validate(certify(tmp_path, Authority())),
        tmp_path / "process",
    )
    folder.mkdir()
    launch.command(settings, "127.0.0.1:50051", folder, "package.module:app")
    assert [path.name for path in folder.iterdir()] == ["certificate.json"]
