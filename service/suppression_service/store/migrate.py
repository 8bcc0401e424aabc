"""Which schema a database has, and bringing it to the one this program knows.

A schema that is newer says itself how old a program may be to work with it
(``compatibility``), so that a program of the version before can start at any moment of an
upgrade. A program knows its own version and those before it: it may work with the schema
if the oldest that may is among them.

Alembic is imported where a schema is changed: every other start of a program only asks
which one is there.
"""

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy import Connection, Engine, inspect, select, text, update

from suppression_service.store import schema
from suppression_service.store.engine import reading, writing
from suppression_service.store.errors import SchemaMissing, SchemaOutdated, SchemaTooNew

if TYPE_CHECKING:
    from alembic.config import Config

_STEPS: Final = Path(__file__).with_name("migrations")
# Alembic's, which holds the one version that the schema is at.
_TABLE: Final = "alembic_version"
# Any number that no other program's advisory lock on the same database has.
_MIGRATION_LOCK: Final = 0x5055_9935

_log = structlog.get_logger()


def migrate(engine: Engine) -> tuple[str | None, str]:
    """Bring the schema to head; return the versions before (None: no schema) and after.

    Safe to run from several processes at once: one works, the others wait and
    find nothing to do. A newer schema stays as it is.

    Raises:
        SchemaTooNew: it takes only newer programs; nothing was changed.
        StoreUnavailable: the database cannot be reached.
    """
    from alembic import command

    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            _take_turn(connection)
        before = _version(connection)
        if before is not None and before not in _known():
            _require_admission(connection, before)
            return before, before
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _record_oldest_program(connection, config)
        after = _version(connection)
        assert after is not None  # noqa: S101 - the package ships at least one step
        return before, after


def require_schema(engine: Engine) -> None:
    """Make sure that the schema is one that this program can work with.

    That is its own, or a newer one that takes programs of this version; the log then says so.

    Raises:
        SchemaMissing, SchemaOutdated, SchemaTooNew: it is not; the message says what to do.
        StoreUnavailable: the database cannot be reached.
    """
    with reading(engine) as connection:
        version = _version(connection)
        if version is None:
            raise SchemaMissing(
                "the database holds no schema yet: run 'suppression-service migrate'"
            )
        if version not in _known():
            _require_admission(connection, version)
        elif version != _head():
            raise SchemaOutdated(
                f"the database's schema ({version}) is older than this program's ({_head()}): "
                "run 'suppression-service migrate'"
            )


def _take_turn(connection: Connection) -> None:
    """Wait for who else migrates, and let no statement be ended for the time that it takes.

    The limits of the service are for callers who wait. That for locks holds in the steps
    again: whoever wants to use a table stands behind a step that waits for it.
    """
    patience = connection.execute(text("SHOW lock_timeout")).scalar_one()
    for limit in ("statement_timeout", "lock_timeout"):
        connection.execute(text(f"SET LOCAL {limit} = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    restored = text("SELECT set_config('lock_timeout', :patience, true)")
    connection.execute(restored, {"patience": patience})


def _require_admission(connection: Connection, version: str) -> None:
    """Make sure that a schema of an unknown version takes programs of this one."""
    oldest = _oldest_program(connection)
    if oldest not in _known():
        raise SchemaTooNew(
            f"the database's schema ({version}) is newer than this program's ({_head()}) and "
            f"takes no program older than {oldest or version}: run a newer program"
        )
    _log.warning(
        "the database's schema is newer than this program, and takes it",
        schema=version,
        program=_head(),
    )


def _oldest_program(connection: Connection) -> str | None:
    table = schema.compatibility
    if not inspect(connection).has_table(table.name):
        return None
    return connection.execute(select(table.c.oldest_program)).scalar()


def _record_oldest_program(connection: Connection, config: "Config") -> None:
    """Have the database say what its last step declares."""
    from alembic.script import ScriptDirectory

    step = ScriptDirectory.from_config(config).get_revision("head")
    declared = step.module.oldest_program
    connection.execute(update(schema.compatibility).values(oldest_program=declared))


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
