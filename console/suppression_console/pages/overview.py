"""The overview: rates against SES's lines, additions, and what needs a person today."""

import asyncio
import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from suppression_console.charts import Chart, last_days, percent, rates, stacked
from suppression_console.pages.forms import text_in
from suppression_console.pages.needs import BOUNCE_LIMITS, COMPLAINT_LIMITS, needs
from suppression_console.rendering import REASONS, Rendering, ago, label, slug
from suppression_console.service import statistics
from suppression_console.sessions import Role, Session

#: Days that can be shown.
RANGES: Final = (7, 30, 90)
_DEFAULT_RANGE: Final = 30
#: Days whose rates are compared with SES's lines.
_RECENT: Final = 7


class OverviewPage:
    """Shows how the system and the mail of its senders are.

    Args:
        rendering: makes the page.
    """

    def __init__(self, rendering: Rendering) -> None:
        self._rendering = rendering

    async def show(self, request: Request, session: Session) -> Response:
        """Show the overview; to those who may only check, the page of addresses."""
        if session.role < Role.READ:
            return self._rendering.page(request, "address_search.html", session, problem="")
        days = range_in(request)
        shown = last_days(days, dt.datetime.now(dt.UTC).date())
        ask = session.service.statistics
        first, last, recent = (each.isoformat() for each in (shown[0], shown[-1], shown[-_RECENT]))
        status, daily, added, replies = await asyncio.gather(
            session.service.status(),
            ask(start_day=first, end_day=last, group_by=[statistics.DIMENSION_DAY]),
            ask(
                start_day=first,
                end_day=last,
                group_by=[statistics.DIMENSION_DAY, statistics.DIMENSION_REASON],
            ),
            ask(start_day=recent, end_day=last, group_by=[statistics.DIMENSION_CATEGORY]),
        )
        latest = [row for row in daily.rows if row.day >= recent]
        bounce, complaint = rate(latest, "hard_bounces"), rate(latest, "complaints")
        return self._rendering.page(
            request,
            "overview.html",
            session,
            days=days,
            ranges=RANGES,
            version=status.server_version,
            needs=needs(status, bounce, complaint, replies.rows),
            tiles=_tiles(status, bounce, complaint),
            bounces=_rates("Bounce rate", shown, daily.rows, "hard_bounces", BOUNCE_LIMITS),
            complaints=_rates("Complaint rate", shown, daily.rows, "complaints", COMPLAINT_LIMITS),
            additions=_additions(shown, added.rows),
        )


def range_in(request: Request) -> int:
    """Return the number of days that a URL asks for."""
    text = text_in(request.query_params, "days")
    return int(text) if text in map(str, RANGES) else _DEFAULT_RANGE


def rate(rows: Iterable[Any], field: str) -> float | None:
    """Return a count as percent of the sends of rows; None if nothing is known to be sent."""
    rows = list(rows)
    sends = sum(row.sends for row in rows)
    return 100 * sum(getattr(row, field) for row in rows) / sends if sends else None


def _tiles(
    status: Any, bounce: float | None, complaint: float | None
) -> list[tuple[str, str, str]]:
    """Return the figures on top: a name, a figure, and what it is about."""
    return [
        ("Bounce rate", percent(bounce), f"hard bounces, last {_RECENT} days"),
        ("Complaint rate", percent(complaint), f"last {_RECENT} days"),
        ("Active entries", f"{status.active_entries:,}", f"as of {_since(status, 'as_of_time')}"),
        ("Newest feedback", _since(status, "last_feedback_time"), "received by ingest"),
        (
            "Dead letters",
            f"{status.dead_letters:,}" if status.HasField("dead_letters") else "–",
            f"counted {_since(status, 'dead_letters_time')}",
        ),
    ]


def _since(status: Any, field: str) -> str:
    if not status.HasField(field):
        return "never" if field == "last_feedback_time" else "not yet"
    return ago(getattr(status, field).ToDatetime(dt.UTC))


def _rates(
    name: str, days: list[dt.date], rows: Iterable[Any], field: str, limits: dict[float, str]
) -> Chart:
    by_day = {row.day: row for row in rows}
    values = [
        rate([by_day[day.isoformat()]], field) if day.isoformat() in by_day else None
        for day in days
    ]
    return rates(f"{name} of each day", days, values, limits)


def _additions(days: list[dt.date], rows: Iterable[Any]) -> Chart:
    counts = {(row.day, row.reason): row.suppressions for row in rows}
    series = {
        f"r-{slug(reason)}": (
            label(reason),
            [counts.get((day.isoformat(), int(reason)), 0) for day in days],
        )
        for reason in REASONS
    }
    return stacked("Entries that became active, by reason", days, series)
