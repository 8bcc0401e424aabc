"""Rows of the database as the records that the store hands out."""

from typing import Any

from sqlalchemy import Row, select

from suppression_service.store import schema
from suppression_service.store.models import Event, Reason, Suppression

#: Entries with the name of their stream instead of its number.
SELECT_SUPPRESSION = select(schema.suppression, schema.stream.c.name.label("stream")).join_from(
    schema.suppression, schema.stream
)


def suppression_of(row: Row[Any]) -> Suppression:
    """Return the entry that a row of :data:`SELECT_SUPPRESSION` holds."""
    return Suppression(
        address=row.address,
        stream=row.stream,
        reason=Reason(row.reason),
        source=row.source,
        detail=row.detail,
        message_id=row.message_id,
        feedback_id=row.feedback_id,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        occurrences=row.occurrences,
        expires=row.expires,
        removed=row.removed,
        removed_by=row.removed_by,
        removal_detail=row.removal_detail,
        revision=row.revision,
    )


def event_of(row: Row[Any]) -> Event:
    """Return the feedback that a row of the event table holds."""
    return Event(
        kind=row.kind,
        type=row.type,
        sub_type=row.sub_type,
        feedback_id=row.feedback_id,
        message_id=row.message_id,
        configuration_set=row.configuration_set,
        status=row.status,
        diagnostic=row.diagnostic,
        counts_as=row.counts_as,
        reason=Reason(row.reason) if row.reason else None,
        happened=row.happened,
        received=row.received,
    )
