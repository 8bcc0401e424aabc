"""The page of one address: may it be mailed, why not, since when, and who decided."""

import asyncio
import datetime as dt
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from suppression import (
    AddressHistory,
    Check,
    InvalidArgumentError,
    MailClass,
    Reason,
    Suppression,
)
from suppression_console.access import redirect, violations
from suppression_console.pages.forms import reason_in, text_in
from suppression_console.pages.timeline import state_of, timeline
from suppression_console.rendering import Rendering
from suppression_console.sessions import Role, Session

#: Streams of which the page says whether mail would be sent, and events that it shows.
_MAX_STREAMS: Final = 8
_SHOWN_EVENTS: Final = 60
_TTLS: Final = {"7": 7, "30": 30, "90": 90, "365": 365}


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether mail of one stream would be sent; an empty stream is other mail."""

    stream: str
    ordinary: Check
    essential: Check


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry, and the state that it is in now."""

    suppression: Suppression
    state: str


class AddressPage:
    """Shows one address, and changes its entries.

    Args:
        rendering: makes the pages.
    """

    def __init__(self, rendering: Rendering) -> None:
        self._rendering = rendering

    async def show(self, request: Request, session: Session) -> Response:
        """Show the address of the query, or only the search."""
        address = request.query_params.get("address", "").strip()
        stream = request.query_params.get("stream", "").strip()
        if not address:
            return self._rendering.page(request, "address_search.html", session, problem="")
        history = None
        try:
            if session.role >= Role.READ:
                history = await session.service.history(address)
            answers = []
            if not address.startswith("@"):
                answers = await _answers(session, address, _streams(history, stream))
        except InvalidArgumentError as error:
            return self._rendering.page(
                request, "address_search.html", session, status=400, problem=violations(error)
            )
        entries = [Entry(each, state_of(each)) for each in history.suppressions] if history else []
        items = timeline(history) if history else []
        shown = items if "all" in request.query_params else items[:_SHOWN_EVENTS]
        return self._rendering.page(
            request,
            "address.html",
            session,
            address=address,
            answers=answers,
            is_domain=address.startswith("@"),
            entries=sorted(entries, key=lambda entry: entry.state != "active"),
            items=shown,
            more=len(items) - len(shown),
            here=address_path(address),
        )

    async def add(self, request: Request, session: Session) -> Response:
        """Add an entry."""
        form = await request.form()
        address = text_in(form, "address")
        days = _TTLS.get(text_in(form, "days"))
        created = await session.service.suppress(
            address,
            reason_in(form) or Reason.MANUAL,
            text_in(form, "stream"),
            text_in(form, "detail"),
            dt.timedelta(days=days) if days else None,
        )
        session.notify("Added to the list." if created else "It was on the list already.")
        return redirect(address_path(address))

    async def remove(self, request: Request, session: Session) -> Response:
        """Remove an entry, with a reason."""
        form = await request.form()
        address, detail = text_in(form, "address"), text_in(form, "detail")
        if not detail:
            session.notify("Nothing was removed: say why.", "failed")
            return redirect(address_path(address))
        target = text_in(form, "target") or address
        removed = await session.service.unsuppress(
            target, reason_in(form), text_in(form, "stream"), detail
        )
        session.notify("Removed." if removed else "There was nothing to remove.")
        return redirect(address_path(address))

    async def erase(self, request: Request, session: Session) -> Response:
        """Erase what is stored about a person, once the address has been typed again."""
        form = await request.form()
        address = text_in(form, "address")
        if text_in(form, "again").lower() != address.lower():
            session.notify("Nothing was erased: the address was not typed again.", "failed")
            return redirect(address_path(address))
        done = await session.service.erase(address, text_in(form, "detail"))
        session.notify(
            f"Erased: {_number(done.suppressions, 'entry has', 'entries have')} lost the address, "
            f"and still {'applies' if done.suppressions == 1 else 'apply'}; "
            f"{_number(done.events, 'event has', 'events have')} lost the details."
        )
        return redirect(address_path(address))


async def _answers(session: Session, address: str, streams: list[str]) -> list[Answer]:
    """Ask whether mail would be sent, for each stream and class."""
    calls = [
        session.service.check(address, stream, mail_class)
        for stream in streams
        for mail_class in (MailClass.ORDINARY, MailClass.ESSENTIAL)
    ]
    checks = await asyncio.gather(*calls)
    return [
        Answer(stream, *checks[2 * number : 2 * number + 2])
        for number, stream in enumerate(streams)
    ]


def _streams(history: AddressHistory | None, asked: str) -> list[str]:
    """Return the streams to ask about: none, the one in the query, those of the entries."""
    of_entries = sorted({each.stream for each in history.suppressions}) if history else []
    return list(dict.fromkeys(["", *([asked] if asked else []), *of_entries]))[:_MAX_STREAMS]


def _number(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def address_path(address: str) -> str:
    """Return the path of the page of an address, or of a domain after an "@"."""
    return f"/address?{urlencode({'address': address})}"
