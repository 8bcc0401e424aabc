"""The ids of streams, as a write transaction reads and gives them.

Ids count up from 1, so the highest is the number of streams. A replica packs an id into
24 bits of a word: there are never more streams than fit.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, func, insert, select

from suppression_service.store import schema
from suppression_service.store.engine import chunks
from suppression_service.store.errors import TooManyStreams
from suppression_service.store.replication import MAX_STREAM_ID


class Streams:
    """The streams that a transaction names. New ones are inserted by :meth:`flush`.

    Args:
        connection: the connection of the transaction.
        limit: named streams of the database, at most.
    """

    def __init__(self, connection: Connection, limit: int) -> None:
        self._connection = connection
        self._limit = min(limit, MAX_STREAM_ID)
        self._ids = {"": schema.ALL_MAIL}
        self._new: list[dict[str, str | int]] = []

    def require(self, name: str) -> None:
        """Make sure that a stream has an id, a new one if it was never named before.

        Raises:
            TooManyStreams: there are as many as the limit permits; nothing was changed.
        """
        self.load([name])
        if name not in self._ids:
            self._ids[name] = number = self._next_id()
            self._new.append({"id": number, "name": name})

    def load(self, names: Iterable[str]) -> None:
        """Read the ids of streams, in one query."""
        table = schema.stream
        for some in chunks(sorted(set(names) - self._ids.keys())):
            query = select(table.c.name, table.c.id).where(table.c.name.in_(some))
            self._ids.update({row.name: row.id for row in self._connection.execute(query)})

    def id_of(self, name: str) -> int:
        """Return the id of a stream that was loaded or required."""
        return self._ids[name]

    def flush(self) -> None:
        """Insert the new streams."""
        if self._new:
            self._connection.execute(insert(schema.stream), self._new)
            self._new = []

    def _next_id(self) -> int:
        stored = self._connection.execute(select(func.max(schema.stream.c.id))).scalar_one()
        highest: int = max(stored, *self._ids.values())
        if highest >= self._limit:
            raise TooManyStreams(f"the list has {highest} streams, as many as it may")
        return highest + 1
