"""Connections to the two engines, set up so that both keep the store's promises."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, exc
from sqlalchemy.engine import URL, make_url

from suppression_service.store.errors import SchemaMissing, StoreError, StoreUnavailable

#: Seconds to wait for a connection, a lock, another writer, or a word from a server that
#: may be gone. The shortest, so that whoever waits for one of these hears why it failed:
#: the callers of the service wait a little longer (``server.writer.PATIENCE_SECONDS``).
PATIENCE_SECONDS: Final = 5
#: Seconds after which PostgreSQL ends a statement of ours. The longest: a replica that is
#: loaded and a batch of feedback may take longer than any caller waits, and only what
#: hangs takes this long.
STATEMENT_SECONDS: Final = 30

_WRITE: Final = "suppression_write"
_INSUFFICIENT_PRIVILEGE: Final = "42501"
_REPLACED: Final = (
    "the SQLite file was moved or replaced while in use: stop every process that has it open, "
    "remove its -wal and -shm, which are of the old file, and start them again"
)

# What says "not now" rather than "wrong": refused connections, locks, full disks,
# a primary that has become a standby. Everything else is a defect and stays loud.
_PASSING = (exc.OperationalError, exc.InterfaceError, exc.InternalError, exc.TimeoutError)


def open_engine(url: str, *, create: bool = False) -> Engine:
    """Return an engine for a ``sqlite:`` or ``postgresql:`` URL; connects to nothing yet.

    Its exceptions never show the values of a statement: those are people's addresses.

    Args:
        url: the database.
        create: whether to make the file of SQLite's if there is none; else connecting
            raises :class:`SchemaMissing`.

    Raises:
        StoreError: the text is no URL, or of another engine.
    """
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):  # the latter for a port that is no number
        raise StoreError("the database URL cannot be read; see --help for its form") from None
    match parsed.get_backend_name():
        case "sqlite":
            return _sqlite(parsed, create=create)
        case "postgresql":
            return _postgresql(parsed.set(drivername="postgresql+psycopg"))
        case other:
            raise StoreError(f"no support for {other}; use sqlite or postgresql")


def _sqlite(url: URL, *, create: bool) -> Engine:
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

    if url.database and not url.database.startswith((":memory:", "file:")):
        one_file = _OneFile(url.database, create=create)
        # Before a connection is opened, which makes the file if there is none, and before one
        # that is open is used.
        event.listen(engine, "do_connect", one_file.require)
        event.listen(engine, "do_connect", one_file.look)
        event.listen(engine, "checkout", one_file.stay)
    return engine


def _pool(url: URL) -> dict[str, Any]:
    # A database in memory is its one connection, which threads take in turn.
    if url.database in (None, "", ":memory:"):
        return {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
    return {}


class _OneFile:
    """Makes sure that an engine stays with the file that it opened first.

    What is written to a file that has lost its name is lost with the process. And SQLite
    would apply to the new file what lies beside it and belongs to the old one.
    """

    def __init__(self, path: str, *, create: bool) -> None:
        self._path = Path(path)
        self._create = create
        self._opened: tuple[int, int] | None = None

    def require(self, *_: object) -> None:
        """Raise :class:`SchemaMissing` if there has never been a file, and none is to be made."""
        # Without its folder SQLite makes none: a volume may come yet.
        if not (self._create or self._opened or self._found()) and self._path.parent.is_dir():
            raise SchemaMissing(
                f"there is no database {self._path.absolute()}: run 'suppression-service migrate'"
            )

    def look(self, *_: object) -> None:
        """Raise :class:`StoreUnavailable` if another file, or none, is in its place."""
        if self._opened not in (None, self._found()):
            raise StoreUnavailable(_REPLACED)

    def stay(self, *_: object) -> None:
        """Remember the file if it is the first, and look."""
        self._opened = self._opened or self._found()
        self.look()

    def _found(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino


def _postgresql(url: URL) -> Engine:
    limits = f"-c statement_timeout={STATEMENT_SECONDS}s -c lock_timeout={PATIENCE_SECONDS}s"
    patience = {
        # Of each host, where the URL names several.
        "connect_timeout": PATIENCE_SECONDS,
        # A host that dies says nothing. The first is for what it has not confirmed, the
        # others are for an answer that is waited for: hours, by default.
        "tcp_user_timeout": PATIENCE_SECONDS * 1000,
        "keepalives_idle": PATIENCE_SECONDS,
        "keepalives_interval": 1,
        "keepalives_count": PATIENCE_SECONDS,
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


@contextlib.contextmanager
def _translated(url: URL) -> Iterator[None]:
    # Of SQLite alone: in the URL of the other engine the database says less than its error.
    file = f": {url.database}" if url.database and url.get_backend_name() == "sqlite" else ""
    try:
        yield
    except _PASSING as error:
        raise StoreUnavailable(_first_line(error) + file) from error
    except exc.DatabaseError as error:
        # No kind of its own: the file is no database. Either is for an operator to mend.
        if type(error) is exc.DatabaseError or _is_refused(error):
            raise StoreError(_first_line(error) + file) from error
        _forget_values(error)
        raise


def _is_refused(error: exc.DatabaseError) -> bool:
    return getattr(error.orig, "sqlstate", None) == _INSUFFICIENT_PRIVILEGE


def _forget_values(error: exc.DatabaseError) -> None:
    """Keep the first line alone: PostgreSQL adds the row or the key that it refuses."""
    said = _first_line(error)
    for each in (error, error.orig):
        if each is not None:
            each.args = (said,)


def _first_line(error: exc.SQLAlchemyError) -> str:
    """Return what the driver says first; the rest can hold statements and their values."""
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    return str(cause).partition("\n")[0] or type(cause).__name__
