"""Connections to SQLite and PostgreSQL, and what their statements need."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, QueuePool, Table, create_engine, event, exc
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url

from suppression_service.store.errors import (
    ReadTooLong,
    SchemaMissing,
    StoreError,
    StoreUnavailable,
)

#: Seconds to wait for a connection, a lock, another writer, or a packet from a database
#: server. The shortest timeout: callers of the service wait a little longer (see
#: ``server.writer``), so they are told the cause.
WAIT_TIMEOUT_SECONDS: Final = 5
#: Seconds after which PostgreSQL ends a statement. The longest timeout: loading a replica
#: and recording a batch of feedback may take longer than any caller waits.
STATEMENT_TIMEOUT_SECONDS: Final = 30

# Each item has up to three parameters. SQLite's limit for a statement is 32,766.
_ITEMS_A_STATEMENT: Final = 5_000

_WRITE: Final = "suppression_write"
_INSUFFICIENT_PRIVILEGE: Final = "42501"
_QUERY_CANCELED: Final = "57014"
# Instructions of SQLite's machine between two looks at the clock: some hundred microseconds.
_INSTRUCTIONS: Final = 10_000
_FILE_REPLACED: Final = (
    "the SQLite file was moved or replaced while in use: stop every process that has it open, "
    "remove its -wal and -shm, which are of the old file, and start them again"
)

# Errors after which a retry may succeed: refused connections, locks, full disks, a primary
# that has become a standby. All others are bugs, and are raised as they are.
_RETRYABLE = (exc.OperationalError, exc.InterfaceError, exc.InternalError, exc.TimeoutError)

_T = TypeVar("_T")


def open_engine(url: str, *, create: bool = False) -> Engine:
    """Return an engine for a ``sqlite:`` or ``postgresql:`` URL, without connecting yet.

    Its exceptions never show the values of a statement: those are people's addresses.

    Args:
        url: the database.
        create: whether to create a missing SQLite file. If not, connecting to one raises
            :class:`SchemaMissing`.

    Raises:
        StoreError: the text is not a URL, or the engine is another one.
    """
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):  # ValueError: the port is not a number
        raise StoreError("the database URL cannot be read; see --help for its form") from None
    match parsed.get_backend_name():
        case "sqlite":
            return _sqlite(parsed, create=create)
        case "postgresql":
            return _postgresql(parsed.set(drivername="postgresql+psycopg"))
        case other:
            raise StoreError(f"no support for {other}; use sqlite or postgresql")


def _sqlite(url: URL, *, create: bool) -> Engine:
    timeout = {} if "timeout" in url.query else {"timeout": WAIT_TIMEOUT_SECONDS}
    engine = create_engine(url, connect_args=timeout, hide_parameters=True, **_pool(url))

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        # The driver's own transactions begin too late for a lock; see _begin.
        connection.isolation_level = None
        # secure_delete: erased and purged data is overwritten in the file.
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # IMMEDIATE: a writer that starts as a reader cannot wait for the lock.
        writes = connection.get_execution_options().get(_WRITE)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    if url.database and not url.database.startswith((":memory:", "file:")):
        file = _DatabaseFile(url.database, create=create)
        # Before a connection is opened, which would create a missing file, and before an open
        # one is used.
        event.listen(engine, "do_connect", file.require)
        event.listen(engine, "do_connect", file.check)
        event.listen(engine, "checkout", file.remember)
    return engine


def _pool(url: URL) -> dict[str, Any]:
    # A database in memory exists in one connection, which threads use in turn.
    if url.database in (None, "", ":memory:"):
        return {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
    return {}


class _DatabaseFile:
    """The SQLite file that an engine opened first; no other file may replace it.

    Data written to a file that was moved away or deleted is lost. And SQLite would apply
    the -wal of the old file to a new one.
    """

    def __init__(self, path: str, *, create: bool) -> None:
        self._path = Path(path)
        self._create = create
        self._opened: tuple[int, int] | None = None

    def require(self, *_: object) -> None:
        """Create a missing file for its owner alone, or raise :class:`SchemaMissing`."""
        # SQLite creates no folder, so a missing one is harmless: a volume may be mounted later.
        if self._opened or self._found() or not self._path.parent.is_dir():
            return
        if not self._create:
            raise SchemaMissing(
                f"there is no database {self._path.absolute()}: run 'suppression-service migrate'"
            )
        # SQLite would let all users of the machine read it. What it puts beside it has the same
        # mode. If this fails, SQLite says why.
        with contextlib.suppress(OSError):
            self._path.touch(mode=0o600)

    def check(self, *_: object) -> None:
        """Raise :class:`StoreUnavailable` if the file was moved, deleted or replaced."""
        if self._opened not in (None, self._found()):
            raise StoreUnavailable(_FILE_REPLACED)

    def remember(self, *_: object) -> None:
        """Remember the file that was opened first, and check it."""
        self._opened = self._opened or self._found()
        self.check()

    def _found(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino


def _postgresql(url: URL) -> Engine:
    seconds = WAIT_TIMEOUT_SECONDS
    timeouts = {
        # For each host, if the URL has several.
        "connect_timeout": seconds,
        # A host that dies closes no connection, and the defaults are hours. The first is for
        # packets that it does not confirm, the others for a reply that does not arrive.
        "tcp_user_timeout": seconds * 1000,
        "keepalives_idle": seconds,
        "keepalives_interval": 1,
        "keepalives_count": seconds,
        "options": f"-c statement_timeout={STATEMENT_TIMEOUT_SECONDS}s -c lock_timeout={seconds}s",
    }
    missing = {key: value for key, value in timeouts.items() if key not in url.query}
    # After a fail-over every pooled connection is dead; the pre-ping detects that.
    return create_engine(url, connect_args=missing, pool_pre_ping=True, hide_parameters=True)


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Run a read transaction.

    Raises:
        StoreUnavailable: the database cannot be read now.
        StoreError: the file is damaged or is not a database.
    """
    with _translated(engine.url), engine.connect() as connection, connection.begin():
        yield connection


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Run a write transaction, committed at the end, rolled back on any exception.

    Raises:
        StoreUnavailable: the database cannot write now. Nothing was written, unless the
            connection broke while the commit was being confirmed.
    """
    with _translated(engine.url), engine.connect() as plain:
        connection = plain.execution_options(**{_WRITE: True})
        with connection.begin():
            yield connection


def prefer_indexes(connection: Connection) -> None:
    """Keep PostgreSQL from reading whole tables, for the rest of the transaction.

    For statements that find some thousand rows by an index. During an import the statistics of
    PostgreSQL lag behind the table, so it would read all of it.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "SELECT set_config('enable_seqscan', 'off', true),"
            " set_config('enable_hashjoin', 'off', true),"
            " set_config('enable_mergejoin', 'off', true)"
        )


