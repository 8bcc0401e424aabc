"""Which schema a database has, and bringing it to the one this program knows."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from service.store.engine import reading, writing
from service.store.errors import SchemaMissing, SchemaOutdated, SchemaTooNew

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
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        before = _version(connection)
        _refuse_newer(before)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return before, _head()


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
    if version is None:
        return
    try:
        ScriptDirectory.from_config(_config()).get_revision(version)
    except CommandError:
        raise SchemaTooNew(
            f"the database's schema ({version}) is newer than this program knows "
            f"({_head()}): run a newer program"
        ) from None


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _head() -> str:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None  # noqa: S101 - the package ships at least one step
    return head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    return config
