"""The store: one object a process, safe to use from several threads."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Self

from sqlalchemy import Engine, select

from suppression_service.store import listing, outbox, schema
from suppression_service.store import replication as feed
from suppression_service.store.daily_counts import daily_counts
from suppression_service.store.delivery_events import DEDUPLICATION_WINDOW
from suppression_service.store.engine import open_engine, reading, writing
from suppression_service.store.erasure import key_of, names_of
from suppression_service.store.errors import StoreError
from suppression_service.store.migrate import migrate, require_schema
from suppression_service.store.models import (
    AddressRecord,
    ChangePage,
    DailyCount,
    Identity,
    Reason,
    Retry,
    Suppression,
)
from suppression_service.store.purge import ROWS_A_STEP, DeletionCutoffs, purge
from suppression_service.store.restoration import rename
from suppression_service.store.rows import SELECT_SUPPRESSION, event_of, suppression_of
from suppression_service.store.transaction import WriteTransaction

_EVENTS_SHOWN: Final = 1_000


def utc_now() -> dt.datetime:
    """Return the moment, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


class Store:
    """Reads and writes the list.

    Args:
        engine: the database. Its schema is looked at before the first use, which
            raises :class:`SchemaError` for any that it cannot work with; see :meth:`open`.
        now: the clock, replaced in tests.
    """

    def __init__(self, engine: Engine, now: Callable[[], dt.datetime] = utc_now) -> None:
        self.engine = engine
        self._now = now
        self._schema_fits = False

    @classmethod
    def open(cls, url: str, *, migrate_first: bool = False) -> Self:
        """Connect to a database URL and make sure of its schema.

        A file that is not there is made only to be migrated.

        Raises:
            StoreError: the URL is unusable.
            SchemaError: the schema is missing, older, or too new for this program.
            StoreUnavailable: the database cannot be reached.
        """
        store = cls(open_engine(url, create=migrate_first))
        try:
            if migrate_first:
                migrate(store.engine)
            store.require_schema()
        except StoreError:
            store.close()
            raise
        return store

    def require_schema(self) -> None:
        """Make sure that the schema is one that this program can work with.

        Raises:
            SchemaError: it is missing, older or too new.
            StoreUnavailable: the database cannot be reached.
        """
        require_schema(self.engine)
        self._schema_fits = True

    def _ready(self) -> Engine:
        """Return the engine; when the database is first reached, look at its schema.

        Once is enough: nobody migrates to a schema that does not take the programs that run.
        """
        if not self._schema_fits:
            self.require_schema()
        return self.engine

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()

    def identity(self) -> Identity:
        """Return which database this is.

        Raises:
            StoreUnavailable: the database cannot answer now.
        """
        table = schema.revision
        with reading(self._ready()) as connection:
            row = connection.execute(select(table.c.database_id, table.c.fingerprint_seed)).one()
        return Identity(row.database_id, row.fingerprint_seed)

    def revision(self) -> int:
        """Return the newest committed revision.

        Raises:
            StoreUnavailable: the database cannot answer now.
        """
        with reading(self._ready()) as connection:
            return feed.current_revision(connection)[0]

    @contextlib.contextmanager
    def write(
        self, deduplication_window: dt.timedelta = DEDUPLICATION_WINDOW
    ) -> Iterator[WriteTransaction]:
        """Run a write transaction; it is durable once the block has ended.

        Args:
            deduplication_window: for how long sends and deliveries are recognised when
                they are reported again. Older ones are not counted.

        Raises:
            StoreUnavailable: the database cannot write now. Nothing was written, unless the
                connection broke while the commit was being confirmed.
        """
        with writing(self._ready()) as connection:
            transaction = WriteTransaction(connection, self._now(), deduplication_window)
            yield transaction
            transaction.flush()

    def address(self, address: str) -> AddressRecord:
        """Return everything that is known of a canonical address, erased or not.

        Raises:
            StoreUnavailable: the database cannot answer now.
        """
        table, event = schema.suppression, schema.event
        events = select(event).where(event.c.address == address).limit(_EVENTS_SHOWN)
        with reading(self._ready()) as connection:
            revision, _ = feed.current_revision(connection)
            names = names_of([address], key_of(connection))
            entries = SELECT_SUPPRESSION.where(table.c.address.in_(names))
            rows = connection.execute(entries.order_by(table.c.id))
            suppressions = [suppression_of(row) for row in rows]
            newest = connection.execute(events.order_by(event.c.happened.desc(), event.c.id.desc()))
            return AddressRecord(suppressions, [event_of(row) for row in newest], revision)

    def active_entries(self) -> Iterator[tuple[feed.Words, feed.Words]]:
        """Read every standing entry for a replica; see :func:`feed.active_entries`.

        Raises:
            StoreUnavailable: the database cannot answer now.
        """
        return feed.active_entries(self._ready(), self._now())

    def replica_changes(self, after: int) -> feed.Changes:
        """Read what changed after a revision for a replica; see :func:`feed.changes_after`.

        Raises:
            StoreUnavailable: the database cannot answer now.
        """
        return feed.changes_after(self._ready(), after)

    def stream_names(self, above: int = -1) -> dict[str, int]:
        """Return the number of every stream beyond a number; see :func:`feed.stream_names`.

        Raises:
            StoreUnavailable: the database cannot answer now.
        """
        return feed.stream_names(self._ready(), above)

    def changes(self, after: int, limit: int) -> ChangePage:
        """Return the next entries that changed after a revision, about ``limit`` of them.

        Raises:
            StoreUnavailable: the database cannot answer now.
        """
        table = schema.suppression
        changed = SELECT_SUPPRESSION.order_by(table.c.revision, table.c.id)
        with reading(self._ready()) as connection:
            current, _ = feed.current_revision(connection)
            rows = connection.execute(changed.where(table.c.revision > after).limit(limit)).all()
            if len(rows) < limit:
                page = [suppression_of(row) for row in rows]
                return ChangePage(page, max([current, *(entry.revision for entry in page)]))
            # The last revision of a full page may go on beyond it: read it whole.
            last = rows[-1].revision
            whole = connection.execute(changed.where(table.c.revision == last)).all()
        page = [suppression_of(row) for row in rows if row.revision < last]
        return ChangePage([*page, *map(suppression_of, whole)], last)

    def entries_of(self, addresses: Iterable[str]) -> list[Suppression]:
        """Return every entry of some addresses; see :func:`.listing.entries_of`.

        Raises:
            StoreUnavailable: the database cannot answer now.
        """
        return listing.entries_of(self._ready(), addresses)

    def bounced_or_complained(
        self, now: dt.datetime, after: str, limit: int
    ) -> list[tuple[str, Reason]]:
        """Return a page of the list; see :func:`.listing.bounced_or_complained`.

        Raises:
            StoreUnavailable: the database cannot answer now.
        """
        return listing.bounced_or_complained(self._ready(), now, after, limit)

    def last_received(self) -> dt.datetime | None:
        """Return when the newest event came in; None before the first.

        Raises:
            StoreUnavailable: the database cannot answer now.
        """
        return listing.last_received(self._ready())

    def daily_counts(self, since: dt.date) -> list[DailyCount]:
        """Return what was counted from a day (UTC) on, in order of days and configuration sets.

        Raises:
            StoreUnavailable: the database cannot answer now.
        """
        with reading(self._ready()) as connection:
            return daily_counts(connection, since)

    def lease_retries(self, count: int, seconds: float) -> list[tuple[int, Retry]]:
        """Take retries out to send them; nobody else does for some seconds.

        Returns:
            The oldest ones that nobody has on lease, each with its number.

        Raises:
            StoreUnavailable: the database cannot write now.
        """
        with reading(self._ready()) as connection:
            if not outbox.any_free(connection, self._now()):
                return []
        with writing(self._ready()) as connection:
            until = self._now() + dt.timedelta(seconds=seconds)
            return outbox.lease(connection, count, self._now(), until)

    def drop_retries(self, numbers: Sequence[int]) -> None:
        """Forget retries that have been sent.

        Raises:
            StoreUnavailable: the database cannot write now; they will be sent again.
        """
        if numbers:
            with writing(self._ready()) as connection:
                outbox.drop(connection, numbers)

    def rename(self) -> tuple[str, str]:
        """Give the database another id; see :func:`suppression_service.store.restoration.rename`.

        Raises:
            StoreUnavailable: the database cannot write now.
        """
        return rename(self._ready())

    def purge(
        self, cutoffs: DeletionCutoffs, rows_a_step: int = ROWS_A_STEP
    ) -> Iterator[tuple[str, int]]:
        """Forget what is old, a few rows a transaction; see :func:`.purge.purge`.

        Raises:
            StoreUnavailable: the database cannot write now; what was yielded is deleted.
        """
        return purge(self._ready(), cutoffs, rows_a_step)
