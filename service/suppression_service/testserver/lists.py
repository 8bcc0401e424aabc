"""One list in memory for each bearer token."""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Any, Final, Self

from suppression_service.server.replica.follower import Follower
from suppression_service.server.services import Services
from suppression_service.server.writer import GroupWriter
from suppression_service.store import Store
from suppression_service.store.engine import open_engine
from suppression_service.testserver.faults import Faults
from suppression_service.testserver.traffic import Traffic

#: Lists that are kept; each costs a few polls of its database a second.
MAX_LISTS: Final = 40

_IN_MEMORY: Final = "sqlite:///:memory:?check_same_thread=false"


class TestList:
    """The list of one token, with its services, its faults and a record of its calls."""

    #: Keeps pytest from collecting the class as tests.
    __test__ = False

    def __init__(self, token: str, services: Services) -> None:
        self._services = services
        #: By full name.
        self.services = services.by_name
        self.faults = Faults()
        self.traffic = Traffic(token)
        self._parts = contextlib.AsyncExitStack()

    @classmethod
    async def open(cls, token: str, template: Store) -> Self:
        """Make an empty list and wait until it answers.

        Args:
            token: its own.
            template: an empty store in memory.
        """
        store = await asyncio.to_thread(_copy, template)
        follower, writer = Follower(store), GroupWriter(store)
        made = cls(token, Services(store, follower, writer))
        made._parts.callback(store.close)
        await made._parts.enter_async_context(follower.following())
        await made._parts.enter_async_context(writer.writing())
        await follower.reach(0)
        return made

    async def close(self) -> None:
        """Delete the list."""
        self._services.drain()
        await self._parts.aclose()


class Lists:
    """The lists by token. Beyond :data:`MAX_LISTS`, the least recently used is deleted."""

    def __init__(self) -> None:
        self._lists: OrderedDict[str, TestList] = OrderedDict()
        # Made for the first list, since a migration takes ten times as long as a copy.
        self._template: Store | None = None
        # The template has one connection, so one list is made at a time.
        self._making = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Self]:
        """Delete every list at the end of the block."""
        try:
            yield self
        finally:
            while self._lists:
                await self._forget_oldest()
            if self._template:
                self._template.close()

    async def of(self, token: str) -> TestList:
        """Return the list of a token ("" for calls without one); create it if there is none."""
        if token not in self._lists:
            # A call that gives up must not leave half a list behind.
            await asyncio.shield(self._make(token))
        self._lists.move_to_end(token)
        return self._lists[token]

    async def _make(self, token: str) -> None:
        async with self._making:
            if not self._template:
                self._template = await asyncio.to_thread(Store.open, _IN_MEMORY, migrate_first=True)
            if token not in self._lists:
                self._lists[token] = await TestList.open(token, self._template)
            if len(self._lists) > MAX_LISTS:
                await self._forget_oldest()

    async def _forget_oldest(self) -> None:
        _, oldest = self._lists.popitem(last=False)
        await oldest.close()


def _copy(template: Store) -> Store:
    """Return a store in memory with the content of another, under an id of its own."""
    copy = Store(open_engine(_IN_MEMORY))
    with template.engine.connect() as source, copy.engine.connect() as target:
        connection: Any = source.connection.driver_connection
        connection.backup(target.connection.driver_connection)
    copy.change_database_id()
    return copy
