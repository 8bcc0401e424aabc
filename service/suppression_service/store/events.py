"""What providers report: feedback, sends and deliveries. Each is recorded and counted once.

The same thing may be reported twice: by an identity, which does not name the
configuration set, and by the configuration set. The count must not depend on the order
of the two, so what was counted without a set is moved to its set.
"""

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterable, Sequence
from typing import Any, Final

import xxhash
from sqlalchemy import Connection, func, select, tuple_, update

from suppression_service.store import schema
from suppression_service.store.engine import chunks, insert_into
from suppression_service.store.erasure import FORGOTTEN
from suppression_service.store.models import (
    DailyCount,
    DeliveryEvent,
    DeliveryEventKind,
    Feedback,
)
from suppression_service.store.replication import fingerprint, signed
from suppression_service.store.series import Measure, Series, domain_of
from suppression_service.store.statistics import Statistics, series_of_feedback

#: For how long a send or delivery is recognised when it is reported again: the longest time
#: that SQS keeps a message, and one more day for clocks that differ.
DEDUPLICATION_WINDOW: Final = dt.timedelta(days=15)

# The column of the daily counts, by what feedback counts as and by kind of delivery event.
_FEEDBACK_COLUMNS: Final = {
    "bounce": "hard_bounces",
    "soft bounce": "soft_bounces",
    "complaint": "complaints",
}
_DELIVERY_COLUMNS: Final = {
    DeliveryEventKind.SEND: "sends",
    DeliveryEventKind.DELIVERY: "deliveries",
}
_MEASURES: Final = {
    "bounce": Measure.HARD_BOUNCES,
    "soft bounce": Measure.SOFT_BOUNCES,
    "complaint": Measure.COMPLAINTS,
    DeliveryEventKind.SEND: Measure.SENDS,
    DeliveryEventKind.DELIVERY: Measure.DELIVERIES,
}
_COLUMNS: Final = (*_DELIVERY_COLUMNS.values(), *_FEEDBACK_COLUMNS.values())
_FEEDBACK_TEXTS: Final = [
    column.name for column in schema.event.c if isinstance(column.type, schema.StorableText)
]
# Each address is looked up on every day of the deduplication window.
_ADDRESSES_A_QUERY: Final = 500


