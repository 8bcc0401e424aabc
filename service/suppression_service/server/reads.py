"""Reads of the store for calls: bounded in number and in time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from suppression_service.server.errors import FilterTooSlow, ListUnavailable
from suppression_service.server.limits import ConcurrencyLimit
from suppression_service.server.replica.follower import Follower
from suppression_service.store import ReadTooLong, Revision, Store, StoreError

#: Seconds that a call waits for the revision that it asks for, or for a read of the
#: database. It is shorter than the timeout of a write (``writer.TIMEOUT_SECONDS``), because
#: a client can repeat such a call at another server at once.
TIMEOUT_SECONDS: Final = 5.0
#: Calls that read the database at the same time, at most.
READERS: Final = 8

_T = TypeVar("_T")


class Reads:
    """Runs reads of the store in threads.

    Args:
        store: the list.
        follower: knows which database it is.
        max_calls: calls that wait for a read at a time, at most.
        readers: reads at the same time, at most.
    """

    def __init__(
        self, store: Store, follower: Follower, max_calls: int = 1_000, readers: int = READERS
    ) -> None:
        self._store = store
        self._follower = follower
        self._limit = ConcurrencyLimit(max_calls)
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="reader")

    async def limited(self, read: Callable[[Store], _T]) -> _T:
        """Return what a read returns.

        Raises:
            TooManyCalls: too many calls wait for reads already.
            ListUnavailable: the database is away, or the read takes too long.
            FilterTooSlow: it limits its own time, and takes longer.
        """
        with self._limit:
            return await self.read(read)

    async def read(self, read: Callable[[Store], _T]) -> _T:
        """Return what a read returns, for a call that has passed another limit.

        Raises:
            ListUnavailable: the database is away, or the read takes too long.
            FilterTooSlow: it limits its own time, and takes longer.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await loop.run_in_executor(self._readers, read, self._store)
        except ReadTooLong:
            raise FilterTooSlow from None
        except (StoreError, TimeoutError):
            raise ListUnavailable("DATABASE_UNAVAILABLE", "the database is away") from None

    @property
    def database_id(self) -> str:
        """The id of the database.

        Raises:
            ListUnavailable: it is not known yet.
        """
        if identity := self._follower.identity:
            return identity.database_id
        raise ListUnavailable("LIST_NOT_LOADED", "the list is being loaded")

    def revision(self, value: int) -> str:
        """Return a revision as callers see it.

        Raises:
            ListUnavailable: the database is not known yet.
        """
        return str(Revision(self.database_id, value))
