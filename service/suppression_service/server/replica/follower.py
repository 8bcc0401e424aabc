"""Synchronises a replica with the database.

Several times a second it reads what changed. A call that needs a newer revision than the
replica has starts the next round early, and waits for it. After a round that found nothing
the next comes :data:`GAP_SECONDS` later, however many such calls there are: anybody can ask
for a revision that does not exist. While the database is away, the replica stays as it is,
and its age grows. Only a round that succeeds sets the age to zero. The age comes from a
monotonic clock, so that setting the system clock changes no age.
"""

import asyncio
import contextlib
import datetime as dt
import functools
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import structlog

from suppression_service.aio import in_background
from suppression_service.server.replica.base import BaseSource
from suppression_service.server.replica.replica import Replica, State
from suppression_service.server.replica.snapshot import Snapshot
from suppression_service.store import Identity, Store, StoreError
from suppression_service.store.replication import Changes
from suppression_service.store.store import utc_now

#: Changes of one round beyond which a thread applies them, not the event loop.
MANY_CHANGES: Final = 2_000
#: Changed fingerprints at which they are folded into a new base.
FOLD_AT: Final = 50_000
#: Age at which a base is renewed even without many changes, so that a restart finds a recent one.
RENEW_AFTER: Final = dt.timedelta(minutes=10)
#: Seconds between attempts while the database is away, at most, and before a base that
#: could not be renewed is tried again.
RETRY_SECONDS: Final = 2.0
#: Seconds from a round that found nothing to the next, at least, whatever revisions calls need.
GAP_SECONDS: Final = 0.02

_log = structlog.get_logger()
_T = TypeVar("_T")


class RevisionAhead(StoreError):
    """The database has not written that revision: it is of a lost or later state."""


