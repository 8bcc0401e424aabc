"""What replicas read: every standing entry once, then what changed.

Of an entry a replica needs 16 bytes: the fingerprint of its address, and a word
that packs the rest:

    63            32 31                   8 7        0
    +---------------+----------------------+----------+
    | end, seconds  | stream id            | reason   |
    +---------------+----------------------+----------+

The end is in seconds since 1970, rounded up; 0 is never. An end that does not fit,
before 1970 or after 2106, is the nearest that does. A removed entry has the word of
the entry that it was, and is marked.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, TypeAlias

from sqlalchemy import Connection, Engine, func, select, text

from suppression_service.store import schema
from suppression_service.store.engine import reading

REASON_BITS: Final = 8
STREAM_BITS: Final = 24
END_SHIFT: Final = REASON_BITS + STREAM_BITS

_END: Final = (
    "CASE WHEN expires IS NULL THEN 0 WHEN expires <= 0 THEN 1"
    " WHEN expires > 4294967295000000 THEN 4294967295"
    " ELSE (expires + 999999) / 1000000 END"
)
_WORD: Final = (
    f"((({_END}) << {END_SHIFT}) | (CAST(stream_id AS BIGINT) << {REASON_BITS}) | reason)"
)
_CHANGED: Final = text(
    f"SELECT fingerprint, {_WORD}, removed IS NOT NULL, revision "  # noqa: S608 - constants
    "FROM suppression WHERE revision > :after"
)
_STANDING: Final = (
    "FROM suppression WHERE id > :low AND id <= :high AND removed IS NULL "
    "AND (expires IS NULL OR expires > :now)"
)
# One value a chunk instead of two a row: the drivers are the slow part.
_CHUNK_BYTES: Final = text(
    f"SELECT string_agg(int8send(fingerprint) || int8send({_WORD}), ''::bytea) {_STANDING}"
)
_CHUNK_HEX: Final = text(
    f"SELECT group_concat(printf('%016x%016x', fingerprint, {_WORD}), '') {_STANDING}"
)
_ROWS_A_CHUNK: Final = 200_000

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Words: TypeAlias = "npt.NDArray[np.uint64]"


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """One entry as it now is: unsigned fingerprint and word, and whether it is gone."""

    fingerprint: int
    word: int
    removed: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Changes:
    """Every entry that changed after a revision; complete up to ``through``.

    ``database_id`` is of the database that was read: a restored or replaced one is
    noticed by it.
    """

    entries: list[Change]
    through: int
    database_id: str


def current_revision(connection: Connection) -> tuple[int, str]:
    """Return the newest committed revision and the id of the database."""
    table = schema.revision
    row = connection.execute(select(table.c.value, table.c.database_id)).one()
    return row.value, row.database_id


def changes_after(engine: Engine, revision: int) -> Changes:
    """Read every entry that changed after a revision.

    Two statements, and no upper bound on the second. An entry that changes again
    between them shows in its newer state, which is right; a bound would hide it
    altogether and the caller would believe that it had seen everything. The rows
    are of one statement, so whatever revision they reach, they reach it whole.

    Raises:
        StoreUnavailable: the database cannot answer now.
    """
    with reading(engine) as connection:
        through, database_id = current_revision(connection)
        if through == revision:
            return Changes([], through, database_id)
        rows = connection.execute(_CHANGED, {"after": revision}).all()
    entries = [Change(f % 2**64, word % 2**64, bool(removed)) for f, word, removed, _ in rows]
    reached = max([through, *(row[3] for row in rows)])
    return Changes(entries, reached, database_id)


def active_entries(engine: Engine, now: dt.datetime) -> Iterator[tuple[Words, Words]]:
    """Read every standing entry, in chunks of fingerprints and words, in no order.

    Read :func:`current_revision` first and :func:`changes_after` it afterwards:
    the chunks are of different moments.

    Args:
        engine: the database.
        now: the moment at which entries must stand.

    Raises:
        StoreUnavailable: the database cannot answer now.
    """
    import numpy as np  # which only replicas need

    now_us = schema.microseconds(now)
    with reading(engine) as connection:
        last = connection.execute(select(func.max(schema.suppression.c.id))).scalar_one() or 0
        read = _read_bytes if connection.dialect.name == "postgresql" else _read_hex
        for low in range(0, last, _ROWS_A_CHUNK):
            packed = read(connection, {"low": low, "high": low + _ROWS_A_CHUNK, "now": now_us})
            pairs = np.frombuffer(packed, dtype=">u8").reshape(-1, 2).astype(np.uint64)
            yield pairs[:, 0], pairs[:, 1]


def _read_bytes(connection: Connection, chunk: dict[str, int]) -> bytes:
    return connection.execute(_CHUNK_BYTES, chunk).scalar_one() or b""


def _read_hex(connection: Connection, chunk: dict[str, int]) -> bytes:
    return bytes.fromhex(connection.execute(_CHUNK_HEX, chunk).scalar_one() or "")


def stream_names(engine: Engine, above: int) -> dict[str, int]:
    """Return the number of every stream beyond a number.

    Numbers rise in the order of commits: who knows one knows all below it.

    Raises:
        StoreUnavailable: the database cannot answer now.
    """
    table = schema.stream
    query = select(table.c.name, table.c.id).where(table.c.id > above)
    with reading(engine) as connection:
        return {row.name: row.id for row in connection.execute(query)}
