"""Whole systems: one that many tests share, and one for each test that changes its processes."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.aws import StandIn
from suppression_service.store import Store
from tests.support.processes import Processes
from tests.support.system import System

# The configuration set of newsletters, and its stream.
STREAMS = "letters=newsletter"


def _new_system(processes: Processes, database_url: str, stand_in: StandIn, folder: Path) -> System:
    # SQS redelivers a message that is not deleted after a second, at most three times.
    wiring = stand_in.wire(f"t{secrets.token_hex(6)}", visibility_seconds=1, max_receive_count=3)
    system = System(processes, database_url, stand_in, wiring, folder)
    system.environment["SUPPRESSION_STREAMS"] = STREAMS
    Store.open(database_url, migrate_first=True).close()
    return system


def _database_url(request: pytest.FixtureRequest, engine: str, folder: Path) -> str:
    if engine == "sqlite":
        return f"sqlite:///{folder / 'suppression.db'}"
    make: Callable[[], str] = request.getfixturevalue("make_postgresql_database")
    return make()


# The tests of one group run in one worker of pytest-xdist, which starts it once.
@pytest.fixture(
    scope="session",
    params=[
        pytest.param("sqlite", marks=pytest.mark.xdist_group("system on sqlite")),
        pytest.param("postgresql", marks=pytest.mark.xdist_group("system on postgresql")),
    ],
)
def system(
    request: pytest.FixtureRequest, stand_in: StandIn, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """A system on each engine; tests use addresses of their own, and stop nothing."""
    folder = tmp_path_factory.mktemp("system")
    url = _database_url(request, request.param, folder)
    with Processes(folder / "logs") as processes:
        running = _new_system(processes, url, stand_in, folder)
        running.start_server(SUPPRESSION_PROCESSES="2")
        running.start_worker()
        yield running


@pytest.fixture
def own_system(
    postgresql_url: str, stand_in: StandIn, processes: Processes, tmp_path: Path
) -> System:
    """A system of the test's own: the schema is made, nothing runs yet."""
    return _new_system(processes, postgresql_url, stand_in, tmp_path)


@pytest.fixture(scope="module")
def module_system(stand_in: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system for the tests of a module; nothing runs yet."""
    folder = tmp_path_factory.mktemp("system")
    with Processes(folder / "logs") as processes:
        yield _new_system(processes, f"sqlite:///{folder / 'suppression.db'}", stand_in, folder)


@pytest.fixture
def address() -> str:
    """An address that no other test uses."""
    return f"{secrets.token_hex(8)}@example.com"
