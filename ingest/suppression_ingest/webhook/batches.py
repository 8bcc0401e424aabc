"""Posts that arrive together, stored together.

A durable commit costs a flush to disk, whether it carries one message or a
hundred. While one transaction commits, the posts that arrive wait together and
make up the next one. Each is answered after the commit that holds it, never before.
"""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from suppression_ingest.outcomes import Outcome
from suppression_ingest.pipeline import Decided

#: Messages in one transaction, at most.
MAX_TOGETHER: Final = 200
#: Seconds that the last transactions have when the process stops.
STOP_SECONDS: Final = 10.0

#: Takes in a batch of bodies, in one transaction.
Process = Callable[[Sequence[Decided]], list[Outcome]]


@dataclasses.dataclass(slots=True)
class _Post:
    decided: Decided | None
    outcome: asyncio.Future[Outcome]


class Batches:
    """Takes single messages, and has them processed together, in the order of their arrival.

    Args:
        process: blocks; called from one thread of its own.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        # As long as the bodies under way allow; see suppression_ingest.webhook.posts.
        self._waiting: asyncio.Queue[_Post] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batches")

    async def take_in(self, decided: Decided) -> Outcome:
        """Return what became of a message, once that is durable.

        Raises:
            StoreUnavailable: the database cannot write now; nothing was changed.
        """
        post = _Post(decided, asyncio.get_running_loop().create_future())
        self._waiting.put_nowait(post)
        try:
            return await post.outcome
        finally:
            post.decided = None  # one that was given up still stands in the queue

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Process in the background for the length of the block, and what waits at its end."""
        task = asyncio.create_task(self._run(), name="batches")
        try:
            yield
        finally:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._waiting.join(), STOP_SECONDS)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def _run(self) -> None:
        while True:
            taken = [await self._waiting.get()]
            while len(taken) < MAX_TOGETHER and not self._waiting.empty():
                taken.append(self._waiting.get_nowait())
            # Those whom nobody waits for any more come again.
            if posts := [post for post in taken if not post.outcome.done()]:
                await self._answer(posts)
            for _ in taken:
                self._waiting.task_done()

    async def _answer(self, posts: list[_Post]) -> None:
        decided = [post.decided for post in posts if post.decided]
        loop = asyncio.get_running_loop()
        try:
            outcomes = await loop.run_in_executor(self._thread, self._process, decided)
        except Exception as error:  # noqa: BLE001 - passed on to each
            for post in posts:
                if not post.outcome.done():
                    post.outcome.set_exception(error)
            return
        for post, outcome in zip(posts, outcomes, strict=True):
            if not post.outcome.done():
                post.outcome.set_result(outcome)