class DailyCounts:
    """What a transaction adds to the daily counts; written by :meth:`flush`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._added: defaultdict[tuple[int, str], Counter[str]] = defaultdict(Counter)

    def add(self, column: str, happened: dt.datetime, configuration_set: str) -> None:
        """Count one more."""
        self._added[schema.day_number(happened), configuration_set][column] += 1

    def move(self, column: str, happened: dt.datetime, configuration_set: str) -> None:
        """Move one from the count without a configuration set to the count of its set."""
        self._added[schema.day_number(happened), ""][column] -= 1
        self.add(column, happened, configuration_set)

    def flush(self) -> None:
        """Write what was counted."""
        # Sorted, so that all transactions lock rows in the same order.
        rows = [
            {"day": day, "configuration_set": name, **{c: added[c] for c in _COLUMNS}}
            for (day, name), added in sorted(self._added.items())
            if any(added.values())
        ]
        self._added.clear()
        if not rows:
            return
        statement = insert_into(self._connection, schema.daily_count)
        columns = schema.daily_count.c
        sums = {name: columns[name] + statement.excluded[name] for name in _COLUMNS}
        keys = ["day", "configuration_set"]
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=sums), rows
        )


def daily_counts(connection: Connection, since: dt.date) -> list[DailyCount]:
    """Return the counts from a day on, in order of days and configuration sets."""
    table, epoch = schema.daily_count, schema.EPOCH.date()
    query = select(table).where(table.c.day >= (since - epoch).days)
    rows = connection.execute(query.order_by(table.c.day, table.c.configuration_set)).mappings()
    return [DailyCount(**{**row, "day": epoch + dt.timedelta(row["day"])}) for row in rows]


class FeedbackEvents:
    """Records the feedback of one transaction.

    Args:
        connection: of the transaction.
        revision: of the transaction.
        counts: the daily counts of the transaction.
        statistics: the statistics of the transaction.
        erased: the erased addresses; feedback about them is stored without its address.
    """

    def __init__(
        self,
        connection: Connection,
        revision: int,
        counts: DailyCounts,
        statistics: Statistics,
        erased: Container[str],
    ) -> None:
        self._connection = connection
        self._revision = revision
        self._counts = counts
        self._statistics = statistics
        self._erased = erased

    def record(self, feedback: Sequence[Feedback], now: dt.datetime) -> list[bool]:
        """Record feedback and count what is new.

        Returns:
            For each piece whether it is new.
        """
        is_new = self._insert(feedback, now)
        repeated = {}
        for piece, new in zip(feedback, is_new, strict=True):
            if new and piece.counts_as in _FEEDBACK_COLUMNS:
                column = _FEEDBACK_COLUMNS[piece.counts_as]
                self._counts.add(column, piece.happened, piece.configuration_set)
                self._add_to_statistics(piece)
            elif not new and piece.configuration_set:
                repeated[_feedback_key(piece)] = piece
        self._add_configuration_sets(repeated)
        return is_new

    def _add_to_statistics(self, piece: Feedback) -> None:
        measure = _MEASURES[piece.counts_as]
        series = series_of_feedback(piece, measure)
        self._statistics.add(measure, schema.day_number(piece.happened), series)
        if piece.example and piece.address not in self._erased:
            self._statistics.add_example(series, piece.example)

    def _insert(self, feedback: Sequence[Feedback], now: dt.datetime) -> list[bool]:
        # Of feedback that is in the batch twice, the first is stored.
        rows = {_feedback_key(piece): self._row(piece, now) for piece in reversed(feedback)}
        if not rows:
            return []
        table = schema.event
        insert = insert_into(self._connection, table)
        statement = insert.on_conflict_do_nothing(index_elements=["key"]).returning(table.c.key)
        inserted = self._connection.scalars(statement, [*reversed(rows.values())])
        fresh = {bytes(key) for key in inserted}
        return [_remove_if_present(fresh, _feedback_key(piece)) for piece in feedback]

    def _row(self, piece: Feedback, now: dt.datetime) -> dict[str, Any]:
        return {
            **{name: getattr(piece, name) for name in _FEEDBACK_TEXTS},
            "key": _feedback_key(piece),
            "reason": piece.effect.reason if piece.effect and not piece.effect.removes else 0,
            "happened": piece.happened,
            "received": now,
            "revision": self._revision,
            **(FORGOTTEN if piece.address in self._erased else {}),
        }

    def _add_configuration_sets(self, repeated: dict[bytes, Feedback]) -> None:
        """Add the configuration set to feedback that was recorded without one."""
        table = schema.event
        for key, piece in repeated.items():
            without = update(table).where(table.c.key == key, table.c.configuration_set == "")
            changed = without.values(configuration_set=piece.configuration_set)
            if self._connection.execute(changed).rowcount and piece.counts_as in _FEEDBACK_COLUMNS:
                column = _FEEDBACK_COLUMNS[piece.counts_as]
                self._counts.move(column, piece.happened, piece.configuration_set)
                measure = _MEASURES[piece.counts_as]
                series = series_of_feedback(piece, measure)
                self._statistics.move(measure, schema.day_number(piece.happened), series)


def _feedback_key(piece: Feedback) -> bytes:
    parts = (piece.provider, piece.kind, piece.identity, piece.address)
    encoded = [part.encode(errors="replace") for part in parts]
    framed = b"".join(b"%d:%b" % (len(part), part) for part in encoded)
    return hashlib.blake2b(framed, digest_size=16).digest()


def _remove_if_present(keys: set[bytes], key: bytes) -> bool:
    if key in keys:
        keys.remove(key)
        return True
    return False


# Day, fingerprint of the address, and hash of the message.
_DeliveryKey = tuple[int, int, int]


class DeliveryEvents:
    """Records the sends and deliveries of one transaction.

    Args:
        connection: of the transaction.
        seed: of the fingerprints.
        counts: the daily counts of the transaction.
        statistics: the statistics of the transaction.
        days: days on which deliveries are looked up; the first begins the deduplication window.
    """

    def __init__(
        self,
        connection: Connection,
        seed: int,
        counts: DailyCounts,
        statistics: Statistics,
        days: range,
    ) -> None:
        self._connection = connection
        self._seed = seed
        self._counts = counts
        self._statistics = statistics
        self._days = days

    def record(self, events: Iterable[DeliveryEvent]) -> None:
        """Record events and count what is new; those before the window are ignored."""
        wanted: dict[_DeliveryKey, DeliveryEvent] = {}
        for event in events:
            if schema.day_number(event.happened) >= self._days.start:
                key = self._key(event)
                # Of an event that is in the batch twice, the one with a configuration set.
                if key not in wanted or event.configuration_set:
                    wanted[key] = event
        for key in self._insert(wanted):
            event = wanted.pop(key)
            column = _DELIVERY_COLUMNS[event.kind]
            self._counts.add(column, event.happened, event.configuration_set)
            self._statistics.add(_MEASURES[event.kind], key[0], _series_of(event))
        self._add_configuration_sets({k: e for k, e in wanted.items() if e.configuration_set})

    def newest_deliveries(self, addresses: Collection[str]) -> dict[str, dt.datetime]:
        """Return when mail was last delivered to each address, if it was within the window."""
        table = schema.delivery_event
        address_of = {fingerprint(address, self._seed): address for address in addresses}
        newest: dict[str, dt.datetime] = {}
        for some in chunks(sorted(address_of), _ADDRESSES_A_QUERY):
            query = select(table.c.address, func.max(table.c.happened)).where(
                # Single days: the key begins with day and address.
                table.c.day.in_(self._days),
                table.c.address.in_(some),
                table.c.kind == DeliveryEventKind.DELIVERY,
            )
            rows = self._connection.execute(query.group_by(table.c.address))
            newest.update({address_of[mark]: happened for mark, happened in rows})
        return newest

    def _key(self, event: DeliveryEvent) -> _DeliveryKey:
        message = f"{event.kind:d}{event.identity}".encode(errors="replace")
        return (
            schema.day_number(event.happened),
            fingerprint(event.recipient.encode(errors="replace").decode(), self._seed),
            signed(xxhash.xxh3_64_intdigest(message, self._seed)),
        )

    def _insert(self, events: dict[_DeliveryKey, DeliveryEvent]) -> list[_DeliveryKey]:
        if not events:
            return []
        rows = [_delivery_row(key, event) for key, event in events.items()]
        table = schema.delivery_event
        statement = insert_into(self._connection, table).on_conflict_do_nothing()
        inserted = statement.returning(table.c.day, table.c.address, table.c.item)
        found = self._connection.execute(inserted, rows)
        return [(day, address, item) for day, address, item in found]

    def _add_configuration_sets(self, events: dict[_DeliveryKey, DeliveryEvent]) -> None:
        """Move events that were counted without a configuration set to the count of their set."""
        table = schema.delivery_event
        key = tuple_(table.c.day, table.c.address, table.c.item)
        for some in chunks(list(events)):
            statement = update(table).where(key.in_(some), table.c.named == 0).values(named=1)
            changed = statement.returning(table.c.day, table.c.address, table.c.item)
            for day, address, item in self._connection.execute(changed):
                event = events[day, address, item]
                column = _DELIVERY_COLUMNS[event.kind]
                self._counts.move(column, event.happened, event.configuration_set)
                self._statistics.move(_MEASURES[event.kind], day, _series_of(event))


def _series_of(event: DeliveryEvent) -> Series:
    return Series.of(
        domain=domain_of(event.recipient),
        configuration_set=event.configuration_set,
        stream=event.stream,
    )


def _delivery_row(key: _DeliveryKey, event: DeliveryEvent) -> dict[str, Any]:
    day, address, item = key
    return {
        "day": day,
        "address": address,
        "item": item,
        "happened": event.happened,
        "kind": event.kind,
        "named": 1 if event.configuration_set else 0,
    }
