"""Reading the statistics: sums over days, by some dimensions.

The counts of closed days are packed (:mod:`suppression_service.store.packing`); those of the
other days, and what came later, are rows. Both are added up in arrays: a year has half a million
counts, which SQLite would take a second to group.
"""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, select

from suppression_service.store import schema
from suppression_service.store.series import DIMENSIONS, Dimension, Measure

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: Rows of an answer, at most.
MAX_ROWS: Final = 10_000

_SERIES: Final = schema.statistic_series
_STATISTIC: Final = schema.statistic
_PACKED: Final = schema.packed_statistic
_MEASURES: Final = len(Measure) + 1
_FEEDBACK: Final = (Measure.HARD_BOUNCES, Measure.SOFT_BOUNCES, Measure.COMPLAINTS)


@dataclasses.dataclass(frozen=True, slots=True)
class StatisticsQuery:
    """Which counts to add up.

    Args:
        first: the first day (UTC).
        last: the last day (UTC).
        group_by: the dimensions of the rows; without any there is one row.
        matching: the values that counts must have, by dimension; never of the day.
    """

    first: dt.date
    last: dt.date
    group_by: Sequence[Dimension] = ()
    matching: Mapping[Dimension, str | int] = dataclasses.field(default_factory=dict)

    @property
    def measures(self) -> list[Measure]:
        """The measures that have all of these dimensions."""
        named = {*self.group_by, *self.matching}
        return [measure for measure in Measure if named <= DIMENSIONS[measure]]


@dataclasses.dataclass(frozen=True, slots=True)
class StatisticsRow:
    """The counts for one value of each dimension. A measure without these has no count."""

    values: Mapping[Dimension, Any]
    counts: Mapping[Measure, int]


def read_statistics(
    connection: Connection, query: StatisticsQuery
) -> tuple[list[StatisticsRow], bool]:
    """Return rows, and whether there were more than :data:`MAX_ROWS`.

    They are sorted by day, then by the number of bounces and complaints, highest first. Those
    that are left out have the lowest counts.
    """
    import numpy as np  # which only the server has

    ids, group_of, groups = _groups(connection, query)
    records = _records(connection, query)
    place = np.searchsorted(ids, records["series"])
    place[place == len(ids)] = 0
    found = ids[place] == records["series"] if len(ids) else np.zeros(len(records), bool)
    found &= np.isin(records["measure"], query.measures)
    records, group = records[found], group_of[place[found]]
    days = records["day"] if Dimension.DAY in query.group_by else np.zeros_like(records["day"])
    keys = days.astype(np.int64) * len(groups) + group
    rows, row_of = np.unique(keys, return_inverse=True)
    table = np.bincount(
        row_of * _MEASURES + records["measure"], records["count"], len(rows) * _MEASURES
    )
    counts = np.rint(table).astype(np.int64).reshape(-1, _MEASURES)
    return _rows(query, rows, counts, groups)


def _groups(
    connection: Connection, query: StatisticsQuery
) -> "tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], list[tuple[Any, ...]]]":
    """Return the ids of the series that match, in order, the group of each, and the groups."""
    import numpy as np

    columns = [_SERIES.c[name] for name in query.group_by if name != Dimension.DAY]
    series = select(_SERIES.c.id, *columns).order_by(_SERIES.c.id)
    for name, value in query.matching.items():
        series = series.where(_SERIES.c[name] == value)
    numbers: dict[tuple[Any, ...], int] = {}
    found = [
        (row[0], numbers.setdefault(tuple(row[1:]), len(numbers)))
        for row in connection.execute(series)
    ]
    array = np.array(found, dtype=np.int64).reshape(-1, 2)
    return array[:, 0], array[:, 1], [*numbers] or [()]


def _records(connection: Connection, query: StatisticsQuery) -> "npt.NDArray[Any]":
    """Return the counts of the days, as an array of day, series, measure and count."""
    import numpy as np

    packed = np.dtype([("series", "<i8"), ("measure", "<i4"), ("count", "<i4")])
    wide = np.dtype([("day", "<i4"), *((name, "<i8") for name in packed.names or ())])
    first, last = (schema.day_number_of(day) for day in (query.first, query.last))
    days, blobs = [], []
    rows = select(_PACKED.c.day, _PACKED.c.counts).where(_PACKED.c.day.between(first, last))
    for day, blob in connection.execute(rows):
        days.append((day, len(blob) // packed.itemsize))
        blobs.append(blob)
    closed = np.frombuffer(b"".join(blobs), dtype=packed)
    table = _STATISTIC.c
    open_rows = select(table.day, table.series_id, table.measure, table.count)
    found = connection.execute(open_rows.where(table.day.between(first, last)))
    single = np.array([tuple(row) for row in found], dtype=wide)
    records = np.empty(len(closed) + len(single), dtype=wide)
    for name in packed.names or ():
        records[name][: len(closed)] = closed[name]
    records["day"][: len(closed)] = np.repeat(*np.array(days, dtype=np.int64).reshape(-1, 2).T)
    records[len(closed) :] = single
    return records


def _rows(
    query: StatisticsQuery,
    keys: "npt.NDArray[np.int64]",
    counts: "npt.NDArray[np.int64]",
    groups: Sequence[tuple[Any, ...]],
) -> tuple[list[StatisticsRow], bool]:
    import numpy as np

    names = [name for name in query.group_by if name != Dimension.DAY]
    feedback = counts[:, list(_FEEDBACK)].sum(axis=1)
    # Those that have the highest counts, whatever the day; then in the order of days.
    total = counts.sum(axis=1)
    shown = np.flatnonzero(counts.any(axis=1))
    shown = shown[np.lexsort((-total[shown], -feedback[shown]))]
    truncated = len(shown) > MAX_ROWS
    shown = shown[:MAX_ROWS]
    shown = shown[np.argsort(keys[shown] // len(groups), kind="stable")]
    rows = []
    for index in shown.tolist():
        day, group = divmod(int(keys[index]), len(groups))
        values: dict[Dimension, Any] = dict(zip(names, groups[group], strict=True))
        if Dimension.DAY in query.group_by:
            values[Dimension.DAY] = schema.EPOCH.date() + dt.timedelta(day)
        row = counts[index]
        rows.append(StatisticsRow(values, {each: int(row[each]) for each in query.measures}))
    return rows, truncated
