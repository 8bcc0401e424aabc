"""The gRPC services of a process, and all their RPCs."""

from typing import Final

from suppression_service.server import list_service, service, statistics_service
from suppression_service.server.list_service import ListService
from suppression_service.server.reads import Reads
from suppression_service.server.replica.follower import Follower
from suppression_service.server.rpc import SERVICES
from suppression_service.server.service import SuppressionService
from suppression_service.server.settings import MAX_BATCH
from suppression_service.server.statistics_service import StatisticsService
from suppression_service.server.writer import GroupWriter
from suppression_service.store import Store

# Long reads of the database at the same time, at most. With the other readers and the writer,
# they are fewer than the connections of a pool.
_LONG_READERS: Final = 4

#: Every RPC of every service, once.
RPCS: Final = (*service.RPCS, *list_service.RPCS, *statistics_service.RPCS)


class Services:
    """The services of one list.

    Args:
        store: the list.
        follower: synchronises the replica with it.
        writer: changes it.
        max_batch: addresses of a batch, at most.
        max_calls: calls of a kind that wait at a time, at most.
    """

    def __init__(
        self,
        store: Store,
        follower: Follower,
        writer: GroupWriter,
        max_batch: int = MAX_BATCH,
        max_calls: int = 1_000,
    ) -> None:
        reads = Reads(store, follower, max_calls)
        senders = SuppressionService(reads, follower, writer, max_batch, max_calls)
        # Pages and statistics can take seconds, so they take no reader from the other calls.
        long_reads = Reads(store, follower, max_calls, _LONG_READERS)
        answering = (
            senders,
            ListService(long_reads, writer),
            StatisticsService(reads, long_reads, follower),
        )
        #: Each service, by its full name.
        self.by_name: dict[str, object] = {
            each.full_name: answer for each, answer in zip(SERVICES, answering, strict=True)
        }
        #: Answers checks, and counts the verdicts.
        self.checks = senders.checks
        #: Lets long polls return, since the server is about to stop.
        self.drain = senders.drain
