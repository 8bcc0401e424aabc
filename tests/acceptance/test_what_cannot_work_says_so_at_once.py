import subprocess

import pytest

from deploy.local.aws import free_port
from tests.support.processes import BIN, Processes, run

SERVE = [f"{BIN}/suppression-service", "serve"]
MIGRATE = [f"{BIN}/suppression-service", "migrate"]
WORKER = [f"{BIN}/suppression-ingest", "worker"]
COMMANDS = {"serve": SERVE, "migrate": MIGRATE, "worker": WORKER}
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
        pytest.param((SERVE, MISSING_FILE), id="serve-sqlite"),
        pytest.param((MIGRATE, MISSING_FILE), id="migrate-sqlite"),
        pytest.param((WORKER, MISSING_FILE), id="worker-sqlite"),
        # The server waits for one that is away: tests/integration/service/test_restart.py.
        pytest.param((MIGRATE, NO_SERVER), id="migrate-postgresql"),
        pytest.param((WORKER, NO_SERVER), id="worker-postgresql"),
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
    database_url: str, command: list[str]
) -> None:
    assert "suppression-service migrate" in run(command, _settings(database_url)).stderr


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"])
def test_listening_beyond_this_machine_without_tls_is_refused(sqlite_url: str, listen: str) -> None:
    done = run(SERVE, _settings(sqlite_url) | {"SUPPRESSION_LISTEN": listen})
    assert (done.returncode, "without TLS" in done.stderr) == (2, True)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_a_wrong_setting_is_one_line_that_names_it(command: list[str]) -> None:
    done = run(command, _settings("mysql://127.0.0.1/suppression"))
    assert (done.returncode != 0, done.stderr.count("\n")) == (True, 1)


def test_a_worker_without_a_queue_names_the_setting_to_make(sqlite_url: str) -> None:
    done = run(WORKER, {"SUPPRESSION_DATABASE_URL": sqlite_url})
    assert (done.returncode, "SUPPRESSION_QUEUE_URL" in done.stderr) == (2, True)


def test_a_port_in_use_is_one_line(sqlite_url: str, processes: Processes) -> None:
    settings = _settings(sqlite_url)
    run(MIGRATE, settings)
    first = processes.start("first", SERVE, settings)
    taken = first.line(r"listens on (\S+)")[1]
    done = run(SERVE, settings | {"SUPPRESSION_LISTEN": taken})
    assert done.stderr.splitlines() == [
        f"suppression-service: cannot listen on {taken}: Address already in use"
    ]
