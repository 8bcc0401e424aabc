"""The counts of each day, changed by each transaction at most once a day and set."""

import datetime as dt
from collections import Counter, defaultdict
from typing import Final

from sqlalchemy import Connection, select

from suppression_service.store import schema
from suppression_service.store.models import DailyCount
from suppression_service.store.statements import insert_into

DAY: Final = dt.timedelta(days=1)

#: What a piece of feedback counts as, and the column that it counts in.
COLUMN_OF: Final = {
    "bounce": "hard_bounces",
    "soft bounce": "soft_bounces",
    "complaint": "complaints",
}
_COLUMNS: Final = ("sends", "deliveries", *COLUMN_OF.values())
_EPOCH: Final = dt.date(1970, 1, 1)


def day_number(moment: dt.datetime) -> int:
    """Return the day (UTC) of an aware datetime, in days since 1970."""
    return (moment.astimezone(dt.UTC).date() - _EPOCH).days


class DailyCounts:
    """What a transaction adds to the counts; nothing is written before :meth:`flush`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._more: defaultdict[tuple[int, str], Counter[str]] = defaultdict(Counter)

    def add(self, column: str, happened: dt.datetime, configuration_set: str) -> None:
        """Count one more."""
        self._more[day_number(happened), configuration_set][column] += 1

    def name(self, column: str, happened: dt.datetime, configuration_set: str) -> None:
        """Move one from the mail without a configuration set to the set that it turned out to have.

        The same feedback may come from an identity, which does not tell the set,
        and from the set. Where it counts must not depend on which came first.
        """
        self._more[day_number(happened), ""][column] -= 1
        self.add(column, happened, configuration_set)

    def flush(self) -> None:
        """Send what was counted to the database."""
        # Always in the same order.
        rows = [
            {"day": day, "configuration_set": name, **{c: more[c] for c in _COLUMNS}}
            for (day, name), more in sorted(self._more.items())
            if any(more.values())
        ]
        self._more.clear()
        if not rows:
            return
        statement = insert_into(self._connection, schema.daily_count)
        columns = schema.daily_count.c
        sums = {name: columns[name] + statement.excluded[name] for name in _COLUMNS}
        keys = ["day", "configuration_set"]
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=sums), rows
        )


def daily_counts(connection: Connection, since: dt.date) -> list[DailyCount]:
    """Return the counts from a day on, in order of days and names of sets."""
    table = schema.daily_count
    query = select(table).where(table.c.day >= (since - _EPOCH).days)
    rows = connection.execute(query.order_by(table.c.day, table.c.configuration_set)).mappings()
    return [DailyCount(**{**row, "day": _EPOCH + row["day"] * DAY}) for row in rows]