@contextlib.contextmanager
def limited_time(connection: Connection, seconds: float) -> Iterator[None]:
    """End statements of a read transaction that take too long.

    Args:
        connection: the connection of the transaction.
        seconds: for each statement on PostgreSQL, for the whole block on SQLite.

    Raises:
        ReadTooLong: a statement was ended.
    """
    try:
        if connection.dialect.name == "postgresql":
            limit = f"SET LOCAL statement_timeout = {round(seconds * 1_000)}"
            connection.exec_driver_sql(limit)
            yield
        else:
            with _interrupted_after(connection, seconds):
                yield
    except exc.OperationalError as error:
        if (
            getattr(error.orig, "sqlstate", None) == _QUERY_CANCELED
            or getattr(error.orig, "sqlite_errorname", None) == "SQLITE_INTERRUPT"
        ):
            raise ReadTooLong(f"a read took more than {seconds:g} seconds") from None
        raise


@contextlib.contextmanager
def _interrupted_after(connection: Connection, seconds: float) -> Iterator[None]:
    driver: Any = connection.connection.driver_connection
    end = time.monotonic() + seconds
    driver.set_progress_handler(lambda: time.monotonic() > end, _INSTRUCTIONS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


@contextlib.contextmanager
def _translated(url: URL) -> Iterator[None]:
    # PostgreSQL's own message names the database where that helps.
    file = f": {url.database}" if url.database and url.get_backend_name() == "sqlite" else ""
    try:
        yield
    except _RETRYABLE as error:
        raise StoreUnavailable(_first_line(error) + file) from error
    except exc.DatabaseError as error:
        # Both need an operator. The class itself: SQLite says that the file is not a database.
        if type(error) is exc.DatabaseError or _is_permission_denied(error):
            raise StoreError(_first_line(error) + file) from error
        _drop_values(error)
        raise


def _is_permission_denied(error: exc.DatabaseError) -> bool:
    return getattr(error.orig, "sqlstate", None) == _INSUFFICIENT_PRIVILEGE


def _drop_values(error: exc.DatabaseError) -> None:
    """Keep only the first line: PostgreSQL adds the row or the key that it refuses."""
    line = _first_line(error)
    for each in (error, error.orig):
        if each is not None:
            each.args = (line,)


def _first_line(error: exc.SQLAlchemyError) -> str:
    """Return the first line of the driver's message; the others can have statements and values."""
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    return str(cause).partition("\n")[0] or type(cause).__name__


def insert_into(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that supports ON CONFLICT."""
    return insert_of(connection.dialect.name, table)


def insert_of(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that supports ON CONFLICT, for the engine with a name."""
    if dialect == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def chunks(items: Sequence[_T], size: int = _ITEMS_A_STATEMENT) -> Iterator[Sequence[_T]]:
    """Split items into chunks that fit into one statement each."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
