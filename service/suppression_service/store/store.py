"""The store: one object a process, safe to use from several threads."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Self

from sqlalchemy import Connection, Engine, select, update

from suppression_service.store import (
    account_lists,
    events,
    listing,
    outbox,
    packing,
    replication,
    replies,
    schema,
    search,
    signing_certificates,
    status,
)
from suppression_service.store.engine import open_engine, reading, writing
from suppression_service.store.errors import StoreError
from suppression_service.store.events import DEDUPLICATION_WINDOW
from suppression_service.store.filters import Filter, Key, Order
from suppression_service.store.import_rows import ImportOutcome, ImportRow
from suppression_service.store.migrate import migrate, require_schema
from suppression_service.store.models import (
    AccountListPage,
    AddressRecord,
    ChangePage,
    DailyCount,
    Identity,
    Reason,
    ReplyExample,
    Retry,
    Suppression,
)
from suppression_service.store.purge import ROWS_A_STEP, DeletionCutoffs, purge
from suppression_service.store.replication import MAX_STREAM_ID, Changes, UInt64Array
from suppression_service.store.statistics import KnownSeries
from suppression_service.store.statistics_query import (
    StatisticsQuery,
    StatisticsRow,
    read_statistics,
)
from suppression_service.store.status import IngestStatus
from suppression_service.store.transaction import WriteTransaction


def utc_now() -> dt.datetime:
    """Return the current time, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


