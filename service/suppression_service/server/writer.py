"""Writes of concurrent callers, gathered into shared transactions.

A durable commit costs a flush to disk, whether it carries one write or a
thousand. While one transaction commits, the writes that arrive wait together and
make up the next one. Each caller is answered after the commit that holds its own
write, never before.

A write that cannot be made must not fail those that share its transaction. Then its
halves are written by themselves, and their halves, until it is alone.
"""

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from suppression_service.server.errors import TooManyWrites, WriteUnavailable
from suppression_service.store import (
    Erased,
    Erasure,
    NewSuppression,
    Removal,
    Revision,
    Store,
    StoreError,
    Suppressed,
    Suppression,
    WriteTransaction,
)

#: Writes in one transaction, at most.
MAX_TOGETHER: Final = 1_000
#: Seconds that a caller waits for its commit. Longer than a transaction waits for a
#: connection, or for a lock (``store.engine.WAIT_TIMEOUT_SECONDS`` for either), so that
#: its caller hears what is wrong; whoever waits for both, or for the transaction before it
#: too, hears only that nothing is confirmed. Shorter than a statement may take
#: (``STATEMENT_TIMEOUT_SECONDS``), for which nobody waits.
PATIENCE_SECONDS: Final = 8.0

_log = structlog.get_logger()
_Asked = NewSuppression | Removal | Erasure
_Answer = Suppressed | list[Suppression] | Erased


@dataclasses.dataclass(frozen=True, slots=True)
class _Write:
    asked: _Asked
    answer: asyncio.Future[tuple[_Answer, Revision]]


class GroupWriter:
    """Takes single writes and commits them together, in the order of their arrival.

    Args:
        store: the list.
        max_writes: writes under way at a time; beyond it callers are turned away at once.
    """

    def __init__(self, store: Store, max_writes: int = 1_000) -> None:
        self._store = store
        self._max_writes = max_writes
        # Those whose callers have gone included: they are held until their turn comes.
        self._under_way = 0
        self._waiting: asyncio.Queue[_Write] = asyncio.Queue()
        self._trouble: type[StoreError] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")

    async def suppress(self, new: NewSuppression) -> tuple[Suppressed, Revision]:
        """Make an entry stand; return what became of it and the revision, once durable.

        Raises:
            TooManyWrites: more writes wait than the database can take.
            WriteUnavailable: the database did not confirm the write.
        """
        answer, revision = await self._committed(new)
        assert isinstance(answer, Suppressed)  # noqa: S101 - _apply answers in kind
        return answer, revision

    async def unsuppress(self, removal: Removal) -> tuple[list[Suppression], Revision]:
        """Remove entries; return those that stood and the revision, once durable.

        Raises:
            TooManyWrites: more writes wait than the database can take.
            WriteUnavailable: the database did not confirm the write.
        """
        answer, revision = await self._committed(removal)
        assert isinstance(answer, list)  # noqa: S101 - _apply answers in kind
        return answer, revision

    async def erase(self, erasure: Erasure) -> tuple[Erased, Revision]:
        """Forget a person; return what became of it and the revision, once durable.

        Raises:
            TooManyWrites: more writes wait than the database can take.
            WriteUnavailable: the database did not confirm the write.
        """
        answer, revision = await self._committed(erasure)
        assert isinstance(answer, Erased)  # noqa: S101 - _apply answers in kind
        return answer, revision

    async def _committed(self, asked: _Asked) -> tuple[_Answer, Revision]:
        if self._under_way >= self._max_writes:
            raise TooManyWrites("WRITES_WAITING", "too many writes are waiting")
        write = _Write(asked, asyncio.get_running_loop().create_future())
        self._under_way += 1
        self._waiting.put_nowait(write)
        try:
            return await asyncio.wait_for(write.answer, PATIENCE_SECONDS)
        except TimeoutError:
            raise WriteUnavailable(
                "WRITE_UNCONFIRMED", "the database did not confirm the write in time; repeat it"
            ) from None

    @contextlib.asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Commit in the background for the length of the block, and what waits at its end."""
        task = asyncio.create_task(self._write_on(), name="writer")
        try:
            yield
        finally:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._waiting.join(), PATIENCE_SECONDS)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def _write_on(self) -> None:
        while True:
            taken = [await self._waiting.get()]
            while len(taken) < MAX_TOGETHER and not self._waiting.empty():
                taken.append(self._waiting.get_nowait())
            await self._answer(taken)
            self._under_way -= len(taken)
            for _ in taken:
                self._waiting.task_done()

    async def _answer(self, taken: list[_Write]) -> None:
        # Those whose callers have gone are not begun.
        if not (writes := [write for write in taken if not write.answer.done()]):
            return
        loop = asyncio.get_running_loop()
        try:
            answers = await loop.run_in_executor(self._thread, self._commit, writes)
        except StoreError as error:
            self._refuse(writes, error)
        except Exception as error:  # noqa: BLE001 - of one of them, which is told
            await self._answer_apart(writes, error)
        else:
            self._note_back()
            for write, answer in zip(writes, answers, strict=True):
                if not write.answer.done():
                    write.answer.set_result(answer)

    async def _answer_apart(self, writes: list[_Write], error: Exception) -> None:
        """Answer halves of a transaction that failed; a write that failed alone fails its call."""
        if half := len(writes) // 2:
            await self._answer(writes[:half])
            await self._answer(writes[half:])
        elif not writes[0].answer.done():
            writes[0].answer.set_exception(error)

    def _refuse(self, writes: list[_Write], error: StoreError) -> None:
        """Tell every caller that the database takes no writes, through no fault of theirs."""
        # Once for each sort of trouble. How many are refused is in the metrics: one caller that
        # comes again and again could fill the disk.
        if type(error) is not self._trouble:
            _log.warning("writes refused: database away", error=str(error))
        self._trouble = type(error)
        for write in writes:
            if not write.answer.done():
                write.answer.set_exception(
                    WriteUnavailable("DATABASE_UNAVAILABLE", "the database takes no writes now")
                )

    def _note_back(self) -> None:
        if self._trouble:
            _log.info("writes taken again")
        self._trouble = None

    def _commit(self, writes: list[_Write]) -> list[tuple[_Answer, Revision]]:
        with self._store.write() as transaction:
            transaction.load(write.asked.address for write in writes)
            answers = [_apply(transaction, write.asked) for write in writes]
        revision = Revision(transaction.database_id, transaction.revision)
        return [(answer, revision) for answer in answers]


def _apply(transaction: WriteTransaction, asked: _Asked) -> _Answer:
    match asked:
        case NewSuppression():
            return transaction.suppress([asked])[0]
        case Removal():
            return transaction.unsuppress([asked])[0]
        case Erasure():
            return transaction.erase([asked])[0]
