"""The RPCs of StatisticsService: how the mail of a sender does, and how the system is."""

import asyncio
from importlib import metadata
from typing import Final, cast

from suppression.v1 import statistics_service_pb2 as rpc
from suppression_service.server import convert, statistics_convert
from suppression_service.server.auth import Role
from suppression_service.server.caller import Caller
from suppression_service.server.errors import ListUnavailable
from suppression_service.server.reads import Reads
from suppression_service.server.replica.follower import Follower
from suppression_service.server.rpc import Rpc
from suppression_service.store import IngestStatus, Store
from suppression_service.store.store import utc_now

#: Seconds that GetStatus waits for the database: it has an answer without it, too.
STATUS_TIMEOUT_SECONDS: Final = 1.0

_VERSION: Final = metadata.version("suppression-service")


class StatisticsService:
    """Returns counts and the status of the system.

    Args:
        reads: short reads of the store.
        long_reads: reads that can take seconds.
        follower: has the replica.
    """

    def __init__(self, reads: Reads, long_reads: Reads, follower: Follower) -> None:
        self._reads = reads
        self._long_reads = long_reads
        self._follower = follower

    async def get_statistics(
        self, request: rpc.GetStatisticsRequest, _caller: Caller
    ) -> rpc.GetStatisticsResponse:
        """Return counts by day and dimension."""
        query = statistics_convert.query(request, utc_now().date())

        def read(store: Store) -> rpc.GetStatisticsResponse:
            rows, truncated = store.statistics(query)
            response = rpc.GetStatisticsResponse(
                rows=map(statistics_convert.row, rows), truncated=truncated
            )
            if request.include_examples:
                wanted = request.filter
                found = store.reply_examples(query.first, wanted.category, wanted.domain)
                response.examples.extend(map(statistics_convert.example, found))
            return response

        return await self._long_reads.limited(read)

    async def get_status(
        self, _request: rpc.GetStatusRequest, caller: Caller
    ) -> rpc.GetStatusResponse:
        """Return who the caller is, and how the system is, also while the database is away."""
        response = rpc.GetStatusResponse(
            caller_name=caller.token_name,
            # Without a token file every call is permitted.
            caller_role=cast("rpc.Role", int(caller.token_role or Role.ADMIN)),
            server_version=_VERSION,
        )
        if (replica := self._follower.latest) is not None:
            response.revision = str(replica.revision)
            response.as_of_time.FromDatetime(replica.state.as_of)
            response.active_entries = replica.entries
        if (ingest := await self._ingest_status()) is not None:
            response.database_available = True
            response.MergeFrom(_of_ingest(ingest))
        return response

    async def _ingest_status(self) -> IngestStatus | None:
        """Return the status of ingest; None while the database is away."""
        try:
            async with asyncio.timeout(STATUS_TIMEOUT_SECONDS):
                return await self._reads.limited(lambda store: store.ingest_status())
        except (ListUnavailable, TimeoutError):
            return None


def _of_ingest(status: IngestStatus) -> rpc.GetStatusResponse:
    return rpc.GetStatusResponse(
        last_feedback_time=convert.timestamp(status.last_feedback),
        dead_letters=status.dead_letters,
        dead_letters_time=convert.timestamp(status.counted),
    )


#: Every RPC of the service, once.
RPCS: Final = (
    Rpc("GetStatistics", Role.READ, StatisticsService.get_statistics),
    Rpc("GetStatus", Role.CHECK, StatisticsService.get_status),
)
