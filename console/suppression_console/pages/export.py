"""The export of what the list shows, in a format of ours or of a provider."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from suppression.formats import EXPORTS, Export
from suppression_console.pages.filters import ALL_MAIL, ORDERS, BadFilter, Filters
from suppression_console.pages.forms import text_in
from suppression_console.service import lists
from suppression_console.sessions import Session

_PAGE_SIZE: Final = 1_000
_BAD_REQUEST: Final = 400
_TYPES: Final = {"jsonl": "application/jsonl"}

_BY_NAME: Final = {each.name: each for each in EXPORTS}


async def download(request: Request, session: Session) -> Response:
    """Send all entries that the filters in the URL choose, page by page, as one file.

    Raises:
        HTTPException: the format or a filter is unknown.
    """
    filters = Filters.read(request.query_params)
    export = _BY_NAME.get(text_in(request.query_params, "format"))
    if export is None:
        raise HTTPException(_BAD_REQUEST)
    try:
        listing = lists.ListSuppressionsRequest(
            filter=filters.message(), order=ORDERS[filters.order], page_size=_PAGE_SIZE
        )
    except BadFilter:
        raise HTTPException(_BAD_REQUEST) from None
    # Before the answer begins, so that an error becomes a page.
    first = await session.service.page(listing)
    entries = _entries(session, listing, first, asyncio.get_running_loop())
    return StreamingResponse(
        export.write(_held(export, entries, filters.stream.removeprefix(ALL_MAIL))),
        media_type=f"{_TYPES.get(export.name, 'text/csv')}; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{_file_name(export)}"'},
    )


def _entries(
    session: Session, listing: Any, page: Any, loop: asyncio.AbstractEventLoop
) -> Iterator[Any]:
    """Yield entries page by page; runs in threads, and calls in the loop."""
    while True:
        yield from page.suppressions
        if not page.next_page_token:
            return
        listing.page_token = page.next_page_token
        page = asyncio.run_coroutine_threadsafe(session.service.page(listing), loop).result()


def _held(export: Export, entries: Iterator[Any], stream: str) -> Iterator[Any]:
    now = time.time()
    return (entry for entry in entries if export.holds(entry, now, stream))


def _file_name(export: Export) -> str:
    suffix = "jsonl" if export.name in ("jsonl", "postmark") else "csv"
    return f"suppressions-{export.name}.{suffix}"
