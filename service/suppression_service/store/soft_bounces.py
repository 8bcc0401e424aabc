"""What soft-bounce counting remembers of an address.

The bounces are feedback like any other. Beside them stands one row an address: since
when they count. It is the newest delivery, or removal of the entry; deliveries to
addresses that never bounced softly are only looked at. Should the first bounce come
after a delivery that is newer, the delivery events of the days that anything may be late
still tell of that delivery. So the history depends on what happened, not on what came
first.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, case, delete, func, select

from suppression_service.store import schema
from suppression_service.store.delivery_events import DeliveryEvents
from suppression_service.store.models import Feedback, SoftBounce, SoftBounceHistory
from suppression_service.store.statements import insert_into, pieces

#: What such feedback counts as, and what the host did with the message.
SOFT_BOUNCE: Final = "soft bounce"
FAILED: Final = "failed"

_NEVER: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_TABLE: Final = schema.soft_bounce_history


def is_counted(piece: Feedback) -> bool:
    """Whether feedback is a soft bounce that counts: one after which SES gave up."""
    failed = piece.action.lower() == FAILED
    return piece.counts_as == SOFT_BOUNCE and failed and piece.address != ""


class SoftBounces:
    """The histories that one transaction touches."""

    def __init__(self, connection: Connection, delivery_events: DeliveryEvents) -> None:
        self._connection = connection
        self._delivery_events = delivery_events
        self._bounced: dict[str, dt.datetime] = {}
        self._delivered: dict[str, dt.datetime] = {}
        # Since when bounces count, of the addresses that are touched.
        self._resets: dict[str, dt.datetime] = {}
        self._moved: set[str] = set()

    def bounce(self, address: str, happened: dt.datetime) -> None:
        """Note a soft bounce that is new."""
        self._bounced[address] = max(happened, self._bounced.get(address, happened))

    def deliver(self, address: str, happened: dt.datetime) -> None:
        """Note a delivery, new or not."""
        self._delivered[address] = max(happened, self._delivered.get(address, happened))

    def touched(self, days: Sequence[int]) -> list[str]:
        """Return the addresses whose histories have changed.

        Args:
            days: those whose delivery events deliveries to a new address are looked up.
        """
        self._resets.update(self._known([*self._bounced, *self._delivered]))
        if fresh := self._bounced.keys() - self._resets.keys():
            newest = self._delivery_events.newest_deliveries(fresh, days)
            self._resets.update({address: newest.get(address, _NEVER) for address in fresh})
        for address, moment in self._delivered.items():
            if address in self._resets and moment > self._resets[address]:
                self._resets[address] = moment
                self._moved.add(address)
        self._delivered.clear()
        return sorted(self._bounced.keys() | self._moved)

    def forget(self, address: str) -> None:
        """Drop the history of an address that is erased."""
        self._connection.execute(delete(_TABLE).where(_TABLE.c.address == address))
        for noted in (self._bounced, self._delivered, self._resets):
            noted.pop(address, None)
        self._moved.discard(address)

    def restart(self, address: str, moment: dt.datetime) -> None:
        """Let bounces up to a moment count no more: somebody vouched for the address."""
        self._resets[address] = max(moment, self._resets[address])

    def histories(self, addresses: Sequence[str], since: dt.datetime) -> list[SoftBounceHistory]:
        """Return the histories of touched addresses, without bounces up to ``since``."""
        bounces: dict[str, list[SoftBounce]] = {address: [] for address in addresses}
        for row in self._rows(addresses, since):
            if row.happened > self._resets[row.address]:
                bounces[row.address].append(_soft_bounce(row))
        return [
            SoftBounceHistory(address, self._resets[address], address in self._moved, sorted(those))
            for address, those in bounces.items()
        ]

    def flush(self) -> None:
        """Write the rows of the addresses that were touched."""
        touched = sorted(self._bounced.keys() | self._moved)
        rows = [
            {"address": a, "reset": self._resets[a], "bounced": self._bounced.get(a, _NEVER)}
            for a in touched
        ]
        self._bounced.clear()
        self._moved.clear()
        if not rows:
            return
        statement = insert_into(self._connection, _TABLE)
        new, old = statement.excluded, _TABLE.c
        # No function for the greater of two has one name on both engines.
        newest = case((new.bounced > old.bounced, new.bounced), else_=old.bounced)
        changes = {"reset": new.reset, "bounced": newest}
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["address"], set_=changes), rows
        )

    def _known(self, addresses: Sequence[str]) -> dict[str, dt.datetime]:
        known = {}
        for some in pieces([a for a in addresses if a not in self._resets]):
            query = select(_TABLE.c.address, _TABLE.c.reset).where(_TABLE.c.address.in_(some))
            known.update({address: reset for address, reset in self._connection.execute(query)})  # noqa: C416 - rows
        return known

    def _rows(self, addresses: Sequence[str], since: dt.datetime) -> Iterator[Row[Any]]:
        event = schema.event.c
        for some in pieces(addresses):
            query = select(schema.event).where(
                event.address.in_(some),
                event.happened > since,
                event.counts_as == SOFT_BOUNCE,
                func.lower(event.action) == FAILED,
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
