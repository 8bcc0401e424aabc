"""Examples of replies of mail servers, without what identifies a person or a mail.

Ingest masks a reply before it gives it to the store. Of each category and domain there are
:data:`SLOTS` examples at most: the first of each day replace those of the days before.
"""

import datetime as dt
from collections.abc import Callable, Container
from typing import Any, Final

from sqlalchemy import Connection, select

from suppression_service.store import schema
from suppression_service.store.engine import insert_into
from suppression_service.store.models import ReplyCategory, ReplyExample
from suppression_service.store.series import Series

#: Examples of a category and domain, at most.
SLOTS: Final = 3
#: Examples of an answer, at most.
MAX_EXAMPLES: Final = 200

_TABLE: Final = schema.reply_example
_KEYS: Final = ("category", "domain", "slot")

# Category, domain and slot.
_Key = tuple[int, str, int]


class ReplyExamples:
    """The examples that a transaction adds; written by :meth:`flush`.

    Args:
        connection: of the transaction.
        known: those that were written today already.
        today: the day of the transaction.
    """

    def __init__(self, connection: Connection, known: Container[_Key], today: int) -> None:
        self._connection = connection
        self._known = known
        self._today = today
        self._rows: dict[_Key, dict[str, Any]] = {}
        #: Those that the transaction has written.
        self.written: set[_Key] = set()

    def add(self, series: Series, example: Callable[[], str]) -> None:
        """Add an example of the replies that are counted under a series, unless there are enough.

        Args:
            series: under which the reply is counted.
            example: returns the masked reply; called only for those that are added.
        """
        keys = ((series.category, series.domain, slot) for slot in range(SLOTS))
        free = (key for key in keys if key not in self._known and key not in self._rows)
        if (key := next(free, None)) is None or not (text := example()):
            return
        values = dict(zip(_KEYS, key, strict=True))
        self._rows[key] = {**values, "status": series.status, "text": text, "day": self._today}

    def flush(self) -> None:
        """Write the examples."""
        if not self._rows:
            return
        statement = insert_into(self._connection, _TABLE)
        changes = {name: statement.excluded[name] for name in ("status", "text", "day")}
        rows = [row for _, row in sorted(self._rows.items())]
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=_KEYS, set_=changes), rows
        )
        self.written |= self._rows.keys()
        self._rows.clear()


def reply_examples(
    connection: Connection, since: int, category: int = 0, domain: str = ""
) -> list[ReplyExample]:
    """Return examples that were seen on a day or later, the newest first.

    Args:
        connection: the database.
        since: the day.
        category: only examples of this category; 0 for all.
        domain: only examples of this domain; empty for all.
    """
    query = select(_TABLE).where(_TABLE.c.day >= since)
    if category:
        query = query.where(_TABLE.c.category == category)
    if domain:
        query = query.where(_TABLE.c.domain == domain)
    order = _TABLE.c.day.desc(), *(_TABLE.c[name] for name in _KEYS)
    found = [
        ReplyExample(
            category=ReplyCategory(row.category),
            domain=row.domain,
            status=row.status,
            text=row.text,
            last_day=schema.EPOCH.date() + dt.timedelta(row.day),
        )
        for row in connection.execute(query.order_by(*order).limit(MAX_EXAMPLES))
    ]
    # Replies of one day can be the same.
    return [*dict.fromkeys(found)]