class Follower:
    """Loads a replica, then follows the database until it is closed.

    It must be created on the event loop that it will run on.

    Args:
        store: the list.
        source: loads the base; None loads it from the database.
        poll_seconds: time between two rounds.
        max_staleness: age at which answers are no longer given.
        now: the system clock, replaced in tests.
        clock: the monotonic clock, in seconds, replaced in tests.
    """

    def __init__(
        self,
        store: Store,
        source: BaseSource | None = None,
        *,
        poll_seconds: float = 0.1,
        max_staleness: dt.timedelta = dt.timedelta(hours=1),
        now: Callable[[], dt.datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._source = source or BaseSource(store, now=now)
        self._poll_seconds = poll_seconds
        self._max_staleness = max_staleness
        self._now = now
        self._clock = clock
        # When, by the monotonic clock, the replica was last synchronised.
        self._synchronised_at = 0.0
        #: The replica, while it is recent enough to answer from. Every check reads it, so it
        #: is a plain attribute, which a timer sets to None.
        self.replica: Replica | None = None
        #: Set once the first attempt to load the list has ended, successful or not.
        self.tried = asyncio.Event()
        self._replica: Replica | None = None
        # Whether the replica has a state that a restore undid. True until the list is loaded
        # again: after a few more writes the revision would not show it any more.
        self._undone = False
        self._too_old: asyncio.TimerHandle | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="follower")
        self._wake = asyncio.Event()
        self._round_end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._renewing: asyncio.Task[None] | None = None
        self._logged_error: type[StoreError] | None = None

    # --- the replica as callers see it ---------------------------------------------------------

    @property
    def loaded(self) -> bool:
        """Whether the list has been read once."""
        return self._replica is not None

    @property
    def latest(self) -> Replica | None:
        """The replica as it is, however old; None until the list has been read."""
        return self._replica

    @property
    def lag(self) -> float:
        """Seconds since the replica was last synchronised with the database."""
        return self._clock() - self._synchronised_at

    @property
    def identity(self) -> Identity | None:
        """Which database is followed, once that is known."""
        return self._replica.identity if self._replica else None

    async def reach(self, revision: int) -> None:
        """Wait until the replica is at a revision or beyond.

        Waits as long as the database is away: the caller sets the limit.

        Raises:
            RevisionAhead: the database itself has not reached it.
        """
        # A round that has already begun may miss the caller's write. The next round does not.
        for _ in range(2):
            if self._at(revision):
                return
            self._wake.set()
            await asyncio.shield(self._round_end)
        if not self._at(revision):
            raise RevisionAhead("the database has not written that revision")

    async def beyond(self, revision: int) -> None:
        """Wait until the replica is beyond a revision; the caller sets the limit."""
        while not self._at(revision + 1):
            await asyncio.shield(self._round_end)

    def _at(self, revision: int) -> bool:
        return self._replica is not None and self._replica.state.revision >= revision

    # --- following -----------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follow in the background for the length of the block."""
        try:
            async with in_background(self._follow, "follower"):
                yield
        finally:
            if self._too_old is not None:
                self._too_old.cancel()
            # A read under way uses a connection, and the caller closes the store after this.
            await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)

    async def _follow(self) -> None:
        pause = self._poll_seconds
        while True:
            self._wake.clear()
            before = self._replica and self._replica.state.revision
            pause = self._poll_seconds if await self._round() else min(pause * 2, RETRY_SECONDS)
            self.tried.set()
            if not self._replica or self._replica.state.revision == before:
                await asyncio.sleep(min(pause, GAP_SECONDS))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)

    async def _round(self) -> bool:
        """Read the database once; return whether it could be read."""
        try:
            known = None if self._undone else self._replica
            await self._catch_up(known or await self._load())
        except StoreError as error:
            self._log_away(error)
            if self._replica is not None and self.replica is None:
                self._offer(self._replica)
            return False
        except Exception:  # noqa: BLE001
            # An internal error must not end the loop silently. It is logged, and health and the
            # answers show that the age of the replica grows.
            _log.exception("the replica could not be synchronised")
            return False
        self._log_back()
        if self._replica is not None:
            self._offer(self._replica)
        ended, self._round_end = self._round_end, asyncio.get_running_loop().create_future()
        ended.set_result(None)
        return True

    async def _load(self) -> Replica:
        try:
            load = functools.partial(self._source.load, undone=self._undone)
            snapshot = await self._in_thread(load)
        except StoreError:
            # Old answers that show their age are better than none.
            last_known = await self._in_thread(self._source.last_known)
            if last_known is None or self._replica:
                raise
            snapshot = last_known
        self._undone = False
        self._replica = replica = _replica_of(snapshot)
        # A snapshot may be from before a restart, even of the machine. If the system clock was
        # set back since, its time is in the future; its age is then taken as zero.
        age = max(self._now() - replica.state.as_of, dt.timedelta())
        self._synchronised_at = self._clock() - age.total_seconds()
        _log.info("replica loaded", entries=len(replica.base), revision=replica.state.revision)
        return replica

    async def _catch_up(self, replica: Replica) -> None:
        as_of, read_at, after = self._now(), self._clock(), replica.state.revision
        changes = await self._in_thread(lambda: self._store.replica_changes(after))
        if self._is_other_list(replica, changes):
            await self._load()
            return
        state = State(changes.through, as_of)
        if changes.entries:
            # An entry can name a stream that is as new as itself.
            replica.streams = await self._in_thread(lambda: self._with_new(replica.streams))
        if len(changes.entries) > MANY_CHANGES:
            copy = replica.copy()
            await self._in_thread(lambda: copy.apply(changes.entries, state))
            self._replica = copy
        else:
            replica.apply(changes.entries, state)
        self._synchronised_at = read_at
        self._renew_base_if_due()

    def _with_new(self, streams: dict[str, int]) -> dict[str, int]:
        """Return streams with the new ones, as a new dictionary: a thread may read the old one."""
        fresh = self._store.stream_names(above=max(streams.values()))
        return streams | fresh if fresh else streams

    def _offer(self, replica: Replica) -> None:
        """Make a replica available to checks until it is too old."""
        left = self._synchronised_at + self._max_staleness.total_seconds() - self._clock()
        if self._too_old is not None:
            self._too_old.cancel()
        self.replica = replica if left > 0 else None
        self._too_old = asyncio.get_running_loop().call_later(max(left, 0), self._withdraw)

    def _withdraw(self) -> None:
        self.replica = None

    def _is_other_list(self, replica: Replica, changes: Changes) -> bool:
        if changes.database_id != replica.identity.database_id:
            _log.warning("the database was replaced or restored; loading it anew")
            return True
        if changes.through < replica.state.revision:
            # Not always detected: after more writes, the database's revision is beyond ours.
            _log.error(
                "the database went back in time; loading it anew: after a restore, or a "
                "fail-over that loses commits, run 'suppression-service restored'"
            )
            self._undone = True
        return self._undone

    def _renew_base_if_due(self) -> None:
        replica = self._replica
        if replica is None or self._renewing is not None:
            return
        age = self._now() - replica.base_state.as_of
        if replica.pending >= FOLD_AT or age >= RENEW_AFTER:
            self._renewing = asyncio.create_task(self._renew_base(replica), name="renewing")

    async def _renew_base(self, replica: Replica) -> None:
        """Get a newer base, while the rounds go on."""
        try:
            table, pending = replica.base, replica.pending_changes()
            current = Snapshot(replica.identity, replica.state, replica.streams, table)
            renew = functools.partial(self._source.renewed, current, replica.base_state, pending)
            renewed = await asyncio.to_thread(renew)
            # Another list may have been loaded in the meantime.
            if renewed and self._replica is not None and self._replica.base is table:
                self._replica.rebase(renewed.table, renewed.state)
        except Exception:  # noqa: BLE001
            # The current base is still right, and changes are still applied.
            _log.exception("the base could not be renewed")
            await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._renewing = None

    async def _in_thread(self, read: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, read)

    def _log_away(self, error: StoreError) -> None:
        # Logged once for each kind of error: the database may be away first, and then be replaced.
        if type(error) is not self._logged_error:
            _log.warning("database away; answering from memory", error=str(error))
        self._logged_error = type(error)

    def _log_back(self) -> None:
        if self._logged_error:
            _log.info("database back")
        self._logged_error = None


def _replica_of(snapshot: Snapshot) -> Replica:
    return Replica(snapshot.identity, snapshot.table, snapshot.state, snapshot.streams)
