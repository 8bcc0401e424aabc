"""The RPCs of ListService: people and programs read the list, or bring one in."""

from typing import Final

from suppression.v1 import list_service_pb2 as rpc
from suppression_service.server.auth import Role
from suppression_service.server.caller import Caller
from suppression_service.server.errors import ListUnavailable
from suppression_service.server.reads import Reads
from suppression_service.server.rpc import Rpc
from suppression_service.server.writer import GroupWriter


class ListService:
    """Reads and imports entries.

    Args:
        reads: reads of the store.
        writer: changes it.
    """

    def __init__(self, reads: Reads, writer: GroupWriter) -> None:
        self._reads = reads
        self._writer = writer

    async def list_suppressions(
        self, _request: rpc.ListSuppressionsRequest, _caller: Caller
    ) -> rpc.ListSuppressionsResponse:
        """Return a page of entries."""
        raise ListUnavailable("NOT_BUILT", "not yet")

    async def import_suppressions(
        self, _request: rpc.ImportSuppressionsRequest, _caller: Caller
    ) -> rpc.ImportSuppressionsResponse:
        """Import entries."""
        raise ListUnavailable("NOT_BUILT", "not yet")


#: Bytes of a request with an import, at most: what gRPC's clients and servers accept.
MAX_IMPORT_REQUEST: Final = 4 * 1024 * 1024

#: Every RPC of the service, once.
RPCS: Final = (
    Rpc("ListSuppressions", Role.READ, ListService.list_suppressions),
    Rpc(
        "ImportSuppressions",
        Role.WRITE,
        ListService.import_suppressions,
        max_request=MAX_IMPORT_REQUEST,
    ),
)
