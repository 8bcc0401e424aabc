"""Rates for people, as tables with small charts, and for programs, as JSON."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from suppression_ingest.rates.rates import (
    BOUNCE_THRESHOLDS,
    COMPLAINT_THRESHOLDS,
    Level,
    Rates,
    by_day,
    by_set,
)
from suppression_service.store import DailyCount

_BAR: Final = 10
#: The width that a whole table needs, with sends in the millions.
_WIDE: Final = 110
#: The columns that are left out on a narrower screen.
_FOR_WIDE: Final = {"deliveries", ""}
_STYLES: Final = {
    Level.FINE: "green",
    Level.HIGH: "yellow",
    Level.REVIEW: "red",
    Level.PAUSE: "bold white on red",
}
#: In addition to the color, which not everybody sees.
_MARKS: Final = {Level.FINE: "", Level.HIGH: " !", Level.REVIEW: " !!", Level.PAUSE: " !!!"}
_LEGEND: Final = (
    "bounces: ! from 2 % (SES wants less), !! from 5 % (review), !!! from 10 % (may be stopped)\n"
    "complaints: !! from 0.1 % (review), !!! from 0.5 % (may be stopped)"
)


def days_until(last: dt.date, number: int) -> list[dt.date]:
    """Return a number of days in order, up to the given one."""
    return [last - dt.timedelta(days=ago) for ago in range(number - 1, -1, -1)]


def as_tables(counts: Sequence[DailyCount], days: Sequence[dt.date], width: int) -> Group:
    """Return a table of the days, one of the configuration sets, and what the marks mean.

    Below a width of 110 columns the tables have no deliveries and no bars.
    """
    daily = {day.isoformat(): rates for day, rates in by_day(counts, days).items()}
    sets = {name or "(none)": rates for name, rates in by_set(counts).items()}
    total = Rates.of(counts)
    tables = [_table("day (UTC)", daily, total, width)]
    if len(sets) > 1:
        tables.append(_table("configuration set", sets, total, width))
    spaced: list[Table | str] = [part for table in tables for part in (table, "")]
    return Group(*spaced, Text(_LEGEND, style="dim"))


def as_json(counts: Sequence[DailyCount], days: Sequence[dt.date]) -> dict[str, Any]:
    """Return the same as JSON. Rates are shares from 0 to 1; null without sends."""
    return {
        "days": [{"day": d.isoformat(), **_fields(r)} for d, r in by_day(counts, days).items()],
        "configuration_sets": [
            {"configuration_set": name, **_fields(rates)} for name, rates in by_set(counts).items()
        ],
        "total": _fields(Rates.of(counts)),
        "thresholds": {
            "bounce_rate": list(BOUNCE_THRESHOLDS),
            "complaint_rate": list(COMPLAINT_THRESHOLDS),
        },
    }


def _table(what: str, lines: Mapping[str, Rates], total: Rates, width: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    # The names of configuration sets can be long.
    table.add_column(what, overflow="fold")
    names = [name for name in _cells(total) if width >= _WIDE or name not in _FOR_WIDE]
    for name in names:
        table.add_column(name, justify="left" if name == "" else "right", no_wrap=True)
    for line, rates in (*lines.items(), ("all", total)):
        cells = _cells(rates)
        table.add_row(line, *(cells[name] for name in names))
    return table


def _cells(rates: Rates) -> dict[str, str | Text]:
    """Return the cells of a line, by the heads of the columns."""
    bounces, complaints = rates.bounce_level, rates.complaint_level
    return {
        "sends": f"{rates.sends:,}",
        "deliveries": f"{rates.deliveries:,}",
        "hard": f"{rates.hard_bounces:,}",
        "soft": f"{rates.soft_bounces:,}",
        "bounce rate": _percent(rates.bounce_rate, 2, bounces),
        "": _bar(rates.bounce_rate, bounces),
        "complaints": f"{rates.complaints:,}",
        "rate": _percent(rates.complaint_rate, 3, complaints),
    }


def _percent(rate: float | None, places: int, level: Level) -> Text:
    text = "–" if rate is None else f"{rate * 100:.{places}f} %{_MARKS[level]}"
    return Text(text, style=_STYLES[level])


def _bar(rate: float | None, level: Level) -> Text:
    """Return a bar that is full at the highest threshold."""
    full = min(1.0, (rate or 0.0) / BOUNCE_THRESHOLDS[-1])
    length = max(round(full * _BAR), 1 if rate else 0)
    return Text("█" * length + "·" * (_BAR - length), style=_STYLES[level])


def _fields(rates: Rates) -> dict[str, Any]:
    return {
        "sends": rates.sends,
        "deliveries": rates.deliveries,
        "hard_bounces": rates.hard_bounces,
        "soft_bounces": rates.soft_bounces,
        "complaints": rates.complaints,
        "bounce_rate": rates.bounce_rate,
        "bounce_level": rates.bounce_level.name.lower(),
        "complaint_rate": rates.complaint_rate,
        "complaint_level": rates.complaint_level.name.lower(),
    }
