"""The RPCs of StatisticsService: how the mail of a sender does, and how the system is."""

from typing import Final

from suppression.v1 import statistics_service_pb2 as rpc
from suppression_service.server.auth import Role
from suppression_service.server.caller import Caller
from suppression_service.server.errors import ListUnavailable
from suppression_service.server.reads import Reads
from suppression_service.server.replica.follower import Follower
from suppression_service.server.rpc import Rpc


class StatisticsService:
    """Returns counts and the status of the system.

    Args:
        reads: reads of the store.
        follower: has the replica.
    """

    def __init__(self, reads: Reads, follower: Follower) -> None:
        self._reads = reads
        self._follower = follower

    async def get_statistics(
        self, _request: rpc.GetStatisticsRequest, _caller: Caller
    ) -> rpc.GetStatisticsResponse:
        """Return counts by day and dimension."""
        raise ListUnavailable("NOT_BUILT", "not yet")

    async def get_status(
        self, _request: rpc.GetStatusRequest, _caller: Caller
    ) -> rpc.GetStatusResponse:
        """Return who the caller is, and how the system is."""
        raise ListUnavailable("NOT_BUILT", "not yet")


#: Every RPC of the service, once.
RPCS: Final = (
    Rpc("GetStatistics", Role.READ, StatisticsService.get_statistics),
    Rpc("GetStatus", Role.CHECK, StatisticsService.get_status),
)
