"""The page of the list: search, filters, pages, removal of many."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from suppression import InvalidArgumentError, Suppression, SuppressionError
from suppression.answers import read
from suppression.formats import EXPORTS
from suppression_console.access import redirect, violations
from suppression_console.pages.filters import ORDERS, STATES, BadFilter, Filters
from suppression_console.pages.forms import text_in
from suppression_console.pages.timeline import state_of
from suppression_console.rendering import REASONS, Rendering
from suppression_console.service import lists
from suppression_console.sessions import Session

_PAGE_SIZE: Final = 50
#: Removals under way at a time.
_TOGETHER: Final = 8
_ERASED: Final = "erased:"


@dataclass(frozen=True, slots=True)
class Row:
    """An entry in the list.

    Attributes:
        entry: as the service has it.
        state: ``active``, ``expired`` or ``removed``.
        target: the address, or the domain after an "@"; empty if it was erased.
        key: names the entry in a form.
    """

    entry: Suppression
    state: str
    target: str
    key: str

    @classmethod
    def of(cls, message: Any) -> "Row":
        """Return the row of a ``Suppression`` of the contract."""
        entry = read(Suppression, message)
        target = f"@{entry.domain}" if entry.domain else entry.address
        if target.startswith(_ERASED):
            target = ""
        key = json.dumps([target, int(entry.reason), entry.stream])
        return cls(entry, state_of(entry), target, key)


class ListPage:
    """Shows the list, a page at a time, and removes entries of it.

    Args:
        rendering: makes the page.
    """

    def __init__(self, rendering: Rendering) -> None:
        self._rendering = rendering

    async def show(self, request: Request, session: Session) -> Response:
        """Show the entries that the filters in the URL choose."""
        filters = Filters.read(request.query_params)
        problem, rows, next_token = "", list[Row](), ""
        try:
            page = await session.service.page(
                lists.ListSuppressionsRequest(
                    filter=filters.message(),
                    order=ORDERS[filters.order],
                    page_size=_PAGE_SIZE,
                    page_token=text_in(request.query_params, "page"),
                )
            )
        except BadFilter as error:
            problem = str(error)
        except InvalidArgumentError as error:
            problem = violations(error)
        else:
            rows, next_token = [Row.of(each) for each in page.suppressions], page.next_page_token
        return self._rendering.page(
            request,
            "list.html",
            session,
            status=400 if problem else 200,
            filters=filters,
            problem=problem,
            rows=rows,
            next_query=filters.query(page=next_token) if next_token else "",
            first="page" not in request.query_params,
            states=STATES,
            orders=ORDERS,
            reasons=REASONS,
            exports=EXPORTS,
        )

    async def remove(self, request: Request, session: Session) -> Response:
        """Remove the chosen entries, with a reason."""
        form = await request.form()
        back = f"/list?{text_in(form, 'back')}"
        detail = text_in(form, "detail")
        chosen = [text for text in form.getlist("entry") if isinstance(text, str)]
        if not chosen or not detail:
            missing = "say why" if chosen else "choose entries"
            session.notify(f"Nothing was removed: {missing}.", "failed")
            return redirect(back)
        free = asyncio.Semaphore(_TOGETHER)

        async def remove(key: str) -> int:
            target, reason, stream = json.loads(key)
            async with free:
                return await session.service.unsuppress(target, reason, stream, detail)

        done = await asyncio.gather(*map(remove, chosen), return_exceptions=True)
        _report(session, done)
        return redirect(back)


def _report(session: Session, done: list[int | BaseException]) -> None:
    """Say how many entries were removed.

    Raises:
        SuppressionError: the first of the failures, if nothing was removed.
    """
    removed = sum(each for each in done if isinstance(each, int))
    failures = [each for each in done if isinstance(each, BaseException)]
    if failures and not (removed and isinstance(failures[0], SuppressionError)):
        raise failures[0]
    session.notify(f"Removed {removed} {'entry' if removed == 1 else 'entries'}.")
    if failures:
        session.notify(f"{len(failures)} could not be removed. Try again.", "failed")
