"""Connections to the two engines, set up so that both keep the store's promises."""

import contextlib
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, exc
from sqlalchemy.engine import URL, make_url

from service.store.errors import StoreError, StoreUnavailable

#: Seconds to wait for a connection, a lock or another writer.
PATIENCE_SECONDS: Final = 5
#: Seconds after which PostgreSQL ends a statement of ours.
STATEMENT_SECONDS: Final = 30

_WRITE: Final = "suppression_write"
_INSUFFICIENT_PRIVILEGE: Final = "42501"

# What says "not now" rather than "wrong": refused connections, locks, full disks,
# a primary that has become a standby. Everything else is a defect and stays loud.
_PASSING = (exc.OperationalError, exc.InterfaceError, exc.InternalError, exc.TimeoutError)


def open_engine(url: str) -> Engine:
    """Return an engine for a ``sqlite:`` or ``postgresql:`` URL; connects to nothing yet.

    Its exceptions never show the values of a statement: those are people's addresses.

    Raises:
        StoreError: the text is no URL, or of another engine.
    """
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):  # the latter for a port that is no number
        raise StoreError("the database URL cannot be read; see --help for its form") from None
    match parsed.get_backend_name():
        case "sqlite":
            return _sqlite(parsed)
        case "postgresql":
            return _postgresql(parsed.set(drivername="postgresql+psycopg"))
        case other:
            raise StoreError(f"no support for {other}; use sqlite or postgresql")


def _sqlite(url: URL) -> Engine:
    asked = {} if "timeout" in url.query else {"timeout": PATIENCE_SECONDS}
    engine = create_engine(url, connect_args=asked, hide_parameters=True, **_pool(url))

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        # The driver's own transactions begin too late for a lock; see _begin.
        connection.isolation_level = None
        # What is erased or purged is overwritten, not left in the file where it lay.
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # IMMEDIATE: a writer that starts as a reader cannot wait for its turn.
        writes = connection.get_execution_options().get(_WRITE)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _pool(url: URL) -> dict[str, Any]:
    # A database in memory is its one connection, which threads take in turn.
    if url.database in (None, "", ":memory:"):
        return {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
    return {}


def _postgresql(url: URL) -> Engine:
    limits = f"-c statement_timeout={STATEMENT_SECONDS}s -c lock_timeout={PATIENCE_SECONDS}s"
    patience = {
        "connect_timeout": PATIENCE_SECONDS,
        "tcp_user_timeout": PATIENCE_SECONDS * 1000,
        "options": limits,
    }
    asked = {key: value for key, value in patience.items() if key not in url.query}
    # After a failover every pooled connection is dead; pre-ping notices.
    return create_engine(url, connect_args=asked, pool_pre_ping=True, hide_parameters=True)


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Run a read transaction.

    Raises:
        StoreUnavailable: the database cannot answer now.
        StoreError: the file is damaged or no database.
    """
    with _translated(), engine.connect() as connection, connection.begin():
        yield connection


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Run a write transaction, committed at the end, rolled back on any exception.

    Raises:
        StoreUnavailable: the database cannot write now. Nothing was written, unless the
            connection broke while the commit was being confirmed.
    """
    with _translated(), engine.connect() as plain:
        connection = plain.execution_options(**{_WRITE: True})
        with connection.begin():
            yield connection


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _PASSING as error:
        raise StoreUnavailable(_first_line(error)) from error
    except exc.DatabaseError as error:
        # No kind of its own: the file is no database. Either is for an operator to mend.
        if type(error) is exc.DatabaseError or _is_refused(error):
            raise StoreError(_first_line(error)) from error
        raise


def _is_refused(error: exc.DatabaseError) -> bool:
    return getattr(error.orig, "sqlstate", None) == _INSUFFICIENT_PRIVILEGE


def _first_line(error: exc.SQLAlchemyError) -> str:
    """Return what the driver says first; the rest can hold statements and their values."""
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    return str(cause).partition("\n")[0] or type(cause).__name__
