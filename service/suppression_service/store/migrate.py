"""The schema of a database: which version it is, and migrating it to that of this program.

A schema says how old a program may be to work with it (``compatibility``), so that during
an upgrade programs of the version before can still start. A program knows its own version
and those before it. It may work with a newer schema if the oldest permitted version is
one of these.

Alembic is imported only to migrate: every other start of a program only reads the version.
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
# Alembic's table, which has the version of the schema.
_TABLE: Final = "alembic_version"
# The key of an advisory lock; no other program may use the same one on the database.
_MIGRATION_LOCK: Final = 0x5055_9935

_log = structlog.get_logger()


def migrate(engine: Engine) -> tuple[str | None, str]:
    """Bring the schema to head; return the versions before (None: no schema) and after.

    Several processes may run it at once: one migrates, the others wait and find nothing
    to do. A newer schema is left as it is.

    Raises:
        SchemaTooNew: it works only with newer programs; nothing was changed.
        StoreUnavailable: the database cannot be reached.
    """
    from alembic import command

    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            _lock(connection)
        before = _version(connection)
        if before is not None and before not in _known():
            _require_compatibility(connection, before)
            return before, before
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _record_oldest_program(connection, config)
        after = _version(connection)
        assert after is not None  # noqa: S101 - the package ships at least one step
        return before, after


def require_schema(engine: Engine) -> None:
    """Check that this program can work with the schema.

    It can work with its own schema, and with a newer one that permits programs of this
    version. A newer one is logged.

    Raises:
        SchemaMissing, SchemaOutdated, SchemaTooNew: it cannot. The message says what to do.
        StoreUnavailable: the database cannot be reached.
    """
    with reading(engine) as connection:
        version = _version(connection)
        if version is None:
            raise SchemaMissing("the database has no schema yet: run 'suppression-service migrate'")
        if version not in _known():
            _require_compatibility(connection, version)
        elif version != _head():
            raise SchemaOutdated(
                f"the database's schema ({version}) is older than this program's ({_head()}): "
                "run 'suppression-service migrate'"
            )


def _lock(connection: Connection) -> None:
    """Wait while another process migrates, and let statements take any time.

    The timeout for locks is restored before the steps: other programs that use a table
    queue behind a step that waits for its lock.
    """
    lock_timeout = connection.execute(text("SHOW lock_timeout")).scalar_one()
    for limit in ("statement_timeout", "lock_timeout"):
        connection.execute(text(f"SET LOCAL {limit} = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    restored = text("SELECT set_config('lock_timeout', :seconds, true)")
    connection.execute(restored, {"seconds": lock_timeout})


def _require_compatibility(connection: Connection, version: str) -> None:
    """Check that a schema of an unknown version permits programs of this one."""
    oldest = _oldest_program(connection)
    if oldest not in _known():
        raise SchemaTooNew(
            f"the database's schema ({version}) is newer than this program's ({_head()}) and "
            f"works with no program older than {oldest or version}: run a newer program"
        )
    _log.warning(
        "the database's schema is newer than this program, and works with it",
        schema=version,
        program=_head(),
    )


def _oldest_program(connection: Connection) -> str | None:
    table = schema.compatibility
    if not inspect(connection).has_table(table.name):
        return None
    return connection.execute(select(table.c.oldest_program)).scalar()


def _record_oldest_program(connection: Connection, config: "Config") -> None:
    """Store which programs the last step permits."""
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
    """Return the versions of the steps, oldest first, from the names of their files."""
    files = (_STEPS / "versions").glob("[0-9]*_*.py")
    return tuple(sorted(file.name.partition("_")[0] for file in files))


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_STEPS))
    config.set_main_option("path_separator", "os")
    return config
