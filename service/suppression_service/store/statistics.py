"""Statistics: what a transaction counts, by day and by the dimensions of a series.

Counts are written in the transaction of the feedback, which is recognised when it is reported
again, so they are exact. A mail server, or whoever sends bounces, chooses many of the values. So
on each day the first :data:`MAX_SERIES` series of a measure get rows of their own. Those that
come later are counted under the domain "other", and beyond twice as many under "other" for
everything that a stranger can choose. What was decided for a series holds for the whole day, so
a count that moves to its configuration set leaves the row that it was added to.

When the day is over, :mod:`suppression_service.store.packing` keeps the most frequent values.
"""

import dataclasses
import functools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Executable, func, select

from suppression_service.store import schema
from suppression_service.store.engine import chunks, insert_into, insert_of
from suppression_service.store.models import Feedback, Reason
from suppression_service.store.replies import ReplyExamples
from suppression_service.store.series import Measure, Series, domain_of

#: Series of a measure that get rows of their own on a day.
MAX_SERIES: Final = 1_500

#: What a count is of: day, measure and id of the series.
Key = tuple[int, Measure, int]

_TABLE: Final = schema.statistic
_CHOSEN_BY_STRANGERS: Final = ("domain", "status", "sub_type", "source")
_REASONS: Final = {
    Measure.HARD_BOUNCES: Reason.HARD_BOUNCE,
    Measure.SOFT_BOUNCES: Reason.SOFT_BOUNCE,
    Measure.COMPLAINTS: Reason.COMPLAINT,
}


class KnownSeries:
    """The series that have rows, as far as this process knows; shared by its transactions.

    Only committed rows are added, and only of the current day: rows of other days may be
    packed by another process.
    """

    def __init__(self) -> None:
        self._keys: set[Key] = set()
        # The days and measures that no further series may enter.
        self._full: set[tuple[int, Measure]] = set()
        #: The examples of replies that were written today: category, domain and slot.
        self.examples: set[tuple[int, str, int]] = set()
        self._today = 0

    def __contains__(self, key: Key) -> bool:
        return key in self._keys

    def is_full(self, day: int, measure: Measure) -> bool:
        """Whether all series of the day are known, since no further one may enter."""
        return (day, measure) in self._full

    def add(self, keys: Iterable[Key], full: Iterable[tuple[int, Measure]], today: int) -> None:
        """Remember what a transaction has committed, and forget the days before."""
        if today != self._today:
            self._today = today
            self._keys = {key for key in self._keys if key[0] >= today}
            self._full = {each for each in self._full if each[0] >= today}
            self.examples = set()
        self._keys |= {key for key in keys if key[0] >= today}
        self._full |= {each for each in full if each[0] >= today}


