"""What systemd would say to the units, and whether they know the programs."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from suppression_ingest.webhook.server import GRACE_SECONDS
from suppression_service.server.processes import KILL_AFTER
from suppression_service.server.settings import ServiceSettings
from tests.support import programs
from tests.support.prerequisites import missing
from tests.support.processes import BIN, run

FOLDER = Path(__file__).parents[3] / "deploy" / "systemd"
UNITS = sorted(FOLDER.glob("*.service"))
#: Of ten: what systemd calls "OK" ends at 5.
MOST_EXPOSED = 2.0


def settings(text: str) -> set[str]:
    return set(re.findall(r"^#?(?:Environment=)?(SUPPRESSION_\w+)=", text, re.MULTILINE))


def value(unit: Path, name: str) -> str:
    [found] = re.findall(rf"^{name}=(.*)$", unit.read_text(), re.MULTILINE)
    return str(found)


def command(unit: Path) -> tuple[str, str]:
    """The program and the command that a unit starts."""
    program, command = value(unit, "ExecStart").removeprefix("/opt/suppression/bin/").split()
    return program, command


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units, with the commands where they are here."""
    if not shutil.which("systemd-analyze"):
        missing("systemd-analyze", "it is a part of systemd")
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    for unit in UNITS:
        there = unit.read_text().replace("/opt/suppression/bin", str(BIN))
        (tmp_path / unit.name).write_text(there)
    return tmp_path


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_understands_every_line(installed: Path, unit: Path) -> None:
    done = run(["systemd-analyze", "verify", "--man=no", installed / unit.name])
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_may_do_little_beyond_its_work(installed: Path, unit: Path) -> None:
    shown = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", installed / unit.name],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    [exposure] = re.findall(r"Overall exposure level for \S+: ([\d.]+)", shown)
    assert float(exposure) <= MOST_EXPOSED


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_the_command_of_a_unit_is_one_of_the_program(unit: Path) -> None:
    assert programs.knows(*command(unit))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_every_setting_of_a_unit_is_one_of_its_command(unit: Path) -> None:
    assert settings(unit.read_text()) <= programs.settings(*command(unit))


def test_every_setting_of_the_file_is_one_of_a_program() -> None:
    known = set().union(*(programs.settings(*command(unit)) for unit in UNITS))
    assert settings((FOLDER / "suppression.env").read_text()) <= known


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_the_command_of_a_unit_takes_the_settings_of_the_file(unit: Path) -> None:
    lines = (FOLDER / "suppression.env").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert programs.takes(command(unit), given)


def test_units_have_all_the_time_that_they_may_take_to_stop() -> None:
    default = ServiceSettings()
    server = default.drain_seconds + default.grace_seconds + KILL_AFTER
    assert int(value(FOLDER / "suppression-service.service", "TimeoutStopSec")) > server
    assert int(value(FOLDER / "suppression-webhook.service", "TimeoutStopSec")) > GRACE_SECONDS
