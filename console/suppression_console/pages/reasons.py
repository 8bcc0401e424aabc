"""The page of reasons: what receiving mail servers reply, by domain and day."""

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from suppression_console.charts import Chart, last_days, stacked
from suppression_console.pages.forms import text_in
from suppression_console.pages.overview import RANGES, range_in
from suppression_console.rendering import Rendering
from suppression_console.service import statistics
from suppression_console.sessions import Session

_MOST_DOMAINS: Final = 25
_MOST_STATUSES: Final = 12
_MOST_EXAMPLES: Final = 12


@dataclass(frozen=True, slots=True)
class Category:
    """What a reply means.

    Attributes:
        number: in the contract.
        slug: in URLs and classes.
        name: for people.
        meaning: what the reply says.
    """

    number: int
    slug: str
    name: str
    meaning: str


CATEGORIES: Final = tuple(
    Category(number, *texts)
    for number, texts in enumerate(
        (
            ("no-such-user", "No such user", "The mailbox or the domain does not exist."),
            (
                "mailbox-full",
                "Mailbox full",
                "Try again later. After some in a row it is suppressed.",
            ),
            ("reputation", "Reputation", "The receiver blocks the sender, its IP or its domain."),
            ("content", "Content", "The receiver takes the mail for spam, a virus, or too large."),
            ("policy", "Policy", "A rule of the receiver, such as DMARC or a closed list."),
            ("dns", "DNS", "The receiver's domain or server was not found or did not answer."),
            ("greylisting", "Greylisting", "The receiver asks to try again, or limits the rate."),
            ("other", "Other", "None of these, or no reply."),
        ),
        start=1,
    )
)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table: a domain or a status code, and its counts by category."""

    name: str
    counts: tuple[int, ...]
    total: int
    target: str


class ReasonsPage:
    """Shows the replies.

    Args:
        rendering: makes the page.
    """

    def __init__(self, rendering: Rendering) -> None:
        self._rendering = rendering

    async def show(self, request: Request, session: Session) -> Response:
        """Show replies of the days, the domain and the category of the URL."""
        days, query = range_in(request), request.query_params
        domain = text_in(query, "domain").lower()
        category = text_in(query, "category")
        chosen = next((each for each in CATEGORIES if each.slug == category), None)
        shown = last_days(days, dt.datetime.now(dt.UTC).date())
        common = {
            "start_day": shown[0].isoformat(),
            "end_day": shown[-1].isoformat(),
            "filter": {"domain": domain, "category": chosen.number if chosen else 0},
        }
        by = statistics.DIMENSION_STATUS if domain else statistics.DIMENSION_DOMAIN
        ask = session.service.statistics
        daily, table = await asyncio.gather(
            ask(
                group_by=[statistics.DIMENSION_DAY, statistics.DIMENSION_CATEGORY],
                include_examples=True,
                **common,
            ),
            ask(group_by=[by, statistics.DIMENSION_CATEGORY], **common),
        )
        return self._rendering.page(
            request,
            "reasons.html",
            session,
            days=days,
            ranges=RANGES,
            domain=domain,
            chosen=chosen,
            categories=CATEGORIES,
            totals=_totals(daily.rows),
            chart_data=_chart(shown, daily.rows),
            lines=_lines(table.rows, days, by_status=bool(domain)),
            examples=_examples(daily.examples, domain, chosen),
        )


def category_of(number: int) -> Category:
    """Return a category of the contract; the last one for what is not known."""
    return CATEGORIES[number - 1] if 0 < number < len(CATEGORIES) else CATEGORIES[-1]


def _bounces(row: Any) -> int:
    return int(row.hard_bounces + row.soft_bounces)


def _totals(rows: Iterable[Any]) -> Counter[str]:
    totals: Counter[str] = Counter()
    for row in rows:
        totals[category_of(row.category).slug] += _bounces(row)
    return totals


def _chart(days: list[dt.date], rows: Iterable[Any]) -> Chart:
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        counts[row.day, category_of(row.category).slug] += _bounces(row)
    series = {
        f"c-{each.slug}": (each.name, [counts[day.isoformat(), each.slug] for day in days])
        for each in CATEGORIES
    }
    return stacked("Bounces of each day, by category", days, series)


def _lines(rows: Iterable[Any], days: int, *, by_status: bool) -> list[Line]:
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        name = row.status if by_status else row.domain
        counts.setdefault(name, Counter())[category_of(row.category).slug] += _bounces(row)
    lines = [
        Line(
            name or "unknown",
            tuple(each[category.slug] for category in CATEGORIES),
            each.total(),
            "" if by_status else f"/reasons?{urlencode({'days': days, 'domain': name})}",
        )
        for name, each in counts.items()
        if each.total()
    ]
    most = _MOST_STATUSES if by_status else _MOST_DOMAINS
    return sorted(lines, key=lambda line: -line.total)[:most]


def _examples(
    examples: Iterable[Any], domain: str, chosen: Category | None
) -> list[tuple[Category, Any]]:
    found = [(category_of(each.category), each) for each in examples]
    return [
        (category, each)
        for category, each in found
        if (not domain or each.domain == domain) and chosen in (None, category)
    ][:_MOST_EXAMPLES]
