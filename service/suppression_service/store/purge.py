"""The purge: old rows are deleted, a few in each transaction.

The list itself is never purged. Writers wait no longer than one such transaction takes.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, select, tuple_

from suppression_service.store import schema
from suppression_service.store.engine import writing

#: The most rows that one transaction deletes.
ROWS_A_STEP: Final = 1_000


@dataclasses.dataclass(frozen=True, slots=True)
class DeletionCutoffs:
    """Deletion cutoff per table: older rows are deleted, and none where it is None."""

    #: Compared with the time at which feedback was received.
    events: dt.datetime | None
    #: Compared with the day of the counts.
    counts: dt.datetime | None
    #: Compared with the day of the statistics.
    statistics: dt.datetime | None
    #: Compared with the last day on which an example of a reply was seen.
    reply_examples: dt.datetime
    #: Compared with the day of the send or delivery.
    delivery_events: dt.datetime
    #: Compared with the newest bounce of a history.
    soft_bounces: dt.datetime
    #: Compared with the bounce of the retry.
    retries: dt.datetime


def purge(
    engine: Engine, cutoffs: DeletionCutoffs, rows_a_step: int = ROWS_A_STEP
) -> Iterator[tuple[str, int]]:
    """Delete old rows, a step at a time; yield the table and number of rows of each step.

    The purge runs only as long as the caller iterates.

    Raises:
        StoreUnavailable: the database cannot be written now. Steps that were yielded are
            committed.
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
    """Yield each table, the column by which its old rows are ordered, and their condition."""
    delivery_event, event = schema.delivery_event.c, schema.event.c
    yield (
        schema.delivery_event,
        delivery_event.day,
        delivery_event.day < schema.day_number(cutoffs.delivery_events),
    )
    if cutoffs.events is not None:
        yield schema.event, event.received, event.received < cutoffs.events
    if cutoffs.counts is not None:
        day = schema.daily_count.c.day
        yield schema.daily_count, day, day < schema.day_number(cutoffs.counts)
    if cutoffs.statistics is not None:
        for table in (schema.statistic, schema.packed_statistic):
            yield table, table.c.day, table.c.day < schema.day_number(cutoffs.statistics)
    seen = schema.reply_example.c.day
    yield schema.reply_example, seen, seen < schema.day_number(cutoffs.reply_examples)
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
