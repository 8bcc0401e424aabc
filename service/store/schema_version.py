"""Which schema a database has, and bringing it to the one this program knows.

Alembic is imported where a schema is changed: every other start of a program only asks
which one is there.
"""

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, inspect, text

from service.store.engine import reading, writing
from service.store.errors import SchemaMissing, SchemaOutdated, SchemaTooNew

if TYPE_CHECKING:
    from alembic.config import Config

_STEPS: Final = Path(__file__).with_name("migrations")
# Alembic's, which holds the one version that the schema is at.
_TABLE: Final = "alembic_version"
# Any number that no other program's advisory lock on the same database has.
_MIGRATION_LOCK: Final = 0x5055_9935


def migrate(engine: Engine) -> tuple[str | None, str]:
    """Bring the schema to head; return the versions before (None: no schema) and after.

    Safe to run from several processes at once: one works, the others wait and
    find nothing to do.

    Raises:
        SchemaTooNew: a newer program has been here; nothing was changed.
        StoreUnavailable: the database cannot be reached.
    """
    from alembic import command

    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        before = _version(connection)
        _refuse_newer(before)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        after = _version(connection)
        assert after is not None  # noqa: S101 - the package ships at least one step
        return before, after


def require_head(engine: Engine) -> None:
    """Make sure that the schema is the one this program was built for.

    Raises:
        SchemaMissing, SchemaOutdated, SchemaTooNew: it is not; the message says what to do.
        StoreUnavailable: the database cannot be reached.
    """
    with reading(engine) as connection:
        version = _version(connection)
    if version is None:
        raise SchemaMissing("the database holds no schema yet: run 'suppression-service migrate'")
    _refuse_newer(version)
    if version != _head():
        raise SchemaOutdated(
            f"the database's schema ({version}) is older than this program's ({_head()}): "
            "run 'suppression-service migrate'"
        )


def _refuse_newer(version: str | None) -> None:
    if version is not None and version not in _known():
        raise SchemaTooNew(
            f"the database's schema ({version}) is newer than this program knows "
            f"({_head()}): run a newer program"
        )


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {_TABLE}")).scalar()  # noqa: S608


def _head() -> str:
    return _known()[-1]


@functools.cache
def _known() -> tuple[str, ...]:
    """Return the versions that the steps lead to, oldest first: their files begin with them."""
    files = (_STEPS / "versions").glob("[0-9]*_*.py")
    return tuple(sorted(file.name.partition("_")[0] for file in files))


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_STEPS))
    config.set_main_option("path_separator", "os")
    return config
