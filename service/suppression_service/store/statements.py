"""What statements need that each engine has its own of, or its own limit for."""

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

# Each has up to three parameters, or two names; SQLite's limit for a statement is 32,766.
_ITEMS_A_STATEMENT: Final = 5_000

_T = TypeVar("_T")


def insert_into(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return an insertion that can say what to do ON CONFLICT."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def pieces(items: Sequence[_T], size: int = _ITEMS_A_STATEMENT) -> Iterator[Sequence[_T]]:
    """Cut items into as many as one statement takes."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
