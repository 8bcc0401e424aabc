import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.folder import locked
from tests.support.processes import run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "suppression.db").touch()
    return tmp_path


@pytest.fixture
def _in_use(folder: Path) -> Iterator[None]:
    with locked(folder):
        yield


def _run(module: str, folder: Path) -> subprocess.CompletedProcess[str]:
    settings = {
        "SUPPRESSION_LOCAL_DIR": str(folder),
        "SUPPRESSION_LISTEN": "127.0.0.1:0",
        "SUPPRESSION_STAND_IN_PORT": "0",
        "SUPPRESSION_CONSOLE_LISTEN": "127.0.0.1:0",
    }
    return run([sys.executable, "-m", f"deploy.local.{module}"], settings)


@pytest.mark.usefixtures("_in_use")
def test_reset_keeps_the_database_of_a_running_system(folder: Path) -> None:
    done = _run("reset", folder)
    assert (done.returncode, (folder / "suppression.db").exists()) == (2, True)


def test_reset_deletes_the_database_of_a_system_that_has_ended(folder: Path) -> None:
    done = _run("reset", folder)
    assert (done.returncode, folder.exists()) == (0, False)


@pytest.mark.usefixtures("_in_use")
def test_a_second_system_in_the_folder_is_refused_and_names_the_setting(folder: Path) -> None:
    done = _run("up", folder)
    assert (done.returncode, "SUPPRESSION_LOCAL_DIR=" in done.stderr) == (2, True)
