"""Charts as SVG: where each bar, line and text stands. Templates write them down.

Nothing has a ``style``, which the Content-Security-Policy forbids: colours are classes.
"""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

#: Space for the labels of the axes.
_LEFT: Final = 46
_RIGHT: Final = 20
_TOP: Final = 10
_BOTTOM: Final = 24
_WIDEST_BAR: Final = 34.0
#: Units that a label of a day takes.
_LABEL_WIDTH: Final = 70
#: Heights of a plot as parts of a power of ten, and the number of steps that they are split into.
_HEIGHTS: Final = (
    (0.1, 5), (0.12, 4), (0.15, 3), (0.2, 4), (0.25, 5), (0.3, 3), (0.4, 4), (0.5, 5), (0.6, 3),
    (0.8, 4), (1.0, 5),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plot:
    """The size of a chart in units of its own, and what is where in it."""

    width: int
    height: int
    days: int
    top: float
    steps: int

    @property
    def floor(self) -> int:
        """The lower end."""
        return self.height - _BOTTOM

    @property
    def step(self) -> float:
        """The width of a day."""
        return (self.width - _LEFT - _RIGHT) / self.days

    def x(self, day: int) -> float:
        """Return the middle of a day."""
        return _LEFT + (day + 0.5) * self.step

    def y(self, value: float) -> float:
        """Return the height of a value, from above."""
        return self.floor - value / self.top * (self.floor - _TOP)

    def rows(self, form: str) -> tuple["Mark", ...]:
        """Return the labels of the vertical axis."""
        values = [self.top * step / self.steps for step in range(self.steps + 1)]
        return tuple(Mark(self.y(value), form.format(value)) for value in values)

    def columns(self, days: Sequence[dt.date]) -> tuple["Mark", ...]:
        """Return the labels of the horizontal axis, as many as fit, the last day's among them."""
        every = -(-self.days * _LABEL_WIDTH // (self.width - _LEFT - _RIGHT))
        return tuple(
            Mark(self.x(day), f"{date:%d %b}")
            for day, date in enumerate(days)
            if (self.days - 1 - day) % every == 0
        )


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle, and what is shown when someone points at it."""

    x: float
    y: float
    width: float
    height: float
    series: str
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A text at one of the axes, or at a line across the plot."""

    position: float
    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart over days.

    Attributes:
        label: what it shows, for people who cannot see it.
        plot: its size.
        bars: rectangles.
        line: the ``d`` of a path; empty without one.
        area: of the path below the line.
        rows: at the vertical axis.
        columns: at the horizontal axis.
        limits: lines across the plot.
        table: the numbers: a heading, and rows of texts.
    """

    label: str
    plot: Plot
    bars: tuple[Bar, ...]
    rows: tuple[Mark, ...]
    columns: tuple[Mark, ...]
    table: tuple[tuple[str, ...], ...]
    line: str = ""
    area: str = ""
    limits: tuple[Mark, ...] = ()


def stacked(
    label: str, days: Sequence[dt.date], series: Mapping[str, tuple[str, Sequence[int]]]
) -> Chart:
    """Return bars of a day each, in which the series stand on each other.

    Args:
        label: what the chart shows.
        days: from left to right.
        series: a name for people and a number for each day, by the class of the series.
    """
    totals = [sum(values[day] for _, values in series.values()) for day in range(len(days))]
    plot = _plot(960, 240, len(days), max(totals, default=0) or 1)
    bars = []
    for day, date in enumerate(days):
        below = 0
        for key, (name, values) in series.items():
            if values[day]:
                title = f"{date:%d %b}: {values[day]:,} {name.lower()}"
                bars.append(_bar(plot, day, (below, values[day]), key, title))
            below += values[day]
    heads = ("Day", *(name for name, _ in series.values()))
    table = [
        (date.isoformat(), *(f"{values[day]:,}" for _, values in series.values()))
        for day, date in enumerate(days)
    ]
    rows, columns = plot.rows("{:,.0f}"), plot.columns(days)
    return Chart(label, plot, tuple(bars), rows, columns, (heads, *table))


def rates(
    label: str,
    days: Sequence[dt.date],
    values: Sequence[float | None],
    limits: Mapping[float, str],
) -> Chart:
    """Return a line of rates, with the lines that it should stay below.

    Args:
        label: what the chart shows.
        days: from left to right.
        values: of each day, in percent; None where nothing was sent.
        limits: the kind of each line (``warn`` or ``bad``), by its height in percent.
    """
    known = [(day, value) for day, value in enumerate(values) if value is not None]
    highest = max((value for _, value in known), default=0.0)
    # The next line above the highest value is shown, so that one sees how far it is.
    above = [limit for limit in sorted(limits) if limit >= highest]
    plot = _plot(480, 200, len(days), max(highest, above[0] if above else 0.0) * 1.1)
    line = "M" + " L".join(f"{plot.x(day):.1f} {plot.y(value):.1f}" for day, value in known)
    ends = (plot.x(known[-1][0]), plot.x(known[0][0])) if known else (0, 0)
    area = f"{line} L{ends[0]:.1f} {plot.floor} L{ends[1]:.1f} {plot.floor} Z"
    texts = [(date.isoformat(), percent(value)) for date, value in zip(days, values, strict=True)]
    return Chart(
        label,
        plot,
        tuple(_target(plot, day, f"{days[day]:%d %b}: {percent(value)}") for day, value in known),
        plot.rows("{:.2g} %"),
        plot.columns(days),
        (("Day", "Rate"), *texts),
        line if known else "",
        area if known else "",
        tuple(
            Mark(plot.y(limit), f"{limit:g} %", kind)
            for limit, kind in limits.items()
            if limit <= plot.top
        ),
    )


def percent(value: float | None) -> str:
    """Return a rate in percent: ``2.31 %``."""
    if value is None:
        return "–"
    return f"{value:.2f} %" if value < 10 else f"{value:.1f} %"


def last_days(number: int, today: dt.date) -> list[dt.date]:
    """Return the last days, the oldest first."""
    return [today - dt.timedelta(days=ago) for ago in range(number - 1, -1, -1)]


def _plot(width: int, height: int, days: int, highest: float) -> Plot:
    size = 10 ** math.ceil(math.log10(highest or 1))
    part, steps = next(each for each in _HEIGHTS if each[0] * size >= highest * 0.999)
    return Plot(width, height, days, part * size, steps)


def _bar(plot: Plot, day: int, values: tuple[float, float], series: str, title: str) -> Bar:
    below, value = values
    width, y = min(plot.step * 0.72, _WIDEST_BAR), plot.y(below + value)
    return Bar(*_rounded(plot.x(day) - width / 2, y, width, plot.y(below) - y), series, title)


def _target(plot: Plot, day: int, title: str) -> Bar:
    """Return the whole height of a day, which has no colour, to point at."""
    left, height = plot.x(day) - plot.step / 2, plot.floor - _TOP
    return Bar(*_rounded(left, _TOP, plot.step, height), "target", title)


def _rounded(*lengths: float) -> tuple[float, float, float, float]:
    x, y, width, height = (round(each, 1) for each in lengths)
    return x, y, width, height