class Statistics:
    """What a transaction adds to the statistics; written by :meth:`flush`.

    Args:
        connection: of the transaction.
        known: the series that this process knows.
        today: the day of the transaction.
    """

    def __init__(self, connection: Connection, known: KnownSeries, today: int) -> None:
        self._connection = connection
        self._known = known
        self._today = today
        self._added: defaultdict[tuple[int, Measure], Counter[Series]] = defaultdict(Counter)
        self._new: set[Key] = set()
        self._full: set[tuple[int, Measure]] = set()
        self._examples: defaultdict[Series, list[Callable[[], str]]] = defaultdict(list)
        self._reply_examples = ReplyExamples(connection, known.examples, today)

    def add(self, measure: Measure, day: int, series: Series, count: int = 1) -> None:
        """Count one more."""
        self._added[day, measure][series] += count

    def move(self, measure: Measure, day: int, series: Series) -> None:
        """Move one from the count without a configuration set to the count of its set."""
        unnamed = dataclasses.replace(series, configuration_set="", stream="")
        self.add(measure, day, unnamed, -1)
        self.add(measure, day, series)

    def add_example(self, series: Series, example: Callable[[], str]) -> None:
        """Add an example of the replies that are counted under a series."""
        self._examples[series].append(example)

    def flush(self) -> None:
        """Write what was counted."""
        rows: Counter[Key] = Counter()
        new: dict[int, Series] = {}
        for (day, measure), counts in self._added.items():
            for series, target in self._targets(day, measure, counts).items():
                key = day, measure, target.id
                rows[key] += counts[series]
                if key not in self._known:
                    new[target.id] = target
                for example in self._examples.pop(series, ()):
                    self._reply_examples.add(target, example)
        self._added.clear()
        self._examples.clear()
        insert_series(self._connection, new.values())
        add_counts(self._connection, rows)
        self._reply_examples.flush()
        self._new |= rows.keys()

    def remember(self) -> None:
        """Tell the process which series have rows now; to be called after the commit."""
        self._known.add(self._new, self._full, self._today)
        self._known.examples |= self._reply_examples.written

    def _targets(
        self, day: int, measure: Measure, counts: Mapping[Series, int]
    ) -> dict[Series, Series]:
        """Return for each series the one that it is counted under."""
        targets = {series: series for series, count in counts.items() if count}
        if all((day, measure, series.id) in self._known for series in targets):
            return targets
        for rare in (("domain",), _CHOSEN_BY_STRANGERS):
            limit = MAX_SERIES if rare == ("domain",) else 2 * MAX_SERIES
            entering = self._entering(day, measure, targets.values(), limit)
            for series, target in targets.items():
                if target.id not in entering:
                    targets[series] = target.without(*rare)
        return targets

    def _entering(
        self, day: int, measure: Measure, series: Iterable[Series], limit: int
    ) -> set[int]:
        """Return the ids of the series that have rows, or may get them below a limit."""
        ids = sorted({each.id for each in series})
        known = {each for each in ids if (day, measure, each) in self._known}
        missing = [each for each in ids if each not in known]
        if not missing or (limit == MAX_SERIES and self._known.is_full(day, measure)):
            return known
        of_day = (_TABLE.c.day == day) & (_TABLE.c.measure == measure)
        for some in chunks(missing):
            found = select(_TABLE.c.series_id).where(of_day, _TABLE.c.series_id.in_(some))
            known |= set(self._connection.scalars(found))
        count = self._connection.scalar(select(func.count()).where(of_day)) or 0
        if count >= limit == MAX_SERIES:
            every = self._connection.scalars(select(_TABLE.c.series_id).where(of_day))
            self._new |= {(day, measure, each) for each in every}
            self._full.add((day, measure))
        free = [each for each in missing if each not in known]
        return known | set(free[: max(limit - count, 0)])


def insert_series(connection: Connection, series: Iterable[Series]) -> None:
    """Insert the series that are not there."""
    rows = sorted(({"id": s.id, **dataclasses.asdict(s)} for s in series), key=_by_id)
    if rows:
        statement = insert_into(connection, schema.statistic_series)
        connection.execute(statement.on_conflict_do_nothing(), rows)


def add_counts(connection: Connection, counts: Mapping[Key, int]) -> None:
    """Add counts to their rows."""
    # Sorted, so that all transactions lock rows in the same order.
    rows = [
        {"day": day, "measure": int(measure), "series_id": series, "count": count}
        for (day, measure, series), count in sorted(counts.items())
        if count
    ]
    if rows:
        connection.execute(_addition(connection.dialect.name), rows)


@functools.cache
def _addition(dialect: str) -> Executable:
    """Return the statement that adds to rows, made once: every transaction needs it."""
    statement = insert_of(dialect, _TABLE)
    added = {"count": _TABLE.c.count + statement.excluded.count}
    keys = ["day", "measure", "series_id"]
    return statement.on_conflict_do_update(index_elements=keys, set_=added)


def _by_id(row: Mapping[str, Any]) -> Any:
    return row["id"]


def series_of_feedback(piece: Feedback, measure: Measure) -> Series:
    """Return the series under which a piece of feedback is counted."""
    return Series.of(
        _REASONS[measure],
        piece.category,
        sub_type=piece.sub_type,
        status=piece.status,
        domain=domain_of(piece.address),
        configuration_set=piece.configuration_set,
        stream=piece.stream,
        source=piece.provider,
    )
