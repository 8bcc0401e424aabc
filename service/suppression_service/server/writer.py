"""Writes of concurrent callers, gathered into shared transactions.

A write that cannot be made must not fail those that share its transaction. So if a
transaction fails, each half of its writes gets a transaction, until the bad write is alone.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeVar

import structlog

from suppression_service.aio import GroupCommit
from suppression_service.server.errors import TooManyWrites, WriteUnavailable, stream_limit
from suppression_service.store import (
    Erased,
    Erasure,
    ImportOutcome,
    ImportRow,
    NewSuppression,
    Removal,
    Revision,
    Store,
    StoreError,
    Suppressed,
    Suppression,
    TooManyStreams,
    WriteTransaction,
)

#: Writes in one transaction, at most.
MAX_TOGETHER: Final = 1_000
#: Seconds that a caller waits for its commit. It is longer than a transaction waits for a
#: connection or for a lock (``store.engine.WAIT_TIMEOUT_SECONDS`` for each), so that the
#: caller gets the cause of a failure. If its transaction waits for both, or for another
#: transaction before it, the caller only learns that the write is not confirmed. It is
#: shorter than a statement may take (``STATEMENT_TIMEOUT_SECONDS``): no caller waits for that.
TIMEOUT_SECONDS: Final = 8.0

_log = structlog.get_logger()
_T = TypeVar("_T")


class _Write(NamedTuple):
    addresses: Sequence[str]
    act: Callable[[WriteTransaction], object]


class GroupWriter:
    """Makes single writes durable, many in one transaction, in the order of their arrival.

    Each write returns its result and the revision, once durable. It raises TooManyWrites
    if more writes wait than the database can take, WriteUnavailable if the database
    did not confirm the write, and InvalidField if it names one stream too many.

    Args:
        store: the list.
        max_writes: writes under way at a time, at most; further ones are refused at once.
    """

    def __init__(self, store: Store, max_writes: int = 1_000) -> None:
        self._store = store
        self._logged_error: type[StoreError] | None = None
        self._group: GroupCommit[_Write, Revision] = GroupCommit(
            self._commit,
            "writer",
            max_together=MAX_TOGETHER,
            max_waiting=max_writes,
            stop_seconds=TIMEOUT_SECONDS,
        )

    def writing(self) -> contextlib.AbstractAsyncContextManager[None]:
        """Commit in the background for the length of the block; at its end, commit the rest."""
        return self._group.running()

    async def suppress(self, new: NewSuppression) -> tuple[Suppressed, Revision]:
        """Add or renew an entry."""
        return await self._write([new.address], lambda transaction: transaction.suppress([new])[0])

    async def unsuppress(self, removal: Removal) -> tuple[list[Suppression], Revision]:
        """Remove entries, and return those that were active."""
        return await self._write(
            [removal.address], lambda transaction: transaction.unsuppress([removal])[0]
        )

    async def erase(self, erasure: Erasure) -> tuple[Erased, Revision]:
        """Erase what is stored about a person."""
        return await self._write(
            [erasure.address], lambda transaction: transaction.erase([erasure])[0]
        )

    async def import_rows(
        self, rows: Sequence[ImportRow], *, restore_removed: bool
    ) -> tuple[list[ImportOutcome], Revision]:
        """Import rows, all of them in one transaction."""
        return await self._write(
            [row.entry.address for row in rows],
            lambda transaction: transaction.import_rows(rows, restore_removed=restore_removed),
        )

    async def _write(
        self, addresses: Sequence[str], act: Callable[[WriteTransaction], _T]
    ) -> tuple[_T, Revision]:
        # A write is tried again if its transaction fails; the last result is the durable one.
        results: list[_T | TooManyStreams] = []
        write = _Write(addresses, lambda transaction: results.append(_attempted(act, transaction)))
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                revision = await self._group.commit(write)
        except asyncio.QueueFull:
            raise TooManyWrites("WRITES_WAITING", "too many writes are waiting") from None
        except TimeoutError:
            raise WriteUnavailable(
                "WRITE_UNCONFIRMED", "the database did not confirm the write in time; repeat it"
            ) from None
        result = results[-1]
        if isinstance(result, TooManyStreams):
            raise stream_limit()
        return result, revision

    def _commit(self, writes: list[_Write]) -> list[Revision | Exception]:
        try:
            revision = self._commit_together(writes)
        except StoreError as error:
            self._log_trouble(error)
            return [_unavailable() for _ in writes]
        except Exception as error:  # noqa: BLE001 - one write is bad; its caller gets the error
            if half := len(writes) // 2:
                return self._commit(writes[:half]) + self._commit(writes[half:])
            return [error]
        self._log_end_of_trouble()
        return [revision] * len(writes)

    def _commit_together(self, writes: list[_Write]) -> Revision:
        with self._store.write() as transaction:
            transaction.load(address for write in writes for address in write.addresses)
            for write in writes:
                write.act(transaction)
        return Revision(transaction.database_id, transaction.revision)

    def _log_trouble(self, error: StoreError) -> None:
        # Logged once for each kind of error: a caller that retries without end could fill the
        # disk. The metrics count the refused writes.
        if type(error) is not self._logged_error:
            _log.warning("writes refused: database away", error=str(error))
        self._logged_error = type(error)

    def _log_end_of_trouble(self) -> None:
        if self._logged_error:
            _log.info("writes taken again")
        self._logged_error = None


def _attempted(
    act: Callable[[WriteTransaction], _T], transaction: WriteTransaction
) -> _T | TooManyStreams:
    """Make a write, or return why not where the others of its transaction can go on."""
    try:
        return act(transaction)
    except TooManyStreams as refusal:
        return refusal


def _unavailable() -> WriteUnavailable:
    return WriteUnavailable("DATABASE_UNAVAILABLE", "the database takes no writes now")
