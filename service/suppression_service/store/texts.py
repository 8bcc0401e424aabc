"""Texts that others wrote, in a form that every engine takes."""

from typing import Final

from sqlalchemy import String, Table

#: Characters of what a receiving server said; some say a page, and a list of changes is
#: made of thousands.
DETAIL: Final = 1_000


def sizes(table: Table) -> dict[str, int]:
    """Return the text columns of a table, each with the characters that are kept."""
    texts = ((column.name, column.type) for column in table.c)
    return {name: type_.length or DETAIL for name, type_ in texts if isinstance(type_, String)}


def storable(text: str, size: int) -> str:
    """Cut to the column and drop what PostgreSQL cannot hold: NULs, half characters."""
    if text.isascii() and "\0" not in text:  # nearly always
        return text[:size]
    return utf8(text).decode().replace("\0", "")[:size]


def utf8(text: str) -> bytes:
    """Return the octets of any text, with a mark for each half character."""
    return text.encode(errors="replace")
