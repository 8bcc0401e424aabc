"""Asynchronous work beside other work: in the background, at intervals, in groups."""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


@contextlib.asynccontextmanager
async def in_background(
    work: Callable[[], Coroutine[Any, Any, None]], name: str
) -> AsyncIterator[None]:
    """Run work in a task for the length of the block; at its end the task is cancelled.

    Args:
        work: goes on until it is cancelled.
        name: of the task.
    """
    task = asyncio.create_task(work(), name=name)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def every(
    seconds: float, act: Callable[[], Awaitable[None]], name: str
) -> contextlib.AbstractAsyncContextManager[None]:
    """Act at intervals for the length of the block, the first time after ``seconds``."""

    async def repeat() -> None:
        while True:
            await asyncio.sleep(seconds)
            await act()

    return in_background(repeat, name)


@dataclasses.dataclass(slots=True)
class _Waiting(Generic[_Item, _Answer]):
    item: _Item
    answer: asyncio.Future[_Answer]


class GroupCommit(Generic[_Item, _Answer]):
    """Commits items of concurrent callers in shared transactions, in the order of arrival.

    A durable commit costs a flush to disk, whether it carries one item or a thousand. While
    one transaction commits, the items that arrive wait together and make up the next one.
    Each caller is answered after the commit that holds its own item, never before.

    Args:
        commit: commits items, and returns for each its answer, or the exception that its
            caller gets. If it raises, all callers get the exception. It blocks, and is
            called from one thread.
        name: of the thread and the task.
        max_together: items in one transaction, at most.
        max_waiting: items under way at a time, at most; 0 is no limit. It includes those
            whose callers have gone, until their turn comes.
        stop_seconds: seconds for the items that still wait when the block of :meth:`running`
            ends.
    """

    def __init__(
        self,
        commit: Callable[[list[_Item]], Sequence[_Answer | Exception]],
        name: str,
        *,
        max_together: int,
        max_waiting: int = 0,
        stop_seconds: float,
    ) -> None:
        self._commit = commit
        self._name = name
        self._max_together = max_together
        self._max_waiting = max_waiting
        self._stop_seconds = stop_seconds
        self._under_way = 0
        self._queue: asyncio.Queue[_Waiting[_Item, _Answer]] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def commit(self, item: _Item) -> _Answer:
        """Return the answer to an item once it is durable.

        Raises:
            QueueFull: ``max_waiting`` items are under way.
            Exception: what the commit raised or returned for the item.
        """
        if self._max_waiting and self._under_way >= self._max_waiting:
            raise asyncio.QueueFull
        waiting: _Waiting[_Item, _Answer] = _Waiting(
            item, asyncio.get_running_loop().create_future()
        )
        self._under_way += 1
        self._queue.put_nowait(waiting)
        try:
            return await waiting.answer
        finally:
            # If the caller has given up, the entry stays in the queue, but the item is freed.
            del waiting.item

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Commit in the background for the length of the block; at its end, commit the rest."""
        try:
            async with in_background(self._run, self._name):
                try:
                    yield
                finally:
                    await self.drain()
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def drain(self) -> None:
        """Wait until nothing is under way, or until ``stop_seconds`` are over."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._queue.join(), self._stop_seconds)

    async def _run(self) -> None:
        while True:
            taken = [await self._queue.get()]
            while len(taken) < self._max_together and not self._queue.empty():
                taken.append(self._queue.get_nowait())
            # An item whose caller has gone is not committed.
            if callers := [each for each in taken if not each.answer.done()]:
                await self._answer(callers)
            self._under_way -= len(taken)
            for _ in taken:
                self._queue.task_done()

    async def _answer(self, callers: list[_Waiting[_Item, _Answer]]) -> None:
        items = [each.item for each in callers]
        loop = asyncio.get_running_loop()
        answers: Sequence[_Answer | Exception]
        try:
            answers = await loop.run_in_executor(self._thread, self._commit, items)
        except Exception as error:  # noqa: BLE001 - each caller gets it
            answers = [error] * len(items)
        for caller, answer in zip(callers, answers, strict=True):
            if caller.answer.done():
                continue
            if isinstance(answer, Exception):
                caller.answer.set_exception(answer)
            else:
                caller.answer.set_result(answer)
