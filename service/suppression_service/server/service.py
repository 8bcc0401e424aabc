"""The RPCs: each checks its request, asks the replica or the store, and answers.

They know the messages and the caller, and no transport. They raise
:class:`.errors.ApiError`; each transport makes it a status of its protocol.
"""

import asyncio
import datetime as dt
from typing import Final

from suppression.v1 import suppression_service_pb2 as rpc
from suppression_service.server import convert, wire
from suppression_service.server.auth import Role
from suppression_service.server.caller import Caller
from suppression_service.server.checks import Checks
from suppression_service.server.errors import InvalidField, ListUnavailable
from suppression_service.server.limits import ConcurrencyLimit, SharedLimit
from suppression_service.server.reads import TIMEOUT_SECONDS, Reads
from suppression_service.server.replica.follower import Follower, RevisionAhead
from suppression_service.server.replica.replica import Replica
from suppression_service.server.rpc import Rpc
from suppression_service.server.settings import MAX_BATCH
from suppression_service.server.writer import GroupWriter
from suppression_service.store import ChangePage
from suppression_service.store.store import utc_now


class SuppressionService:
    """Answers checks from the replica, everything else from the store.

    Args:
        reads: reads of the store.
        follower: synchronises the replica with it.
        writer: changes it.
        max_batch: addresses of a batch, at most.
        max_calls: calls of a kind that wait at a time, at most. The kinds are checks for a
            revision, waits for changes, of which the tokens of one name make a quarter at
            most, and batches, which take turns. The writer limits the writes, and ``reads``
            the reads.
    """

    def __init__(
        self,
        reads: Reads,
        follower: Follower,
        writer: GroupWriter,
        max_batch: int = MAX_BATCH,
        max_calls: int = 1_000,
    ) -> None:
        self._reads = reads
        self._follower = follower
        self._writer = writer
        #: Answers checks, and counts the verdicts.
        self.checks = Checks()
        self._max_batch = max_batch
        self._draining = asyncio.Event()
        # A limit for each kind. A single check that does not wait needs none: it ends before
        # another call begins.
        self._revisions, self._batches = ConcurrencyLimit(max_calls), ConcurrencyLimit(max_calls)
        # A wait takes up to a minute, so one token could keep the others out.
        self._polls = SharedLimit(max_calls)

    # --- checks --------------------------------------------------------------------------------

    async def check_address(
        self, request: rpc.CheckAddressRequest, caller: Caller
    ) -> rpc.CheckAddressResponse:
        """Answer for one address."""
        answer = await self.check_address_bytes(request.SerializeToString(), caller)
        return rpc.CheckAddressResponse.FromString(answer)

    async def check_address_bytes(self, request: bytes, _caller: Caller) -> bytes:
        """Answer for one address, from an encoded request."""
        read = wire.check_request(request)
        if read.min_revision:
            await self._reach("min_revision", read.min_revision)
        return self.checks.single(self._replica(), read)

    def check_address_at_once(self, request: bytes, _caller: Caller) -> bytes | None:
        """Answer for one address; None if the revision that it asks for is not there yet."""
        read = wire.check_request(request)
        if read.min_revision and self._reached("min_revision", read.min_revision) is None:
            return None
        return self.checks.single(self._replica(), read)

    async def batch_check(
        self, request: rpc.BatchCheckRequest, caller: Caller
    ) -> rpc.BatchCheckResponse:
        """Answer for many addresses."""
        answer = await self.batch_check_bytes(request.SerializeToString(), caller)
        return rpc.BatchCheckResponse.FromString(answer)

    async def batch_check_bytes(self, request: bytes, _caller: Caller) -> bytes:
        """Answer for many addresses, from an encoded request."""
        read = wire.batch_request(request, self._max_batch)
        if read.min_revision:
            await self._reach("min_revision", read.min_revision)
        with self._batches:
            return await self.checks.batch(self._replica, read)

    def batch_check_at_once(self, request: bytes, _caller: Caller) -> bytes | None:
        """Answer for many addresses; None if the call has to wait, or others need a turn."""
        read = wire.batch_request(request, self._max_batch)
        if read.min_revision and self._reached("min_revision", read.min_revision) is None:
            return None
        return self.checks.batch_at_once(self._replica(), read)

    # --- writes --------------------------------------------------------------------------------

    async def suppress(self, request: rpc.SuppressRequest, caller: Caller) -> rpc.SuppressResponse:
        """Put an address or a domain on the list."""
        done, revision = await self._writer.suppress(
            convert.new_suppression(request, caller, utc_now())
        )
        return rpc.SuppressResponse(
            suppression=convert.suppression(done.suppression, revision.database_id),
            created=done.created,
            revision=str(revision),
        )

    async def unsuppress(
        self, request: rpc.UnsuppressRequest, caller: Caller
    ) -> rpc.UnsuppressResponse:
        """Take entries of an address or a domain off the list."""
        removed, revision = await self._writer.unsuppress(convert.removal(request, caller))
        return rpc.UnsuppressResponse(
            removed=[convert.suppression(entry, revision.database_id) for entry in removed],
            revision=str(revision),
        )

    async def erase_address(
        self, request: rpc.EraseAddressRequest, _caller: Caller
    ) -> rpc.EraseAddressResponse:
        """Erase what is stored about a person."""
        done, revision = await self._writer.erase(convert.erasure(request))
        return rpc.EraseAddressResponse(
            suppressions=done.suppressions, events=done.events, revision=str(revision)
        )

    # --- reads of the store --------------------------------------------------------------------

    async def get_address(
        self, request: rpc.GetAddressRequest, _caller: Caller
    ) -> rpc.GetAddressResponse:
        """Show everything that is known of one address or domain."""
        key = convert.address_or_domain(request.address, request.domain)
        record = await self._reads.limited(lambda store: store.address(key))
        return rpc.GetAddressResponse(
            suppressions=[
                convert.suppression(entry, self._reads.database_id) for entry in record.suppressions
            ],
            events=[convert.event(event) for event in record.events],
            revision=self._reads.revision(record.revision),
        )

    async def list_changes(
        self, request: rpc.ListChangesRequest, caller: Caller
    ) -> rpc.ListChangesResponse:
        """List what changed, waiting for a change where there is none."""
        size, wait = convert.page_size(request), convert.max_wait(request)
        with self._polls.entered(caller.token_name):
            after = await self._reach("after_revision", request.after_revision)
            page = await self._changes(after, size, wait)
        return rpc.ListChangesResponse(
            changes=[convert.suppression(entry, self._reads.database_id) for entry in page.changes],
            through_revision=self._reads.revision(page.through),
        )

    # --- shared by the calls -------------------------------------------------------------------

    def drain(self) -> None:
        """Let long polls return, since the server is about to stop."""
        self._draining.set()

    def _replica(self) -> Replica:
        if replica := self._follower.replica:
            return replica
        if self._follower.loaded:
            raise ListUnavailable("LIST_TOO_OLD", "the database is away and the list too old")
        raise ListUnavailable("LIST_NOT_LOADED", "the list is being loaded")

    def _reached(self, field: str, text: str) -> int | None:
        """Return the number of a revision that a caller names; None if it is not there yet."""
        revision = convert.revision_in(field, text, self._reads.database_id)
        latest = self._follower.latest
        return revision if latest is not None and latest.state.revision >= revision else None

    async def _reach(self, field: str, text: str) -> int:
        """Wait until the replica has a revision that the caller names; return its number."""
        if (reached := self._reached(field, text)) is not None:
            return reached
        revision = convert.revision_in(field, text, self._reads.database_id)
        try:
            with self._revisions:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    await self._follower.reach(revision)
        except TimeoutError:
            raise ListUnavailable(
                "REVISION_UNREACHED", "the database is away; that revision cannot be read"
            ) from None
        except RevisionAhead:
            raise InvalidField(
                field, "REVISION_AHEAD", "a revision that the database has not written"
            ) from None
        # Checked again: meanwhile the list of another database may have been loaded.
        return convert.revision_in(field, text, self._reads.database_id)

    async def _changes(self, after: int, size: int, wait: dt.timedelta) -> ChangePage:
        """Return what changed after a revision; wait for a change where there is none."""
        now = asyncio.get_running_loop().time
        until = now() + wait.total_seconds()
        while True:
            page = await self._reads.read(lambda store: store.changes(after, size))
            # A revision may change only counts, and no entry.
            if page.changes or now() >= until or self._draining.is_set():
                return page
            await self._revision_beyond(page.through, until - now())

    async def _revision_beyond(self, revision: int, seconds: float) -> None:
        """Wait until the replica is beyond a revision, time is up, or the server drains."""
        changed = asyncio.create_task(self._follower.beyond(revision))
        draining = asyncio.create_task(self._draining.wait())
        try:
            await asyncio.wait(
                {changed, draining},
                timeout=seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            changed.cancel()
            draining.cancel()


#: Every RPC of the service, once.
RPCS: Final = (
    Rpc(
        "CheckAddress",
        Role.CHECK,
        SuppressionService.check_address,
        SuppressionService.check_address_bytes,
        SuppressionService.check_address_at_once,
    ),
    Rpc(
        "BatchCheck",
        Role.CHECK,
        SuppressionService.batch_check,
        SuppressionService.batch_check_bytes,
        SuppressionService.batch_check_at_once,
        max_request=None,
    ),
    Rpc("Suppress", Role.WRITE, SuppressionService.suppress),
    Rpc("GetAddress", Role.READ, SuppressionService.get_address),
    Rpc("ListChanges", Role.READ, SuppressionService.list_changes),
    Rpc("Unsuppress", Role.ADMIN, SuppressionService.unsuppress),
    Rpc("EraseAddress", Role.ADMIN, SuppressionService.erase_address),
)
