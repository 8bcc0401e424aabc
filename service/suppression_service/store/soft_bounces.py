"""Soft-bounce histories: which soft bounces of an address count, and since when.

The bounces are rows of the event table. ``soft_bounce_history`` has one more row for an
address: the time since which its bounces count (``reset``). That is the newest delivery
to the address, or the removal of its entry. A delivery to an address that has never
soft-bounced writes no such row; if an older soft bounce is reported late, the delivery
is found in the delivery events. So a history depends on what happened when, not on the
order of the reports.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, case, delete, func, select

from suppression_service.store import schema
from suppression_service.store.engine import chunks, insert_into
from suppression_service.store.events import DeliveryEvents
from suppression_service.store.models import Feedback, SoftBounce, SoftBounceHistory

_COUNTS_AS: Final = "soft bounce"
_FAILED: Final = "failed"
_TABLE: Final = schema.soft_bounce_history


def is_counted(piece: Feedback) -> bool:
    """Whether feedback is a soft bounce that counts: one after which SES stopped trying."""
    failed = piece.action.lower() == _FAILED
    return piece.counts_as == _COUNTS_AS and failed and piece.address != ""


class SoftBounces:
    """The soft-bounce histories that one transaction changes."""

    def __init__(self, connection: Connection, delivery_events: DeliveryEvents) -> None:
        self._connection = connection
        self._delivery_events = delivery_events
        # The newest soft bounce and the newest delivery that the transaction reports.
        self._bounced: dict[str, dt.datetime] = {}
        self._delivered: dict[str, dt.datetime] = {}
        # Since when bounces count, of addresses that have a history.
        self._resets: dict[str, dt.datetime] = {}
        self._read: set[str] = set()
        # The addresses whose reset is a delivery of this transaction.
        self._reset_by_delivery: set[str] = set()

    def add_bounce(self, address: str, happened: dt.datetime) -> None:
        """Add a soft bounce that is new."""
        self._bounced[address] = max(happened, self._bounced.get(address, happened))

    def add_delivery(self, address: str, happened: dt.datetime) -> None:
        """Add a delivery, new or not."""
        self._delivered[address] = max(happened, self._delivered.get(address, happened))

    def forget(self, address: str) -> None:
        """Delete the history of an address that is erased."""
        self._connection.execute(delete(_TABLE).where(_TABLE.c.address == address))
        for times in (self._bounced, self._delivered, self._resets):
            times.pop(address, None)
        self._reset_by_delivery.discard(address)

    def changed(self) -> list[str]:
        """Return the addresses whose histories have changed, after applying deliveries."""
        self._read_resets()
        for address, happened in self._delivered.items():
            if address in self._resets and happened > self._resets[address]:
                self._resets[address] = happened
                self._reset_by_delivery.add(address)
        return sorted(self._bounced.keys() | self._reset_by_delivery)

    def reset(self, address: str, timestamp: dt.datetime) -> None:
        """Ignore the bounces of a changed history up to a time: its entry was removed then."""
        self._resets[address] = max(timestamp, self._resets[address])

    def histories(self, addresses: Sequence[str], since: dt.datetime) -> list[SoftBounceHistory]:
        """Return changed histories, without bounces up to ``since``."""
        bounces: dict[str, list[SoftBounce]] = {address: [] for address in addresses}
        for row in self._rows(addresses, since):
            if row.happened > self._resets[row.address]:
                bounces[row.address].append(_soft_bounce(row))
        return [
            SoftBounceHistory(
                address, self._resets[address], address in self._reset_by_delivery, sorted(those)
            )
            for address, those in bounces.items()
        ]

    def flush(self) -> None:
        """Write the rows of the changed histories."""
        rows = [
            {
                "address": address,
                "reset": self._resets[address],
                "bounced": self._bounced.get(address, schema.EPOCH),
            }
            for address in self.changed()
        ]
        if not rows:
            return
        statement = insert_into(self._connection, _TABLE)
        new, old = statement.excluded, _TABLE.c
        # The engines have no common function for the greater of two values.
        newest = case((new.bounced > old.bounced, new.bounced), else_=old.bounced)
        changes = {"reset": new.reset, "bounced": newest}
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["address"], set_=changes), rows
        )

    def _read_resets(self) -> None:
        """Read since when bounces count; find it for addresses without a history."""
        unread = (self._bounced.keys() | self._delivered.keys()) - self._read
        self._read |= unread
        for some in chunks(sorted(unread)):
            query = select(_TABLE.c.address, _TABLE.c.reset).where(_TABLE.c.address.in_(some))
            self._resets |= {address: reset for address, reset in self._connection.execute(query)}  # noqa: C416 - rows
        if first := self._bounced.keys() - self._resets.keys():
            newest = self._delivery_events.newest_deliveries(first)
            self._resets |= {address: newest.get(address, schema.EPOCH) for address in first}

    def _rows(self, addresses: Collection[str], since: dt.datetime) -> Iterator[Row[Any]]:
        event = schema.event.c
        for some in chunks(sorted(addresses)):
            query = select(schema.event).where(
                event.address.in_(some),
                event.happened > since,
                event.counts_as == _COUNTS_AS,
                func.lower(event.action) == _FAILED,
            )
            yield from self._connection.execute(query)


def _soft_bounce(row: Row[Any]) -> SoftBounce:
    return SoftBounce(
        happened=row.happened,
        message=row.message_id or row.feedback_id or row.key.hex(),
        feedback_id=row.feedback_id,
        message_id=row.message_id,
        diagnostic=row.diagnostic,
    )
