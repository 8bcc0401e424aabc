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
from suppression_service.store.packing import COUNT_BYTES
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
# Cells of a table of all combinations, at most; above, only those that occur are numbered.
_MAX_CELLS: Final = 4_000_000
# The first bits of an id, by which it is looked up.
_BUCKET_BITS: Final = 16
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

    @property
    def columns(self) -> list[Dimension]:
        """The dimensions of the rows that are columns of a series."""
        return [name for name in self.group_by if name != Dimension.DAY]


@dataclasses.dataclass(frozen=True, slots=True)
class StatisticsRow:
    """The counts for one value of each dimension. A measure without these has no count."""

    values: Mapping[Dimension, Any]
    counts: Mapping[Measure, int]


@dataclasses.dataclass(frozen=True, slots=True)
class _Series:
    """The series that match: their ids in order, the group of each, and the groups."""

    ids: "npt.NDArray[np.int64]"
    group: "npt.NDArray[np.int64]"
    groups: Sequence[tuple[Any, ...]]


@dataclasses.dataclass(frozen=True, slots=True)
class _Counts:
    """Counts, as arrays of one length; days from the first one of the query."""

    day: "npt.NDArray[np.int64]"
    series: "npt.NDArray[np.int64]"
    count: "npt.NDArray[np.int32]"
    measure: "npt.NDArray[np.uint8]"

    def where(self, wanted: "npt.NDArray[Any]") -> "_Counts":
        """Return some of the counts."""
        if wanted.all():
            return self
        return _Counts(
            self.day[wanted], self.series[wanted], self.count[wanted], self.measure[wanted]
        )


def read_statistics(
    connection: Connection, query: StatisticsQuery
) -> tuple[list[StatisticsRow], bool]:
    """Return rows, and whether there were more than :data:`MAX_ROWS`.

    They are sorted by day, then by the number of bounces and complaints, highest first. Those
    that are left out have the lowest counts.
    """
    import numpy as np  # which only the server has

    series, counts = _series(connection, query), _counts(connection, query)
    is_wanted = np.zeros(_MEASURES, dtype=bool)
    is_wanted[query.measures] = True
    counts = counts.where(is_wanted[counts.measure])
    place = _places(series.ids, counts.series)
    found = place >= 0
    counts, group = counts.where(found), series.group[place[found]]
    days = 1
    if Dimension.DAY in query.group_by:
        days = (query.last - query.first).days + 1
        group = counts.day * len(series.groups) + group
    keys, table = _summed(group, counts, days * len(series.groups))
    return _rows(query, keys, table, series.groups)


def _series(connection: Connection, query: StatisticsQuery) -> _Series:
    import numpy as np

    columns = [_SERIES.c[name] for name in query.columns]
    matching = [_SERIES.c[name] == value for name, value in query.matching.items()]
    rows = connection.execute(
        select(_SERIES.c.id, *columns).where(*matching).order_by(_SERIES.c.id)
    ).all()
    numbers: dict[tuple[Any, ...], int] = {}
    group = [numbers.setdefault(tuple(row[1:]), len(numbers)) for row in rows]
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    return _Series(ids, np.array(group, dtype=np.int64), [*numbers] or [()])


def _counts(connection: Connection, query: StatisticsQuery) -> _Counts:
    """Read the counts of the days of a query."""
    import numpy as np

    first, last = (schema.day_number_of(day) for day in (query.first, query.last))
    closed = connection.execute(
        select(_PACKED.c.day, _PACKED.c.counts).where(_PACKED.c.day.between(first, last))
    ).all()
    table = _STATISTIC.c
    columns = table.day, table.series_id, table.count, table.measure
    rows = connection.execute(select(*columns).where(table.day.between(first, last))).all()
    single = np.array([*map(tuple, rows)], dtype=np.int64).reshape(-1, len(columns))
    lengths = [len(row.counts) // COUNT_BYTES for row in closed]

    def column(kind: str, before: int, number: int) -> "npt.NDArray[Any]":
        parts = [
            np.frombuffer(row.counts, kind, length, before * length)
            for row, length in zip(closed, lengths, strict=True)
        ]
        return np.concatenate([*parts, single[:, number].astype(kind)])

    days = np.repeat(np.array([row.day for row in closed], dtype=np.int64), lengths)
    return _Counts(
        day=np.concatenate([days, single[:, 0]]) - first,
        series=column("<i8", 0, 1),
        count=column("<i4", 8, 2),
        measure=column("u1", 12, 3),
    )


def _places(
    ids: "npt.NDArray[np.int64]", wanted: "npt.NDArray[np.int64]"
) -> "npt.NDArray[np.int64]":
    """Return where each wanted id is among sorted ids; -1 where it is not.

    Ids are hashes, so their first bits say nearly where they are. That is ten times as fast as
    a binary search.
    """
    import numpy as np

    if not len(ids):
        return np.full(len(wanted), -1, dtype=np.int64)
    shift, half = 64 - _BUCKET_BITS, 1 << (_BUCKET_BITS - 1)
    sizes = np.bincount((ids >> shift) + half, minlength=2 * half)
    starts = np.minimum(np.cumsum(sizes) - sizes, len(ids) - 1)
    place: npt.NDArray[np.int64] = starts[(wanted >> shift) + half]
    behind = np.flatnonzero(ids[place] < wanted)
    while len(behind):
        place[behind] += 1
        behind = behind[place[behind] < len(ids)]
        behind = behind[ids[place[behind]] < wanted[behind]]
    place[place == len(ids)] = 0
    place[ids[place] != wanted] = -1
    return place


def _summed(
    group: "npt.NDArray[np.int64]", counts: _Counts, groups: int
) -> "tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]":
    """Return the groups that occur, and for each of them the count of every measure."""
    import numpy as np

    keys = np.arange(groups)
    if groups * _MEASURES > _MAX_CELLS:
        keys, group = np.unique(group, return_inverse=True)
    sums = np.bincount(
        group * _MEASURES + counts.measure, counts.count, minlength=len(keys) * _MEASURES
    )
    table = np.rint(sums).astype(np.int64).reshape(-1, _MEASURES)
    occurring = table.any(axis=1)
    return keys[occurring], table[occurring]


def _rows(
    query: StatisticsQuery,
    keys: "npt.NDArray[np.int64]",
    table: "npt.NDArray[np.int64]",
    groups: Sequence[tuple[Any, ...]],
) -> tuple[list[StatisticsRow], bool]:
    import numpy as np

    # Those that have the highest counts, whatever the day; then in the order of days.
    feedback, total = table[:, list(_FEEDBACK)].sum(axis=1), table.sum(axis=1)
    shown = np.lexsort((-total, -feedback))
    truncated = len(shown) > MAX_ROWS
    shown = shown[:MAX_ROWS]
    shown = shown[np.argsort(keys[shown] // len(groups), kind="stable")]
    columns, measures = query.columns, query.measures
    by_day = Dimension.DAY in query.group_by
    first = query.first.toordinal()
    rows = []
    for key, counts in zip(keys[shown].tolist(), table[shown][:, measures].tolist(), strict=True):
        day, group = divmod(key, len(groups))
        values: dict[Dimension, Any] = dict(zip(columns, groups[group], strict=True))
        if by_day:
            values[Dimension.DAY] = dt.date.fromordinal(first + day)
        rows.append(StatisticsRow(values, dict(zip(measures, counts, strict=True))))
    return rows, truncated
