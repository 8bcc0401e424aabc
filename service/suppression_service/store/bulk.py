"""Inserts many new entries, as an import has them: past the layers that cost a row most.

The values are prepared here as :mod:`suppression_service.store.schema` would prepare them.
PostgreSQL takes them by COPY, SQLite by a statement that is compiled once.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from suppression_service.store import schema
from suppression_service.store.models import Suppression

_COLUMNS: Final = (
    *("address", "stream_id", "reason", "fingerprint", "source", "detail", "message_id"),
    *("feedback_id", "first_seen", "last_seen", "occurrences", "expires", "removed"),
    *("removed_by", "removal_detail", "revision", "include_subdomains"),
)
_NAMES: Final = ", ".join(_COLUMNS)
_COPY: Final = f"COPY suppression ({_NAMES}) FROM STDIN"
_INSERT: Final = f"INSERT INTO suppression ({_NAMES}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
# 64 MiB of SQLite's pages instead of 2. Each row changes a page of each index, many of which
# would be written and read several times. The connection keeps them for the next import.
_CACHE: Final = "PRAGMA cache_size = -65536"

_detail: Final = schema.StorableText().stored
_id: Final = schema.StorableText(255).stored


def row(entry: Suppression, stream_id: int, fingerprint: int, revision: int) -> tuple[Any, ...]:
    """Return the row of a new entry."""
    expires, removed = entry.expires, entry.removed
    return (
        entry.address,
        stream_id,
        int(entry.reason),
        fingerprint,
        entry.source,
        _detail(entry.detail),
        _id(entry.message_id),
        _id(entry.feedback_id),
        schema.microseconds(entry.first_seen),
        schema.microseconds(entry.last_seen),
        entry.occurrences,
        None if expires is None else schema.microseconds(expires),
        None if removed is None else schema.microseconds(removed),
        entry.removed_by,
        _detail(entry.removal_detail),
        revision,
        entry.include_subdomains,
    )


def insert(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows of entries that are not there."""
    if not rows:
        return
    cursor: Any = connection.connection.cursor()
    try:
        if connection.dialect.name == "postgresql":
            _copy(cursor, rows)
        else:
            cursor.execute(_CACHE)
            cursor.executemany(_INSERT, rows)
    finally:
        cursor.close()


def _copy(cursor: Any, rows: Iterable[tuple[Any, ...]]) -> None:
    with cursor.copy(_COPY) as copy:
        for each in rows:
            copy.write_row(each)
