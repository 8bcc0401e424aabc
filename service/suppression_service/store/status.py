"""What ingest leaves in the database about itself, for the status of the system."""

import dataclasses
import datetime as dt
from typing import Final

from sqlalchemy import Connection, func, select

from suppression_service.store import schema
from suppression_service.store.engine import insert_into
from suppression_service.store.listing import last_received

#: For how long a count of dead letters is shown. A queue that ingest has left is not counted
#: again.
DEAD_LETTERS_LIFETIME: Final = dt.timedelta(days=1)

_TABLE: Final = schema.dead_letter_queue


@dataclasses.dataclass(frozen=True, slots=True)
class IngestStatus:
    """The status of ingest.

    Args:
        last_feedback: when the newest feedback was received; None if there is none.
        dead_letters: messages in the dead-letter queues; None if nobody has counted them.
        counted: when the oldest of these counts was made.
    """

    last_feedback: dt.datetime | None = None
    dead_letters: int | None = None
    counted: dt.datetime | None = None


def record_dead_letters(
    connection: Connection, queue_url: str, messages: int, now: dt.datetime
) -> None:
    """Store how many messages the dead-letter queue of a queue has."""
    statement = insert_into(connection, _TABLE).values(
        queue_url=queue_url, messages=messages, counted=now
    )
    new = statement.excluded
    changes = {"messages": new.messages, "counted": new.counted}
    connection.execute(statement.on_conflict_do_update(index_elements=["queue_url"], set_=changes))


def ingest_status(connection: Connection, now: dt.datetime) -> IngestStatus:
    """Return the status of ingest."""
    counts = select(func.sum(_TABLE.c.messages), func.min(_TABLE.c.counted))
    recent = counts.where(_TABLE.c.counted > now - DEAD_LETTERS_LIFETIME)
    messages, counted = connection.execute(recent).one()
    return IngestStatus(
        last_received(connection), None if messages is None else int(messages), counted
    )
