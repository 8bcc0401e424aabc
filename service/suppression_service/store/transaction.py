"""The write transaction: the only code that changes the list.

Write transactions never run at the same time: the first statement of each takes the lock
on the revision row and holds it until commit. So a transaction can read the entries that
it changes, change them in Python, where the rules are easy to read, and write them back.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from suppression_service.store import bulk, outbox, schema
from suppression_service.store.engine import chunks, prefer_indexes
from suppression_service.store.entry import Entry
from suppression_service.store.erasure import erased_name, forget_feedback, make_key, names_of
from suppression_service.store.errors import TooManyStreams
from suppression_service.store.events import DailyCounts, DeliveryEvents, FeedbackEvents
from suppression_service.store.import_rows import ImportOutcome, ImportRow
from suppression_service.store.listing import SELECT_SUPPRESSION, suppression_of
from suppression_service.store.models import (
    DeliveryEvent,
    DeliveryEventKind,
    Erased,
    Erasure,
    Feedback,
    NewSuppression,
    Reason,
    Removal,
    Retry,
    SoftBounce,
    SoftBounceHistory,
    Suppressed,
    Suppression,
)
from suppression_service.store.replication import fingerprint
from suppression_service.store.series import Measure, Series, domain_of
from suppression_service.store.soft_bounces import SoftBounces, is_counted
from suppression_service.store.statistics import KnownSeries, Statistics
from suppression_service.store.streams import Streams

_Key = tuple[str, str, Reason]

# Addresses of which PostgreSQL might take the whole table to find them.
_MANY: Final = 100


class WriteTransaction:
    """One transaction, one revision. Made by :meth:`suppression_service.store.Store.write`.

    It takes any number of calls, in any order. All of them take effect together, when the
    ``with`` block ends without an exception.

    Each call that makes an entry raises :class:`.TooManyStreams`, before it changes anything,
    if the entry is of one stream more than ``max_streams``.
    """

    def __init__(
        self,
        connection: Connection,
        now: dt.datetime,
        deduplication_window: dt.timedelta,
        max_streams: int,
        known_series: KnownSeries,
        *,
        rehearsal: bool = False,
    ) -> None:
        self._connection = connection
        #: The time of the transaction.
        self.now = now
        self._entries: dict[_Key, Entry] = {}
        # The entries as they were loaded.
        self._before: dict[_Key, Suppression] = {}
        self._loaded: set[str] = set()
        # The hashes of the loaded addresses that are erased.
        self._erased: dict[str, str] = {}
        #: The revision that this transaction writes.
        self.revision: int
        #: The database that it writes to.
        self.database_id: str
        table = schema.revision
        columns = table.c.value, table.c.database_id, table.c.fingerprint_seed, table.c.erasure_key
        self._rehearsal = rehearsal
        claim = update(table).values(value=table.c.value + 1).returning(*columns)
        self.revision, self.database_id, self._seed, self._erasure_key = connection.execute(
            select(*columns) if rehearsal else claim
        ).one()
        # A day more at the end, for clocks that differ.
        days = range(schema.day_number(now - deduplication_window), schema.day_number(now) + 2)
        self._streams = Streams(connection, max_streams)
        self._counts = DailyCounts(connection)
        #: What the transaction adds to the statistics.
        self.statistics = Statistics(connection, known_series, schema.day_number(now))
        self._feedback = FeedbackEvents(
            connection, self.revision, self._counts, self.statistics, self._erased
        )
        self._delivery_events = DeliveryEvents(
            connection, self._seed, self._counts, self.statistics, days
        )
        self._soft_bounces = SoftBounces(connection, self._delivery_events)

    def load(self, addresses: Iterable[str]) -> None:
        """Read every entry of some addresses in one query, before calls for one address each."""
        missing = sorted(set(addresses) - self._loaded)
        self._loaded.update(missing)
        if len(missing) > _MANY:
            prefer_indexes(self._connection)
        for some in chunks(missing):
            names = names_of(some, self._erasure_key)
            query = SELECT_SUPPRESSION.where(schema.suppression.c.address.in_(names))
            for row in self._connection.execute(query):
                address, state = names[row.address], suppression_of(row)
                erased = address != row.address
                if erased:
                    self._erased[address] = row.address
                entry = Entry(row.id, row.fingerprint, state, self.revision, erased)
                self._entries[address, state.stream, state.reason] = entry
                self._before[address, state.stream, state.reason] = state

    def suppress(self, new: Sequence[NewSuppression]) -> list[Suppressed]:
        """Suppress addresses or domains.

        An entry that is active already is kept, and at most prolonged or widened.

        Returns:
            The entry of each, in order.
        """
        self.load(one.address for one in new)
        return [
            self._entry(one.address, one.stream, one.reason).suppress(one, self.now) for one in new
        ]

    def import_rows(
        self, rows: Sequence[ImportRow], *, restore_removed: bool
    ) -> list[ImportOutcome]:
        """Import rows, each by itself: a row of one stream too many stops no other.

        Args:
            rows: the rows.
            restore_removed: whether to restore entries that were removed later.

        Returns:
            What became of each row, in order.
        """
        self.load(row.entry.address for row in rows)
        self._streams.load(row.entry.stream for row in rows)
        counts = Counter(map(_key_of, rows))
        outcomes, new = [], []
        for row in rows:
            key = _key_of(row)
            if key in self._entries or counts[key] > 1 or key[0] in self._erased:
                outcomes.append(self._import_row(row, restore_removed=restore_removed))
            elif self._has_stream(key[1]):
                new.append(row.entry)
                outcomes.append(ImportOutcome.CREATED)
            else:
                outcomes.append(ImportOutcome.STREAM_LIMIT)
        self._insert(new)
        return outcomes

    def _has_stream(self, name: str) -> bool:
        try:
            self._streams.require(name)
        except TooManyStreams:
            return False
        return True

    def _insert(self, new: Sequence[Suppression]) -> None:
        """Insert new entries at once: an entry that is changed in Python first is slower."""
        if self._rehearsal:
            return
        self._streams.flush()
        rows = [
            bulk.row(
                entry,
                self._streams.id_of(entry.stream),
                fingerprint(entry.address, self._seed),
                self.revision,
            )
            for entry in new
        ]
        bulk.insert(self._connection, rows)
        today = schema.day_number(self.now)
        for series, count in Counter(map(_series_of, filter(self._is_active, new))).items():
            self.statistics.add(Measure.SUPPRESSIONS, today, series, count)
        # They are loaded if another write of this transaction needs them.
        self._loaded.difference_update(entry.address for entry in new)

    def _import_row(self, row: ImportRow, *, restore_removed: bool) -> ImportOutcome:
        new = row.entry
        try:
            entry = self._entry(new.address, new.stream, new.reason)
        except TooManyStreams:
            return ImportOutcome.STREAM_LIMIT
        return entry.import_row(row, self.now, restore_removed=restore_removed)

    def _is_active(self, entry: Suppression) -> bool:
        return entry.is_active(self.now)

    def unsuppress(self, removals: Sequence[Removal]) -> list[list[Suppression]]:
        """Remove entries. A tombstone stays, so that older feedback does not bring them back.

        Returns:
            For each removal, the entries that were active and are removed.
        """
        self.load(removal.address for removal in removals)
        return [
            [entry.state for entry in self._matching(removal) if entry.remove(removal, self.now)]
            for removal in removals
        ]

    def erase(self, erasures: Sequence[Erasure]) -> list[Erased]:
        """Forget people: replace the address of their entries by a hash, and delete the rest.

        Later feedback about them is stored under the same hash, without any text.

        Returns:
            What was changed for each, in order; nothing for an address that was erased before.
        """
        self.load(erasure.address for erasure in erasures)
        return [self._erase(erasure) for erasure in erasures]

    def record(self, feedback: Sequence[Feedback]) -> list[bool]:
        """Record feedback, and apply the effect of what is new.

        Returns:
            For each piece whether it is new. One that was recorded before changes nothing.
        """
        if self._erasure_key is not None:
            self.load(piece.address for piece in feedback)
        is_new = self._feedback.record(feedback, self.now)
        new = [piece for piece, fresh in zip(feedback, is_new, strict=True) if fresh]
        for piece in new:
            if is_counted(piece) and piece.address not in self._erased:
                self._soft_bounces.add_bounce(piece.address, piece.happened)
        effects = [(piece, piece.effect) for piece in new if piece.effect and piece.address]
        self.load(piece.address for piece, _ in effects)
        for piece, effect in effects:
            self._entry(piece.address, effect.stream, effect.reason).apply(piece, effect)
        return is_new

    def count(self, events: Sequence[DeliveryEvent]) -> None:
        """Count sends and deliveries, each once; those before the deduplication window are not."""
        self._delivery_events.record(events)
        for event in events:
            if event.kind is DeliveryEventKind.DELIVERY:
                self._soft_bounces.add_delivery(event.recipient, event.happened)

    def soft_bounce_histories(self, since: dt.datetime) -> list[SoftBounceHistory]:
        """Return the soft-bounce histories that this transaction has changed so far.

        Args:
            since: older bounces are left out.
        """
        return self._soft_bounces.histories(self._changed_histories(), since)

    def suppress_soft_bounces(
        self, address: str, bounces: Sequence[SoftBounce], provider: str, expires: dt.datetime
    ) -> None:
        """Suppress an address for soft bounces in a row; the entry describes these alone."""
        self.load([address])
        entry = self._entry(address, "", Reason.SOFT_BOUNCE)
        entry.suppress_soft_bounces(bounces, provider, expires, self.now)

    def lift_soft_bounces(self, address: str, provider: str, delivered: dt.datetime) -> None:
        """Remove the entry for soft bounces that a provider reported: mail was delivered since."""
        self.load([address])
        if entry := self._entries.get((address, "", Reason.SOFT_BOUNCE)):
            entry.lift_soft_bounces(provider, delivered)

    def post(self, retries: Sequence[Retry]) -> None:
        """Put retries into the outbox; they are sent after the commit."""
        outbox.post(self._connection, retries)

    def flush(self) -> None:
        """Write every change to the database; called once, before the commit."""
        self._counts.flush()
        self._changed_histories()
        self._soft_bounces.flush()
        changed = [entry for entry in self._entries.values() if entry.changed]
        self._count_entries()
        self.statistics.flush()
        self._streams.load(entry.state.stream for entry in changed)
        self._streams.flush()
        rows = [self._row(entry) for entry in changed]
        if inserts := [row for row in rows if row["row_id"] is None]:
            new = [{k: v for k, v in row.items() if k != "row_id"} for row in inserts]
            self._connection.execute(insert(schema.suppression), new)
        if updates := [row for row in rows if row["row_id"] is not None]:
            self._connection.execute(_UPDATE_ENTRY, updates)

    def _count_entries(self) -> None:
        """Count the entries that became active, and those that were removed."""
        today = schema.day_number(self.now)
        for key, entry in self._entries.items():
            if not entry.changed:
                continue
            before, state = self._before.get(key), entry.state
            was_active = (
                before is not None and before.occurrences > 0 and before.is_active(self.now)
            )
            if was_active == state.is_active(self.now) or not state.occurrences:
                continue
            source = state.removed_by if was_active else ""
            measure = Measure.REMOVALS if was_active else Measure.SUPPRESSIONS
            self.statistics.add(measure, today, _series_of(state, source))

    # --- entries -------------------------------------------------------------------------------

    def _erase(self, erasure: Erasure) -> Erased:
        address = erasure.address
        plain = [entry for entry in self._matching(Removal(address)) if not entry.erased]
        if plain:
            self._erasure_key = self._erasure_key or make_key(self._connection)
            self._erased[address] = name = erased_name(address, self._erasure_key)
            for entry in plain:
                entry.erase(name, erasure.detail)
        self._soft_bounces.forget(address)
        return Erased(len(plain), forget_feedback(self._connection, address))

    def _matching(self, removal: Removal) -> list[Entry]:
        """Return the entries that a removal names.

        If it names a reason and there is no such entry, it gets a new one, which becomes a
        tombstone: the feedback that the removal is about may be reported later.
        """
        if removal.reason is not None:
            self._entry(removal.address, removal.stream or "", removal.reason)
        return [
            entry
            for (address, stream, reason), entry in self._entries.items()
            if address == removal.address
            and removal.reason in (None, reason)
            and removal.stream in (None, stream)
        ]

    def _entry(self, address: str, stream: str, reason: Reason) -> Entry:
        """Return an entry of a loaded address, or a new one.

        Raises:
            TooManyStreams: it would be of one stream more than there may be.
        """
        key = (address, stream, reason)
        if key not in self._entries:
            self._streams.require(stream)
            self._entries[key] = Entry.new(
                self._erased.get(address, address),
                stream,
                reason,
                fingerprint=fingerprint(address, self._seed),
                now=self.now,
                revision=self.revision,
                erased=address in self._erased,
            )
        return self._entries[key]

    def _row(self, entry: Entry) -> dict[str, Any]:
        row = {name: getattr(entry.state, name) for name in _ENTRY_COLUMNS}
        row["row_id"] = entry.row_id
        row["stream_id"] = self._streams.id_of(entry.state.stream)
        row["fingerprint"] = entry.fingerprint
        return row

    def _changed_histories(self) -> list[str]:
        """Return the addresses whose soft-bounce histories have changed, after every reset."""
        addresses = self._soft_bounces.changed()
        self.load(addresses)
        for address in addresses:
            entry = self._entries.get((address, "", Reason.SOFT_BOUNCE))
            if entry and entry.state.removed:
                self._soft_bounces.reset(address, entry.state.removed)
        return addresses


def _series_of(entry: Suppression, source: str = "") -> Series:
    """Return what an entry is counted under, by its own source if no other is given."""
    domain = domain_of(entry.address)
    source = source or entry.source
    return Series.of(entry.reason, domain=domain, stream=entry.stream, source=source)


def _key_of(row: ImportRow) -> _Key:
    entry = row.entry
    return entry.address, entry.stream, entry.reason


_ENTRY_COLUMNS: Final = [
    column.name
    for column in schema.suppression.c
    if column.name not in {"id", "stream_id", "fingerprint"}
]
_UPDATE_ENTRY: Final = update(schema.suppression).where(
    schema.suppression.c.id == bindparam("row_id")
)
