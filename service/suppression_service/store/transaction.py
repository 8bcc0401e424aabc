"""The write transaction: the only code that changes the list.

Writers never run side by side: the first statement of each takes the lock on the
revision row and holds it until commit. So a transaction can read the entries it
is about to change, change them here in Python, where the rules are easy to read,
and write them back; nobody can come in between.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, insert, select, update

from suppression_service.store import outbox, schema
from suppression_service.store.daily_counts import DailyCounts, day_number
from suppression_service.store.delivery_events import DeliveryEvents
from suppression_service.store.entry import Entry, unseen
from suppression_service.store.erasure import erased_name, forget_feedback, make_key, names_of
from suppression_service.store.events import Events
from suppression_service.store.fingerprint import fingerprint
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
from suppression_service.store.rows import SELECT_SUPPRESSION, suppression_of
from suppression_service.store.soft_bounces import SoftBounces
from suppression_service.store.statements import pieces

_Key = tuple[str, str, Reason]


class WriteTransaction:
    """One transaction, one revision. Made by :meth:`suppression_service.store.Store.write`.

    Any number of calls in any order; all of them take effect together, when the
    ``with`` block ends without an exception.
    """

    def __init__(
        self, connection: Connection, now: dt.datetime, deduplication_window: dt.timedelta
    ) -> None:
        self._connection = connection
        #: The time at which it writes.
        self.now = now
        self._oldest_day = day_number(now - deduplication_window)
        self._entries: dict[_Key, Entry] = {}
        self._loaded: set[str] = set()
        # What stands for those of the loaded addresses that are erased.
        self._erased: dict[str, str] = {}
        #: The revision that this transaction writes.
        self.revision: int
        #: The database that it writes to.
        self.database_id: str
        table = schema.revision
        columns = table.c.value, table.c.database_id, table.c.fingerprint_seed, table.c.erasure_key
        self.revision, self.database_id, self._seed, self._erasure_key = connection.execute(
            update(table).values(value=table.c.value + 1).returning(*columns)
        ).one()
        self._counts = DailyCounts(connection)
        self._delivery_events = DeliveryEvents(connection, self._seed, self._counts)
        self._soft_bounces = SoftBounces(connection, self._delivery_events)
        self._events = Events(
            connection, self.revision, self._counts, self._soft_bounces, self._erased
        )

    def load(self, addresses: Iterable[str]) -> None:
        """Read every entry of these addresses at once, where the calls come one by one."""
        missing = list(set(addresses) - self._loaded)
        self._loaded.update(missing)
        for some in pieces(missing):
            names = names_of(some, self._erasure_key)
            query = SELECT_SUPPRESSION.where(schema.suppression.c.address.in_(names))
            for row in self._connection.execute(query):
                address, state = names[row.address], suppression_of(row)
                erased = address != row.address
                if erased:
                    self._erased[address] = row.address
                entry = Entry(row.id, row.fingerprint, state, self.revision, erased)
                self._entries[address, state.stream, state.reason] = entry

    def suppress(self, wanted: Sequence[NewSuppression]) -> list[Suppressed]:
        """Make entries stand; one that stands is kept and at most made to last longer.

        Returns:
            What became of each, in order.
        """
        self.load(new.address for new in wanted)
        return [self._suppress(new) for new in wanted]

    def unsuppress(self, removals: Sequence[Removal]) -> list[list[Suppression]]:
        """Remove entries and remember it, so that older feedback does not undo it.

        Returns:
            For each removal, the entries that stood and were removed.
        """
        self.load(removal.address for removal in removals)
        return [self._unsuppress(removal) for removal in removals]

    def erase(self, erasures: Sequence[Erasure]) -> list[Erased]:
        """Forget people: what stands on the list stands under a hash, and the rest goes.

        What is written about them later goes under the same hash, without any text.

        Returns:
            What became of each, in order; nothing of one who was erased before.
        """
        self.load(erasure.address for erasure in erasures)
        return [self._erase(erasure) for erasure in erasures]

    def record(self, feedback: Sequence[Feedback]) -> list[bool]:
        """Remember feedback and let what is new take effect.

        Returns:
            For each piece whether it was new; one seen before changed nothing.
        """
        if self._erasure_key is not None:
            self.load(piece.address for piece in feedback)
        new = self._events.record(feedback, self.now)
        effective = [
            (piece, piece.effect)
            for piece, is_new in zip(feedback, new, strict=True)
            if is_new and piece.effect and piece.address
        ]
        self.load(piece.address for piece, _ in effective)
        for piece, effect in effective:
            self._entry(piece.address, effect.stream, effect.reason).take(piece, effect)
        return new

    def count(self, delivery_events: Sequence[DeliveryEvent]) -> None:
        """Count sends and deliveries, each once; those before the deduplication window are not."""
        self._delivery_events.count(delivery_events, self._oldest_day)
        for one in delivery_events:
            if one.kind is DeliveryEventKind.DELIVERY:
                self._soft_bounces.deliver(one.recipient, one.happened)

    def soft_bounce_histories(self, since: dt.datetime) -> list[SoftBounceHistory]:
        """Return the soft-bounce history of each address for which this transaction changed it.

        Args:
            since: older bounces are left out.
        """
        addresses = self._soft_bounces.touched(range(self._oldest_day, day_number(self.now) + 2))
        self.load(addresses)
        for address in addresses:
            entry = self._entries.get((address, "", Reason.SOFT_BOUNCE))
            if entry and entry.state.removed:
                self._soft_bounces.restart(address, entry.state.removed)
        return self._soft_bounces.histories(addresses, since)

    def suppress_soft_bounces(
        self, address: str, bounces: Sequence[SoftBounce], provider: str, expires: dt.datetime
    ) -> None:
        """Suppress an address for soft bounces in a row."""
        entry = self._entry(address, "", Reason.SOFT_BOUNCE)
        entry.suppress_soft_bounces(bounces, provider, expires, self.now)

    def lift_soft_bounces(self, address: str, provider: str, delivered: dt.datetime) -> None:
        """Remove the entry for soft bounces reported by a provider: mail was delivered since."""
        if entry := self._entries.get((address, "", Reason.SOFT_BOUNCE)):
            entry.lift_soft_bounces(provider, delivered)

    def post(self, retries: Sequence[Retry]) -> None:
        """Put retries into the outbox; they are sent after the commit."""
        outbox.post(self._connection, retries)

    def flush(self) -> None:
        """Send every changed entry to the database; called once, before the commit."""
        self._counts.flush()
        self._soft_bounces.flush()
        changed = [entry for entry in self._entries.values() if entry.changed]
        stream_ids = self._stream_ids({entry.state.stream for entry in changed})
        rows = [self._row(entry, stream_ids) for entry in changed]
        if inserts := [row for row in rows if row["row_id"] is None]:
            fresh = [{k: v for k, v in row.items() if k != "row_id"} for row in inserts]
            self._connection.execute(insert(schema.suppression), fresh)
        if updates := [row for row in rows if row["row_id"] is not None]:
            self._connection.execute(_UPDATE_ENTRY, updates)

    # --- entries -------------------------------------------------------------------------------

    def _suppress(self, new: NewSuppression) -> Suppressed:
        return self._entry(new.address, new.stream, new.reason).suppress(new, self.now)

    def _unsuppress(self, removal: Removal) -> list[Suppression]:
        meant = self._matching(removal)
        return [entry.state for entry in meant if entry.remove(removal, self.now)]

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
        """Return the entries that a removal means.

        One that names a reason leaves a tombstone where there is no entry: the
        feedback that it is about may still be on its way.
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
        """Return an entry, or one for which there is no cause yet."""
        key = (address, stream, reason)
        if (known := self._entries.get(key)) is not None:
            return known
        name = self._erased.get(address, address)
        state = unseen(name, stream, reason, self.now, self.revision)
        mark = fingerprint(address, self._seed)
        entry = Entry(None, mark, state, self.revision, erased=name != address)
        self._entries[key] = entry
        return entry

    # --- rows ----------------------------------------------------------------------------------

    def _row(self, entry: Entry, stream_ids: dict[str, int]) -> dict[str, Any]:
        row = {name: getattr(entry.state, name) for name in _ENTRY_COLUMNS}
        row["row_id"] = entry.row_id
        row["stream_id"] = stream_ids[entry.state.stream]
        row["fingerprint"] = entry.fingerprint
        return row

    def _stream_ids(self, names: set[str]) -> dict[str, int]:
        """Return the number of each stream, numbering those that are new."""
        if names <= {""}:
            return {"": schema.ALL_MAIL}
        ids = self._known_streams(sorted(names))
        if fresh := sorted(names - ids.keys()):
            table = schema.stream
            highest = self._connection.execute(select(func.max(table.c.id))).scalar_one()
            numbers = {name: highest + place for place, name in enumerate(fresh, start=1)}
            rows = [{"id": number, "name": name} for name, number in numbers.items()]
            self._connection.execute(insert(table), rows)
            ids |= numbers
        return ids

    def _known_streams(self, names: list[str]) -> dict[str, int]:
        known, table = {}, schema.stream
        for some in pieces(names):
            query = select(table.c.name, table.c.id).where(table.c.name.in_(some))
            known.update({name: number for name, number in self._connection.execute(query)})  # noqa: C416 - rows
        return known


_ENTRY_COLUMNS: Final = [
    column.name
    for column in schema.suppression.c
    if column.name not in {"id", "stream_id", "fingerprint"}
]
_UPDATE_ENTRY: Final = update(schema.suppression).where(
    schema.suppression.c.id == bindparam("row_id")
)