class Store:
    """Reads and writes the list. Every call blocks.

    Every method raises :class:`StoreUnavailable` while the database cannot be read or
    written. The schema is checked before the first use: the method that uses the database
    first raises :class:`SchemaError` if this program cannot work with it.

    Args:
        engine: the database; see :meth:`open`.
        now: the clock, replaced in tests.
        max_streams: streams beyond which no write of this process makes a new one.
    """

    def __init__(
        self,
        engine: Engine,
        now: Callable[[], dt.datetime] = utc_now,
        max_streams: int = MAX_STREAM_ID,
    ) -> None:
        self.engine = engine
        self._max_streams = max_streams
        #: The clock.
        self.now = now
        self._schema_checked = False
        self._known_series = KnownSeries()

    @classmethod
    def open(cls, url: str, *, migrate_first: bool = False) -> Self:
        """Connect to a database URL and check its schema.

        Args:
            url: the database.
            migrate_first: migrate the database. Only then is a missing file created.

        Raises:
            StoreError: the URL cannot be used.
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
        """Check that this program can work with the schema."""
        require_schema(self.engine)
        self._schema_checked = True

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()

    # --- writes --------------------------------------------------------------------------------

    @contextlib.contextmanager
    def write(
        self, deduplication_window: dt.timedelta = DEDUPLICATION_WINDOW
    ) -> Iterator[WriteTransaction]:
        """Run a write transaction; it is durable when the block has ended.

        Args:
            deduplication_window: for how long sends and deliveries are recognised when
                they are reported again. Older ones are not counted.

        Raises:
            StoreUnavailable: nothing was written, unless the connection broke while the
                commit was being confirmed.
        """
        with self._writing() as connection:
            transaction = WriteTransaction(
                connection,
                self.now(),
                deduplication_window,
                self._max_streams,
                self._known_series,
            )
            yield transaction
            transaction.flush()
        transaction.statistics.remember()

    def rehearse_import(
        self, rows: Sequence[ImportRow], *, restore_removed: bool
    ) -> list[ImportOutcome]:
        """Return what would become of rows (:meth:`.WriteTransaction.import_rows`).

        It writes nothing, and waits for no lock.
        """
        with self._reading() as connection:
            transaction = WriteTransaction(
                connection,
                self.now(),
                DEDUPLICATION_WINDOW,
                self._max_streams,
                self._known_series,
                rehearsal=True,
            )
            return transaction.import_rows(rows, restore_removed=restore_removed)

    def change_database_id(self) -> tuple[str, str]:
        """Give a restored database another id; return the old one and the new one."""
        with self._writing() as connection:
            return replication.change_database_id(connection)

    def lease_retries(self, count: int, seconds: float) -> list[tuple[int, Retry]]:
        """Lease the oldest retries for some seconds, during which no other process gets them.

        Returns:
            Retries that were not on lease, each with its id.
        """
        with self._reading() as connection:
            if not outbox.any_free(connection, self.now()):
                return []
        with self._writing() as connection:
            until = self.now() + dt.timedelta(seconds=seconds)
            return outbox.lease(connection, count, self.now(), until)

    def drop_retries(self, ids: Sequence[int]) -> None:
        """Delete retries that were sent. Those that it fails to delete are sent again."""
        if ids:
            with self._writing() as connection:
                outbox.drop(connection, ids)

    def save_signing_certificate(self, url: str, pem: str) -> None:
        """Keep a certificate of SNS's for the next start."""
        with self._writing() as connection:
            signing_certificates.save(connection, url, pem, self.now())

    def record_dead_letters(self, queue_url: str, messages: int) -> None:
        """Store how many messages the dead-letter queue of a queue has."""
        with self._writing() as connection:
            status.record_dead_letters(connection, queue_url, messages, self.now())

    def save_account_list_page(
        self, account_list: str, page: AccountListPage, *, alone: bool = False
    ) -> None:
        """Keep a page of a provider's list; ``alone`` deletes the pages of every other read."""
        with self._writing() as connection:
            account_lists.save(connection, account_list, page)
            if alone:
                account_lists.drop_reads(connection, account_list, page.started)

    def drop_account_list_reads(self, account_list: str, but: dt.datetime | None) -> None:
        """Delete the pages of every read of a list, but of the one that began at a time."""
        with self._writing() as connection:
            account_lists.drop_reads(connection, account_list, but)

    def purge(
        self, cutoffs: DeletionCutoffs, rows_a_step: int = ROWS_A_STEP
    ) -> Iterator[tuple[str, int]]:
        """Delete old rows, a step at a time; yield the table and number of rows of each step."""
        self._check_schema()
        return purge(self.engine, cutoffs, rows_a_step)

    def pack_statistics(self) -> Iterator[int]:
        """Pack the statistics of closed days, a day at a time; yield the rows of each.

        See :mod:`.packing`.
        """
        packed = False
        while (day := self._day_to_pack()) is not None:
            with self._writing() as connection:
                # The lock of writers: whoever adds to the day has ended, or waits.
                connection.execute(update(schema.revision).values(value=schema.revision.c.value))
                rows = packing.pack(connection, day)
            packed = True
            yield rows
        if packed:
            with self._writing() as connection:
                connection.execute(update(schema.revision).values(value=schema.revision.c.value))
                packing.delete_unused_series(connection)

    def _day_to_pack(self) -> int | None:
        with self._reading() as connection:
            return packing.day_to_pack(connection, self.now())

    # --- reads ---------------------------------------------------------------------------------

    def identity(self) -> Identity:
        """Return which database this is."""
        table = schema.revision
        with self._reading() as connection:
            row = connection.execute(select(table.c.database_id, table.c.fingerprint_seed)).one()
        return Identity(row.database_id, row.fingerprint_seed)

    def revision(self) -> int:
        """Return the newest committed revision."""
        with self._reading() as connection:
            return replication.current_revision(connection)[0]

    def address(self, address: str) -> AddressRecord:
        """Return what is known of an address or a domain; see :func:`.listing.record_of`."""
        with self._reading() as connection:
            return listing.record_of(connection, address)

    def entries_of(self, addresses: Iterable[str]) -> list[Suppression]:
        """Return every entry of canonical addresses, removed and expired ones included."""
        with self._reading() as connection:
            return listing.entries_of(connection, addresses)

    def changes(self, after: int, limit: int) -> ChangePage:
        """Return the next entries that changed after a revision, about ``limit`` of them."""
        with self._reading() as connection:
            return listing.changes(connection, after, limit)

    def page(self, wanted: Filter, order: Order, after: Key | None, size: int) -> search.Page:
        """Return a page of the entries that match a filter; see :func:`.search.page`."""
        with self._reading() as connection:
            return search.page(connection, wanted, order, after, size, self.now())

    def bounced_or_complained(
        self, now: dt.datetime, after: str, limit: int, stream: str = ""
    ) -> list[tuple[str, Reason]]:
        """Return a page of addresses; see :func:`.listing.bounced_or_complained`."""
        with self._reading() as connection:
            return listing.bounced_or_complained(connection, now, after, limit, stream)

    def entries_of_fingerprints(self, fingerprints: Iterable[int]) -> list[Suppression]:
        """Return every entry of signed fingerprints, removed and expired ones included."""
        with self._reading() as connection:
            return listing.entries_of_fingerprints(connection, fingerprints)

    def account_list_pages(self, account_list: str) -> list[AccountListPage]:
        """Return the pages that were read of a provider's list, the oldest first."""
        with self._reading() as connection:
            return account_lists.pages(connection, account_list)

    def last_received(self) -> dt.datetime | None:
        """Return when the newest event was received; None if there is none."""
        with self._reading() as connection:
            return listing.last_received(connection)

    def statistics(self, query: StatisticsQuery) -> tuple[list[StatisticsRow], bool]:
        """Return statistics, and whether rows were left out; see :mod:`.statistics_query`."""
        with self._reading() as connection:
            return read_statistics(connection, query)

    def reply_examples(
        self, since: dt.date, category: int = 0, domain: str = ""
    ) -> list[ReplyExample]:
        """Return examples of replies; see :func:`.replies.reply_examples`."""
        with self._reading() as connection:
            first = schema.day_number_of(since)
            return replies.reply_examples(connection, first, category, domain)

    def ingest_status(self) -> IngestStatus:
        """Return the status of ingest."""
        with self._reading() as connection:
            return status.ingest_status(connection, self.now())

    def daily_counts(self, since: dt.date) -> list[DailyCount]:
        """Return the counts from a day (UTC) on, in order of days and configuration sets."""
        with self._reading() as connection:
            return events.daily_counts(connection, since)

    def active_entries(self) -> Iterator[tuple[UInt64Array, UInt64Array]]:
        """Read every active entry for a replica; see :func:`.replication.active_entries`."""
        with self._reading() as connection:
            yield from replication.active_entries(connection, self.now())

    def replica_changes(self, after: int) -> Changes:
        """Read the entries of every fingerprint that changed after a revision, for a replica."""
        with self._reading() as connection:
            return replication.changes_after(connection, after)

    def stream_names(self, above: int = -1) -> dict[str, int]:
        """Return the id of every stream whose id is higher than ``above``."""
        with self._reading() as connection:
            return replication.stream_names(connection, above)

    def signing_certificates(self) -> dict[str, str]:
        """Return the certificates (PEM) that were kept, by URL."""
        with self._reading() as connection:
            return signing_certificates.read(connection)

    # --- connections ---------------------------------------------------------------------------

    def _check_schema(self) -> None:
        # Once is enough: no migration leads to a schema that running programs cannot use.
        if not self._schema_checked:
            self.require_schema()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        self._check_schema()
        with reading(self.engine) as connection:
            yield connection

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Connection]:
        self._check_schema()
        with writing(self.engine) as connection:
            yield connection
