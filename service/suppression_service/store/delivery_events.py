"""Sends and deliveries, told apart from those that come again.

They come with every mail. So a transaction writes one narrow row for each that is
new, and what many of them add up to in the counts of the day.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

import xxhash
from sqlalchemy import Connection, func, select, tuple_, update

from suppression_service.store import schema
from suppression_service.store.daily_counts import DailyCounts, day_number
from suppression_service.store.fingerprint import fingerprint
from suppression_service.store.models import DeliveryEvent, DeliveryEventKind
from suppression_service.store.statements import insert_into, pieces

#: For how long a send or delivery is recognised when it is reported again: as long as SQS
#: keeps a message at most, and a day for clocks that differ.
DEDUPLICATION_WINDOW: Final = dt.timedelta(days=15)

_COLUMN_OF: Final = {DeliveryEventKind.SEND: "sends", DeliveryEventKind.DELIVERY: "deliveries"}
# Each is looked up on every day of the memory.
_ADDRESSES_A_QUERY: Final = 500

_Key = tuple[int, int, int]


class DeliveryEvents:
    """Counts the sends and deliveries of one transaction."""

    def __init__(self, connection: Connection, seed: int, counts: DailyCounts) -> None:
        self._connection = connection
        self._seed = seed
        self._counts = counts

    def count(self, delivery_events: Iterable[DeliveryEvent], oldest_day: int) -> None:
        """Count those that are new and not too old to be told from repetitions.

        Args:
            delivery_events: any number.
            oldest_day: the first day of which the memory is whole.
        """
        known: dict[_Key, DeliveryEvent] = {}
        for one in delivery_events:
            if day_number(one.happened) >= oldest_day:
                key = self._key(one)
                # Of two in one batch the one that tells its configuration set.
                if key not in known or one.configuration_set:
                    known[key] = one
        new = self._insert(known)
        for key in new:
            one = known.pop(key)
            self._counts.add(_COLUMN_OF[one.kind], one.happened, one.configuration_set)
        self._name({key: one for key, one in known.items() if one.configuration_set})

    def newest_deliveries(
        self, addresses: Collection[str], days: Sequence[int]
    ) -> dict[str, dt.datetime]:
        """Return when addresses were last delivered to on some days, where they were."""
        table, of = schema.delivery_event, {fingerprint(a, self._seed): a for a in addresses}
        newest: dict[str, dt.datetime] = {}
        for some in pieces(sorted(of), _ADDRESSES_A_QUERY):
            query = select(table.c.address, func.max(table.c.happened)).where(
                # The days one by one: with the address they are the beginning of the key.
                table.c.day.in_(days),
                table.c.address.in_(some),
                table.c.kind == DeliveryEventKind.DELIVERY,
            )
            rows = self._connection.execute(query.group_by(table.c.address))
            newest.update({of[number]: moment for number, moment in rows})
        return newest

    def _key(self, one: DeliveryEvent) -> _Key:
        item = xxhash.xxh3_64_intdigest(
            f"{one.kind:d}{one.identity}".encode(errors="replace"), self._seed
        )
        return (
            day_number(one.happened),
            fingerprint(one.recipient, self._seed),
            item - (1 << 64) if item >> 63 else item,
        )

    def _insert(self, known: dict[_Key, DeliveryEvent]) -> list[_Key]:
        if not known:
            return []
        rows = [_row(key, one) for key, one in known.items()]
        table = schema.delivery_event
        statement = insert_into(self._connection, table).on_conflict_do_nothing()
        unknown = statement.returning(table.c.day, table.c.address, table.c.item)
        inserted = self._connection.execute(unknown, rows)
        return [(day, address, item) for day, address, item in inserted]

    def _name(self, known: dict[_Key, DeliveryEvent]) -> None:
        """Give those that were counted without their configuration set to it."""
        table = schema.delivery_event
        key = tuple_(table.c.day, table.c.address, table.c.item)
        for some in pieces(list(known)):
            statement = update(table).where(key.in_(some), table.c.named == 0).values(named=1)
            rows = self._connection.execute(
                statement.returning(table.c.day, table.c.address, table.c.item)
            )
            for day, address, item in rows:
                one = known[day, address, item]
                self._counts.name(_COLUMN_OF[one.kind], one.happened, one.configuration_set)


def _row(key: _Key, one: DeliveryEvent) -> dict[str, Any]:
    day, address, item = key
    return {
        "day": day,
        "address": address,
        "item": item,
        "happened": one.happened,
        "kind": one.kind,
        "named": 1 if one.configuration_set else 0,
    }
