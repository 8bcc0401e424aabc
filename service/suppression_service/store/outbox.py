"""The outbox of the retry queue.

A retry is written in the transaction of its feedback and leaves only once the queue
has it. Who sends takes some on lease: should it die, they are sent by another when
the lease is over. So each is sent at least once, and hardly ever more often.
"""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from suppression_service.store import schema
from suppression_service.store.models import Retry
from suppression_service.store.texts import sizes, storable

_TABLE: Final = schema.retry
_FIELDS: Final = [field.name for field in dataclasses.fields(Retry)]
_TEXTS: Final = sizes(_TABLE)
_NOT_LEASED: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def post(connection: Connection, retries: Sequence[Retry]) -> None:
    """Put retries into the outbox."""
    if retries:
        rows = [_fields(one) for one in retries]
        connection.execute(insert(_TABLE), [{**row, "leased": _NOT_LEASED} for row in rows])


def any_free(connection: Connection, now: dt.datetime) -> bool:
    """Whether there is a retry that nobody has on lease."""
    free = select(_TABLE.c.id).where(_TABLE.c.leased <= now).limit(1)
    return connection.execute(free).first() is not None


def lease(
    connection: Connection, count: int, now: dt.datetime, until: dt.datetime
) -> list[tuple[int, Retry]]:
    """Take the oldest retries that nobody has on lease, with their numbers."""
    free = select(_TABLE.c.id).where(_TABLE.c.leased <= now).order_by(_TABLE.c.id).limit(count)
    taken = (
        update(_TABLE)
        # On PostgreSQL several may take at once; on SQLite they take turns anyway.
        .where(_TABLE.c.id.in_(free.with_for_update(skip_locked=True).scalar_subquery()))
        .values(leased=until)
        .returning(_TABLE)
    )
    rows = sorted(connection.execute(taken), key=lambda row: row.id)
    return [(row.id, _retry(row)) for row in rows]


def drop(connection: Connection, numbers: Sequence[int]) -> None:
    """Take retries that the queue has out of the outbox."""
    connection.execute(delete(_TABLE).where(_TABLE.c.id.in_(numbers)))


def _fields(retry: Retry) -> dict[str, Any]:
    texts = {name: storable(getattr(retry, name), size) for name, size in _TEXTS.items()}
    return {name: getattr(retry, name) for name in _FIELDS} | texts


def _retry(row: Row[tuple[object, ...]]) -> Retry:
    return Retry(**{name: getattr(row, name) for name in _FIELDS})
