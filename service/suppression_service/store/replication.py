"""What replicas read: every active entry once, then the changes.

A replica keeps 16 bytes for an entry: the fingerprint of its address, or of the key of its
domain, and a word that packs the rest:

    63               32 31                   8 7        6            5      0
    +------------------+----------------------+--------+------------+--------+
    | expiry, seconds  | stream id            | domain | subdomains | reason |
    +------------------+----------------------+--------+------------+--------+

The bit "domain" marks an entry of a domain; "subdomains" one that also holds for its
subdomains. So a replica finds its entries of domains without knowing any address.
The highest stream id is no stream's: it is what a check for an unknown stream asks for.
The expiry is in seconds since 1970, rounded up; 0 is never. An expiry before 1970 or
after 2106 is replaced by the nearest that fits. A removed entry keeps its word, and is
marked as removed.
"""

import dataclasses
import datetime as dt
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, TypeAlias

import xxhash
from sqlalchemy import Connection, func, select, text, update

from suppression_service.store import schema
from suppression_service.store.engine import prefer_indexes

#: The reason and the two marks.
REASON_BITS: Final = 8
DOMAIN_MARK: Final = 1 << 7
SUBDOMAINS_MARK: Final = 1 << 6
REASON_MASK: Final = SUBDOMAINS_MARK - 1
STREAM_BITS: Final = 24
EXPIRY_SHIFT: Final = REASON_BITS + STREAM_BITS
#: Reserved: the id of a stream that no entry names.
UNKNOWN_STREAM: Final = (1 << STREAM_BITS) - 1
#: The highest id that a stream can have. One more bit would be part of the expiry.
MAX_STREAM_ID: Final = UNKNOWN_STREAM - 1

_EXPIRY: Final = (
    "CASE WHEN expires IS NULL THEN 0 WHEN expires <= 0 THEN 1"
    " WHEN expires > 4294967295000000 THEN 4294967295"
    " ELSE (expires + 999999) / 1000000 END"
)
# Of an address, nothing is looked at but its first character.
_MARKS: Final = (
    f"CASE WHEN substr(address, 1, 1) <> '@' THEN 0 WHEN include_subdomains"
    f" THEN {DOMAIN_MARK | SUBDOMAINS_MARK} ELSE {DOMAIN_MARK} END"
)
_WORD: Final = (
    f"((({_EXPIRY}) << {EXPIRY_SHIFT}) | (CAST(stream_id AS BIGINT) << {REASON_BITS})"
    f" | ({_MARKS}) | reason)"
)
# Up to so many revisions, reading the entries by indexes is quicker than reading the table.
_FEW_REVISIONS: Final = 50
# All entries of the fingerprints, since another address can have the same one.
_CHANGED: Final = text(
    f"SELECT fingerprint, {_WORD}, removed IS NOT NULL, revision "  # noqa: S608 - constants
    "FROM suppression WHERE fingerprint IN "
    "(SELECT fingerprint FROM suppression WHERE revision > :after)"
)
_ACTIVE: Final = (
    "FROM suppression WHERE id > :low AND id <= :high AND removed IS NULL "
    "AND (expires IS NULL OR expires > :now)"
)
# One value a chunk instead of two a row: the drivers are the slow part.
_CHUNK_BYTES: Final = text(
    f"SELECT string_agg(int8send(fingerprint) || int8send({_WORD}), ''::bytea) {_ACTIVE}"
)
_CHUNK_HEX: Final = text(
    f"SELECT group_concat(printf('%016x%016x', fingerprint, {_WORD}), '') {_ACTIVE}"
)
_ROWS_A_CHUNK: Final = 200_000

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

UInt64Array: TypeAlias = "npt.NDArray[np.uint64]"


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """The present state of one entry: unsigned fingerprint and word, and whether it is removed."""

    fingerprint: int
    word: int
    removed: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Changes:
    """All entries of every fingerprint that changed after a revision, up to ``through``.

    With one entry of a fingerprint come all others, changed or not, of whichever address. So
    a replica replaces what it knows of the fingerprint, and need not tell addresses apart.

    ``database_id`` shows whether the database was restored or replaced in the meantime.
    """

    entries: list[Change]
    through: int
    database_id: str


def fingerprint(address: str, seed: int) -> int:
    """Return the 64-bit fingerprint by which replicas know a canonical address.

    A fingerprint takes 8 bytes and is compared in one instruction. With 10 million
    entries, an address that is not on the list shares the fingerprint of an entry with a
    probability of one in two trillion. XXH3 is no cryptographic hash: an attacker who knew
    the seed could construct an address that shares its fingerprint with another, and get
    that other address suppressed. So the seed is secret.

    Returns:
        A signed integer, as a BIGINT column holds it. Replicas read the same 64 bits as
        unsigned.
    """
    return signed(xxhash.xxh3_64_intdigest(address.encode(), seed))


def signed(value: int) -> int:
    """Return the signed integer with the bits of an unsigned one of 64 bits."""
    return value - (1 << 64) if value >> 63 else value


def current_revision(connection: Connection) -> tuple[int, str]:
    """Return the newest committed revision and the id of the database."""
    table = schema.revision
    row = connection.execute(select(table.c.value, table.c.database_id)).one()
    return row.value, row.database_id


def change_database_id(connection: Connection) -> tuple[str, str]:
    """Give a restored database another id; return the old one and the new one.

    A restored database counts on from an older revision, so it gives the same numbers
    to other changes. If its id stayed, a replica with a newer revision would take itself
    for up to date once those numbers have passed its own, and a caller with such a
    revision would be told that its write is on the list.

    The seed stays, since the fingerprints in the rows depend on it.
    """
    table = schema.revision
    new = secrets.token_hex(4)
    old = connection.execute(select(table.c.database_id).with_for_update()).scalar_one()
    connection.execute(update(table).values(database_id=new))
    return old, new


def changes_after(connection: Connection, revision: int) -> Changes:
    """Read all entries of the fingerprints that changed after a revision.

    Two statements, and no upper bound on the second. An entry that changes again
    between them appears in its newer state, which is right; a bound would hide it, and
    the caller would take its list for complete. The rows are of one statement, so they
    are complete up to their highest revision.
    """
    through, database_id = current_revision(connection)
    if through == revision:
        return Changes([], through, database_id)
    if through - revision <= _FEW_REVISIONS:
        prefer_indexes(connection)
    rows = connection.execute(_CHANGED, {"after": revision}).all()
    entries = [Change(mark % 2**64, word % 2**64, bool(gone)) for mark, word, gone, _ in rows]
    return Changes(entries, max([through, *(row[3] for row in rows)]), database_id)


def active_entries(
    connection: Connection, now: dt.datetime
) -> Iterator[tuple[UInt64Array, UInt64Array]]:
    """Read every active entry, in chunks of fingerprints and words, in no order.

    On PostgreSQL the chunks are read at different revisions. So read
    :func:`current_revision` before the chunks, and :func:`changes_after` that revision after
    them.

    Args:
        connection: the database.
        now: entries that have expired by then are left out.
    """
    import numpy as np  # which only replicas need

    now_us = schema.microseconds(now)
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


def stream_names(connection: Connection, above: int) -> dict[str, int]:
    """Return the id of every stream whose id is higher than ``above``.

    Ids rise in the order of commits: a reader that knows an id knows all lower ids.
    """
    table = schema.stream
    query = select(table.c.name, table.c.id).where(table.c.id > above)
    return {row.name: row.id for row in connection.execute(query)}
