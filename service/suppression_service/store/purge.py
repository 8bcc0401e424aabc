"""Forgetting what nobody needs any more, a few rows a transaction.

The list is never touched. Writers are held up for no longer than one such
transaction takes.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, select, tuple_

from suppression_service.store import schema
from suppression_service.store.daily_counts import day_number
from suppression_service.store.engine import writing

#: Rows that one transaction deletes at most.
ROWS_A_STEP: Final = 1_000


@dataclasses.dataclass(frozen=True, slots=True)
class DeletionCutoffs:
    """Before which moments what may be forgotten; None keeps all of it for ever."""

    #: By when feedback was received.
    events: dt.datetime | None
    #: By the day of which the counts are.
    counts: dt.datetime | None
    delivery_events: dt.datetime
    #: By the newest bounce.
    soft_bounces: dt.datetime
    #: By the bounce that a retry is about.
    retries: dt.datetime


def purge(
    engine: Engine, cutoffs: DeletionCutoffs, rows_a_step: int = ROWS_A_STEP
) -> Iterator[tuple[str, int]]:
    """Delete, a step at a time; yields what each step has deleted, as table and number of rows.

    Whoever stops asking stops the purge.

    Raises:
        StoreUnavailable: the database cannot write now; what was yielded is deleted.
    """
    for table, order, old in _plan(cutoffs):
        deleted = rows_a_step
        while deleted == rows_a_step:
            with writing(engine) as connection:
                deleted = _step(connection, table, order, old, rows_a_step)
            if deleted:
                yield table.name, deleted


def _plan(
    cutoffs: DeletionCutoffs,
) -> Iterator[tuple[Table, ColumnElement[Any], ColumnElement[bool]]]:
    """Return for each table the column that its old rows lie by, and which those are."""
    delivery_event, event = schema.delivery_event.c, schema.event.c
    yield (
        schema.delivery_event,
        delivery_event.day,
        delivery_event.day < day_number(cutoffs.delivery_events),
    )
    if cutoffs.events is not None:
        yield schema.event, event.received, event.received < cutoffs.events
    if cutoffs.counts is not None:
        day = schema.daily_count.c.day
        yield schema.daily_count, day, day < day_number(cutoffs.counts)
    bounced = schema.soft_bounce_history.c.bounced
    yield schema.soft_bounce_history, bounced, bounced < cutoffs.soft_bounces
    retry = schema.retry.c
    yield schema.retry, retry.id, retry.happened < cutoffs.retries


def _step(
    connection: Connection,
    table: Table,
    order: ColumnElement[Any],
    old: ColumnElement[bool],
    rows: int,
) -> int:
    keys = list(table.primary_key.columns)
    oldest = select(*keys).where(old).order_by(order).limit(rows)
    key = tuple_(*keys) if len(keys) > 1 else keys[0]
    return connection.execute(delete(table).where(key.in_(oldest))).rowcount
