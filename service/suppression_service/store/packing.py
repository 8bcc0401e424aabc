"""Packing the statistics of closed days: the rare values folded, the rest in one row a day.

A year has half a million counts. Packed they are read in a few milliseconds, and take 13 bytes
each instead of a row and an index entry: first the ids of all series of the day (8 bytes each),
then all counts (4), then all measures (1), little-endian.

A count that comes later for a packed day is a row of its own until the day is packed again. All
counts are sums, so the order does not matter. A value that was folded stays folded: where a day
has "other" for a dimension, values that it did not have until then become "other".
"""

import datetime as dt
import itertools
import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, delete, func, select

from suppression_service.store import schema
from suppression_service.store.engine import chunks, insert_into
from suppression_service.store.series import OTHER, TEXTS, Measure, Series
from suppression_service.store.statistics import insert_series

#: How long after its end a day is packed: until then most of its feedback has come.
AFTER: Final = dt.timedelta(hours=6)
#: Counts of a packed day, at most. If there are more, fewer values are kept.
MAX_COUNTS: Final = 1_000
#: Values of each dimension that a packed day has, at most; the most frequent ones.
MAX_VALUES: Final = {
    "domain": 100,
    "status": 40,
    "sub_type": 40,
    "source": 40,
    "stream": 100,
    "configuration_set": 100,
}

#: Bytes of a count.
COUNT_BYTES: Final = 13

_STATISTIC: Final = schema.statistic
_PACKED: Final = schema.packed_statistic
_SERIES: Final = schema.statistic_series

# Measure and id of the series.
_Key = tuple[int, int]


def packed(counts: Sequence[tuple[int, int, int]]) -> bytes:
    """Return counts (id of the series, measure, number) in the form in which they are kept."""
    series, measures, numbers = zip(*counts, strict=True) if counts else ((), (), ())
    return b"".join(
        (
            struct.pack(f"<{len(counts)}q", *series),
            struct.pack(f"<{len(counts)}i", *numbers),
            bytes(measures),
        )
    )


def unpacked(counts: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield the counts in a packed value."""
    length = len(counts) // COUNT_BYTES
    series = struct.unpack_from(f"<{length}q", counts)
    numbers = struct.unpack_from(f"<{length}i", counts, 8 * length)
    return zip(series, counts[12 * length :], numbers, strict=True)


def day_to_pack(connection: Connection, now: dt.datetime) -> int | None:
    """Return the oldest closed day that has counts in rows; None if there is none."""
    open_since = schema.day_number(now - AFTER)
    oldest = select(func.min(_STATISTIC.c.day)).where(_STATISTIC.c.day < open_since)
    day: int | None = connection.scalar(oldest)
    return day


def pack(connection: Connection, day: int) -> int:
    """Pack the counts of a day; return how many rows were packed."""
    rows = connection.execute(
        select(_STATISTIC.c.measure, _STATISTIC.c.series_id, _STATISTIC.c.count).where(
            _STATISTIC.c.day == day
        )
    ).all()
    before = _packed(connection, day)
    counts = Counter(before)
    for measure, series, count in rows:
        counts[measure, series] += count
    every = _series(connection, {series for _, series in counts})
    had = [every[series] for _, series in before if series in every]
    folded = _folded(counts, every, had)
    insert_series(connection, {series for _, series in folded})
    _write(connection, day, folded)
    connection.execute(delete(_STATISTIC).where(_STATISTIC.c.day == day))
    return len(rows)


def delete_unused_series(connection: Connection) -> int:
    """Delete the series that no count has any more; return how many."""
    used = set(connection.scalars(select(_STATISTIC.c.series_id).distinct()))
    for records in connection.scalars(select(_PACKED.c.counts)):
        used.update(series for series, _, _ in unpacked(records))
    unused = sorted(set(connection.scalars(select(_SERIES.c.id))) - used)
    for some in chunks(unused):
        connection.execute(delete(_SERIES).where(_SERIES.c.id.in_(some)))
    return len(unused)


def _packed(connection: Connection, day: int) -> dict[_Key, int]:
    records = connection.scalar(select(_PACKED.c.counts).where(_PACKED.c.day == day))
    return {(measure, series): count for series, measure, count in unpacked(records or b"")}


def _series(connection: Connection, ids: Iterable[int]) -> dict[int, Series]:
    found = {}
    for some in chunks(sorted(ids)):
        for row in connection.execute(select(_SERIES).where(_SERIES.c.id.in_(some))).mappings():
            found[row["id"]] = Series(**{n: v for n, v in row.items() if n != "id"})
    return found


def _folded(
    counts: Mapping[_Key, int], every: Mapping[int, Series], had: Iterable[Series]
) -> Counter[tuple[int, Series]]:
    """Return the counts by measure and series, with rare values folded."""
    had = list(had)
    for halvings in itertools.count():
        kept = {
            name: _kept(name, max(MAX_VALUES[name] >> halvings, 1), counts, every, had)
            for name in TEXTS
        }
        folded: Counter[tuple[int, Series]] = Counter()
        for (measure, id_), count in counts.items():
            # A series can be missing only if somebody deleted rows by hand.
            series = every.get(id_, Series())
            rare = [name for name in TEXTS if getattr(series, name) not in kept[name]]
            folded[measure, series.without(*rare)] += count
        folded = Counter({key: count for key, count in folded.items() if count})
        if len(folded) <= MAX_COUNTS or halvings > max(MAX_VALUES.values()).bit_length():
            return folded
    raise AssertionError


def _kept(
    name: str,
    limit: int,
    counts: Mapping[_Key, int],
    every: Mapping[int, Series],
    had: Iterable[Series],
) -> set[str]:
    """Return the values of a dimension that a day keeps; "" and "other" are always kept."""
    before = {getattr(series, name) for series in had}
    if OTHER in before:
        return before | {""}
    totals: defaultdict[str, int] = defaultdict(int)
    for (measure, id_), count in counts.items():
        # A bounce is of more interest than a send, and there are fewer of them.
        weight = 1 if measure in (Measure.SENDS, Measure.DELIVERIES) else 100
        if id_ in every:
            totals[getattr(every[id_], name)] += abs(count) * weight
    totals.pop("", None)
    totals.pop(OTHER, None)
    if len(totals) <= limit:
        return {*totals, "", OTHER}
    frequent = sorted(totals, key=lambda value: (-totals[value], value))
    return {*frequent[:limit], "", OTHER}


def _write(connection: Connection, day: int, counts: Mapping[tuple[int, Series], int]) -> None:
    records = sorted((series.id, measure, n) for (measure, series), n in counts.items())
    statement = insert_into(connection, _PACKED).values(day=day, counts=packed(records))
    replaced = {"counts": statement.excluded.counts}
    connection.execute(statement.on_conflict_do_update(index_elements=["day"], set_=replaced))
