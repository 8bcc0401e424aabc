import subprocess

import pytest

from deploy.local.aws import free_port
from tests.support.processes import BIN, run

SERVE = [f"{BIN}/suppression-service", "serve"]
MIGRATE = [f"{BIN}/suppression-service", "migrate"]
WORKER = [f"{BIN}/suppression-ingest", "worker"]
MISSING_FILE = "sqlite:////no/such/folder/suppression.db"

PASSWORD = "do-not-show-me"


def _settings(database_url: str) -> dict[str, str]:
    return {
        "SUPPRESSION_DATABASE_URL": database_url,
        "SUPPRESSION_LISTEN": "127.0.0.1:0",
        "SUPPRESSION_QUEUE_URL": "http://127.0.0.1:1/123456789012/none",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


# In one worker, so that each command is run once for all that is said about it.
ONCE = pytest.mark.xdist_group("without a database")


NO_SERVER = f"postgresql://me:{PASSWORD}@127.0.0.1:{free_port()}/list"


@pytest.fixture(
    scope="module",
    params=[
        # The worker: tests/integration/ingest/test_commands.py.
        pytest.param((SERVE, MISSING_FILE), id="serve-sqlite"),
        # The server waits for one that is away: tests/integration/service/test_restart.py.
        pytest.param((MIGRATE, NO_SERVER), id="migrate-postgresql"),
    ],
)
def refusal(request: pytest.FixtureRequest) -> subprocess.CompletedProcess[str]:
    command, database_url = request.param
    return run(command, _settings(database_url))


@ONCE
def test_an_unreachable_database_is_one_line(refusal: subprocess.CompletedProcess[str]) -> None:
    assert refusal.stderr.count("\n") == 1


@ONCE
def test_an_unreachable_database_ends_the_command_with_its_own_status(
    refusal: subprocess.CompletedProcess[str],
) -> None:
    assert refusal.returncode == 3


@ONCE
def test_the_password_of_the_database_is_not_shown(
    refusal: subprocess.CompletedProcess[str],
) -> None:
    assert PASSWORD not in refusal.stderr + refusal.stdout


@pytest.mark.parametrize("command", [SERVE, WORKER], ids=["serve", "worker"])
def test_a_database_without_a_schema_tells_how_to_make_it(
    sqlite_url: str, command: list[str]
) -> None:
    assert "suppression-service migrate" in run(command, _settings(sqlite_url)).stderr


def test_a_wrong_setting_is_one_line_that_names_it() -> None:
    done = run(MIGRATE, _settings("mysql://127.0.0.1/suppression"))
    assert (done.returncode != 0, done.stderr.count("\n")) == (True, 1)
