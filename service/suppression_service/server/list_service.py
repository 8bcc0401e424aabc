"""The RPCs of ListService: people and programs read the list, or bring one in."""

import asyncio
import time
from typing import Final

from suppression.v1 import list_service_pb2 as rpc
from suppression.v1 import suppression_pb2 as pb
from suppression_service.server import convert, list_convert
from suppression_service.server.auth import Role
from suppression_service.server.caller import Caller
from suppression_service.server.errors import InvalidField, WriteUnavailable
from suppression_service.server.limits import SharedLimit
from suppression_service.server.page_token import key_in, page_token
from suppression_service.server.reads import Reads
from suppression_service.server.rpc import Rpc
from suppression_service.server.writer import TIMEOUT_SECONDS, GroupWriter
from suppression_service.store import ImportOutcome, ImportRow
from suppression_service.store.search import Page
from suppression_service.store.store import utc_now

#: Bytes of a page, at most, apart from its first entry: clients of gRPC accept 4 MiB.
MAX_PAGE_BYTES: Final = 3 * 1024 * 1024
#: Bytes of a request with an import, at most: what gRPC's clients and servers accept.
MAX_IMPORT_REQUEST: Final = 4 * 1024 * 1024
#: Imports under way at a time, at most. One of them is written, the others wait in memory.
MAX_IMPORTS: Final = 16

# Seconds after which rows that are being read give other calls a turn.
_TURN_SECONDS: Final = 0.001


class ListService:
    """Reads and imports entries.

    Args:
        reads: reads of the store.
        writer: changes it.
    """

    def __init__(self, reads: Reads, writer: GroupWriter) -> None:
        self._reads = reads
        self._writer = writer
        self._imports = SharedLimit(MAX_IMPORTS)
        # An import is written in a transaction of up to 5,000 rows, for which every other writer
        # waits. So no two are in one transaction.
        self._turn_to_read, self._turn_to_write = asyncio.Lock(), asyncio.Lock()

    async def list_suppressions(
        self, request: rpc.ListSuppressionsRequest, _caller: Caller
    ) -> rpc.ListSuppressionsResponse:
        """Return a page of entries."""
        wanted = list_convert.wanted(request.filter)
        order = list_convert.order(request.order, wanted)
        size = list_convert.page_size(request.page_size)
        database_id = self._reads.database_id
        after = key_in(request.page_token, wanted, order, database_id)
        page = await self._reads.limited(lambda store: store.page(wanted, order, after, size))
        entries = _entries_that_fit(page, database_id)
        response = rpc.ListSuppressionsResponse(
            suppressions=entries, revision=self._reads.revision(page.revision)
        )
        if page.more or len(entries) < len(page.entries):
            last = page.keys[len(entries) - 1]
            response.next_page_token = page_token(last, wanted, order, database_id)
        return response

    async def import_suppressions(
        self, request: rpc.ImportSuppressionsRequest, caller: Caller
    ) -> rpc.ImportSuppressionsResponse:
        """Import entries."""
        list_convert.require_rows(request)
        with self._imports.entered(caller.token_name):
            rows = await self._rows(request, caller)
            good = [row for row in rows if isinstance(row, ImportRow)]
            outcomes, revision = await self._outcomes(request, good)
        following = iter(outcomes)
        results = (row if isinstance(row, InvalidField) else next(following) for row in rows)
        return rpc.ImportSuppressionsResponse(
            results=map(list_convert.import_result, results), revision=revision
        )

    async def _rows(
        self, request: rpc.ImportSuppressionsRequest, caller: Caller
    ) -> list[ImportRow | InvalidField]:
        """Return the rows of an import, or why one cannot be used; give other calls turns."""
        rows: list[ImportRow | InvalidField] = []
        now, since = utc_now(), time.perf_counter()
        async with self._turn_to_read:
            for message in request.suppressions:
                try:
                    rows.append(list_convert.import_row(message, caller, now))
                except InvalidField as refusal:
                    rows.append(refusal)
                if time.perf_counter() - since > _TURN_SECONDS:
                    await asyncio.sleep(0)
                    since = time.perf_counter()
        return rows

    async def _outcomes(
        self, request: rpc.ImportSuppressionsRequest, rows: list[ImportRow]
    ) -> tuple[list[ImportOutcome], str]:
        """Import rows; return what became of each, and the revision, if one was written."""
        restore = request.restore_removed
        if request.dry_run:
            return await self._reads.limited(
                lambda store: store.rehearse_import(rows, restore_removed=restore)
            ), ""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS), self._turn_to_write:
                outcomes, revision = await self._writer.import_rows(rows, restore_removed=restore)
        except TimeoutError:
            raise WriteUnavailable("IMPORTS_WAITING", "other imports take too long") from None
        return outcomes, str(revision)


def _entries_that_fit(page: Page, database_id: str) -> list[pb.Suppression]:
    """Return the first entries of a page, as many as a response can have."""
    entries: list[pb.Suppression] = []
    left = MAX_PAGE_BYTES
    for entry in page.entries:
        message = convert.suppression(entry, database_id)
        left -= message.ByteSize()
        if left < 0 and entries:
            break
        entries.append(message)
    return entries


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
