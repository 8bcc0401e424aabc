"""Databases of both engines: one a test, each a copy of one that was migrated once."""

import contextlib
import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, make_url

from service.store.engine import open_engine
from service.store.schema_version import migrate

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgresql_admin(postgresql_server: str) -> Iterator[psycopg.Connection]:
    """A connection to the PostgreSQL server that may do anything."""
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def postgresql_template(make_postgresql_database: Callable[[], str]) -> URL:
    """A migrated database that nobody is connected to."""
    url = make_postgresql_database()
    _migrate(url)
    return make_url(url)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def new_postgresql(postgresql_admin: psycopg.Connection, postgresql_template: URL) -> Iterator[str]:
    """The URL of a migrated PostgreSQL database."""
    name = f"copy_{next(_numbers)}"
    postgresql_admin.execute(f"CREATE DATABASE {name} TEMPLATE {postgresql_template.database}")
    yield postgresql_template.set(database=name).render_as_string(hide_password=False)
    postgresql_admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


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
    fixture: str = request.getfixturevalue(f"{engine_name}_url")
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


def _hang_up(admin: psycopg.Connection, name: str | None) -> None:
    admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
    )


def _migrate(url: str) -> None:
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()
