"""Reading the times that AWS writes into messages."""

import datetime as dt

from suppression_ingest.errors import Malformed


def moment_of(text: str) -> dt.datetime:
    """Return a time as UTC, from ISO 8601; one that names no zone is UTC.

    Raises:
        Malformed: it is none.
    """
    try:
        moment = dt.datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise Malformed("a timestamp that is none") from None
