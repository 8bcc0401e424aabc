"""The outbox of the retry queue.

A retry is written in the transaction of its feedback, and deleted when the queue has it.
A process leases the retries that it sends. If it dies, another process sends them after
the lease. So each retry is sent at least once, and seldom more often.
"""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from suppression_service.store import schema
from suppression_service.store.models import Retry

_TABLE: Final = schema.retry
_FIELDS: Final = [field.name for field in dataclasses.fields(Retry)]


def post(connection: Connection, retries: Sequence[Retry]) -> None:
    """Put retries into the outbox."""
    if retries:
        rows = [{**dataclasses.asdict(retry), "leased": schema.EPOCH} for retry in retries]
        connection.execute(insert(_TABLE), rows)


def any_free(connection: Connection, now: dt.datetime) -> bool:
    """Whether there is a retry that is not on lease."""
    free = select(_TABLE.c.id).where(_TABLE.c.leased <= now).limit(1)
    return connection.execute(free).first() is not None


def lease(
    connection: Connection, count: int, now: dt.datetime, until: dt.datetime
) -> list[tuple[int, Retry]]:
    """Lease the oldest retries that are not on lease; return them with their ids."""
    free = select(_TABLE.c.id).where(_TABLE.c.leased <= now).order_by(_TABLE.c.id).limit(count)
    leased = (
        update(_TABLE)
        # On PostgreSQL several processes lease at the same time; SQLite has one writer.
        .where(_TABLE.c.id.in_(free.with_for_update(skip_locked=True).scalar_subquery()))
        .values(leased=until)
        .returning(_TABLE)
    )
    rows = sorted(connection.execute(leased), key=lambda row: row.id)
    return [(row.id, _retry(row)) for row in rows]


def drop(connection: Connection, ids: Sequence[int]) -> None:
    """Delete retries that the queue has."""
    connection.execute(delete(_TABLE).where(_TABLE.c.id.in_(ids)))


def _retry(row: Row[tuple[object, ...]]) -> Retry:
    return Retry(**{name: getattr(row, name) for name in _FIELDS})
