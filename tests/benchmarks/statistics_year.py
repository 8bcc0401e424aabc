"""Statistics of a year of a sender of ten million mails a day: time of an answer, and size.

The counts are generated in the form that a day has when it is packed, up to yesterday; today's
are rows, as many as a day may have.
"""

import datetime as dt
import itertools
import random
import time
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import insert, text

from suppression_service.store import Dimension, Reason, ReplyCategory, StatisticsQuery, Store
from suppression_service.store.packing import MAX_COUNTS, packed
from suppression_service.store.schema import (
    day_number_of,
    packed_statistic,
    statistic,
    statistic_series,
)
from suppression_service.store.series import Measure, Series
from suppression_service.store.statistics import MAX_SERIES, insert_series
from tests.benchmarks.figures import Figure

# The series of a sender, of every measure.
_SERIES: Final = 3_000
DAYS: Final = 365
#: Milliseconds of an answer, and megabytes.
_TARGET: Final = 100
_MAX_SIZE: Final = 1_000

_D = Dimension
_QUERIES: Final[dict[str, tuple[tuple[Dimension, ...], dict[Dimension, str | int]]]] = {
    "totals": ((), {}),
    "by day": ((_D.DAY,), {}),
    "by domain": ((_D.DOMAIN,), {}),
    "by day, configuration set and reason": ((_D.DAY, _D.CONFIGURATION_SET, _D.REASON), {}),
    "by domain, category and status": ((_D.DOMAIN, _D.CATEGORY, _D.STATUS), {}),
    "by day and category, of a domain": ((_D.DAY, _D.CATEGORY), {_D.DOMAIN: "mail7.example"}),
}


def year(url: str, engine: str, *, rounds: int) -> Iterator[Figure]:
    """Measure answers about a year, and the space that it takes."""
    store = Store.open(url, migrate_first=True)
    before = _megabytes(store)
    today = dt.datetime.now(dt.UTC).date()
    _fill(store, today)
    yield Figure(
        f"statistics on {engine}: a year of {MAX_COUNTS:,} counts a day, and today's",
        [_megabytes(store) - before],
        unit="MB",
        target=("≤", _MAX_SIZE),
    )
    for name, (group_by, matching) in _QUERIES.items():
        query = StatisticsQuery(today - dt.timedelta(DAYS - 1), today, group_by, matching)
        times = [_milliseconds(store, query) for _ in range(rounds + 1)][1:]
        yield Figure(
            f"statistics on {engine}: a year {name}",
            times,
            unit="ms",
            target=("≤", _TARGET),
            note=f"{len(store.statistics(query)[0]):,} rows",
        )
    store.close()


def _milliseconds(store: Store, query: StatisticsQuery) -> float:
    started = time.perf_counter()
    store.statistics(query)
    return (time.perf_counter() - started) * 1e3


def _fill(store: Store, today: dt.date) -> None:
    chance = random.Random(1)
    last = day_number_of(today)
    frequent = [*itertools.islice(_counted(100), _SERIES)]
    of_today = [*itertools.islice(_counted(1_000), 3 * MAX_SERIES)]
    with store.engine.begin() as connection:
        insert_series(connection, {series for _, series in [*frequent, *of_today]})
        for day in range(last - DAYS + 1, last):
            records = sorted(
                (series.id, int(measure), chance.randrange(1, 5_000))
                for measure, series in chance.sample(frequent, MAX_COUNTS)
            )
            connection.execute(insert(packed_statistic).values(day=day, counts=packed(records)))
        rows: list[dict[str, Any]] = [
            {"day": last, "measure": int(m), "series_id": s.id, "count": chance.randrange(1, 99)}
            for m, s in of_today
        ]
        connection.execute(insert(statistic), rows)


def _counted(domains: int) -> Iterator[tuple[Measure, Series]]:
    """Yield what is counted: of each domain, several sets and replies."""
    for reply, configuration_set, number in itertools.product(range(9), range(10), range(domains)):
        where = {
            "domain": f"mail{number}.example",
            "configuration_set": f"set-{configuration_set}",
            "stream": f"stream-{configuration_set % 4}",
        }
        if reply < 2:
            yield (Measure.SENDS, Measure.DELIVERIES)[reply], Series.of(**where)
        else:
            soft = reply % 3 == 0
            yield (
                (Measure.SOFT_BOUNCES if soft else Measure.HARD_BOUNCES),
                Series.of(
                    Reason.SOFT_BOUNCE if soft else Reason.HARD_BOUNCE,
                    ReplyCategory(reply - 1),
                    sub_type="General",
                    status=f"5.1.{(reply * 7 + number) % 40}",
                    source="ses",
                    **where,
                ),
            )


def _megabytes(store: Store) -> float:
    tables = (statistic_series.name, statistic.name, packed_statistic.name)
    with store.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            sizes = (f"pg_total_relation_size('{table}')" for table in tables)
            size = connection.scalar(text(f"SELECT {' + '.join(sizes)}"))
        else:
            size = connection.scalar(
                text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
            )
    return float(size or 0) / 1e6
