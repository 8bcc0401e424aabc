"""Finds entries by a filter, a page at a time.

A page is found by an index that has its order, from the key of the last entry of the page
before: never by counting entries off. Where the filter has no such index, one of two plans is
chosen. If few entries match a field of the filter, all of them are read and sorted. Otherwise
entries are read in order, and those that do not match are left out.

An index that has ``first_seen`` and ``id`` behind the column of a field has the order
:attr:`Order.NEWEST` for that field. For every other filter an entry is in one of three such
indexes by its reason: the permanent, the expiring and the removed entries. So a page is merged
of up to 15 parts. Of the expiring ones, those that have expired, or have not, are a part of
their own if they are few.

The planner of neither engine chooses these indexes reliably. So each statement has one table and
one sensible index, which SQLite is told by name; PostgreSQL is kept from sorting and scanning.
"""

# ruff: noqa: S608 - the statements are built of the constants here; values are parameters

import dataclasses
import datetime as dt
import heapq
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, text

from suppression_service.store import schema
from suppression_service.store.engine import limited_time
from suppression_service.store.filters import Conditions, Filter, Key, Order, State, and_also
from suppression_service.store.listing import SELECT_SUPPRESSION, suppression_of
from suppression_service.store.models import Reason, Suppression
from suppression_service.store.replication import current_revision
from suppression_service.store.schema import CHANGED, DOMAIN

#: Seconds after which a page is given up. It is shorter than callers wait for a read.
TIMEOUT_SECONDS: Final = 4.0
#: Entries that are read to be sorted, at most. With 10 million entries of which this many
#: match, reading in order looks at about as many for a page of 100.
MAX_SORTED: Final = 20_000
#: The same where looking at an entry in order, or reading it to sort it, takes the index alone.
MAX_SORTED_REASONS: Final = 5_000
MAX_SORTED_EXPIRING: Final = 50_000


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """Entries, the key of each, whether there are more, and the revision of the list."""

    entries: list[Suppression]
    keys: list[Key]
    more: bool
    revision: int


def page(
    connection: Connection,
    wanted: Filter,
    order: Order,
    after: Key | None,
    size: int,
    now: dt.datetime,
) -> Page:
    """Return the next entries that match a filter.

    Args:
        connection: the database.
        wanted: the filter.
        order: the order of the entries.
        after: the key of the last entry of the page before; None for the first page.
        size: entries of the page, at most.
        now: the time at which entries are active or expired.

    Raises:
        ReadTooLong: finding them took :data:`TIMEOUT_SECONDS`.
    """
    revision, _ = current_revision(connection)
    with limited_time(connection, TIMEOUT_SECONDS):
        found = _Search(connection, wanted, order, after, now).find(size + 1)
        ids = [row.id for row in found[:size]]
        rows = connection.execute(_WITH_IDS, {"ids": ids})
        entries = {row.id: suppression_of(row) for row in rows}
    keys = [_key_of(row, order) for row in found[:size]]
    return Page([entries[number] for number in ids], keys, len(found) > size, revision)


_WITH_IDS: Final = SELECT_SUPPRESSION.where(
    schema.suppression.c.id.in_(bindparam("ids", expanding=True))
)
_NO_SORT: Final = text(
    "SELECT set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true),"
    " set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode',"
    " 'force_custom_plan', true)"
)
# The indexes of a field with the order NEWEST.
_BY_FIELD: Final = ("ix_suppression_domain", "ix_suppression_source", "ix_suppression_stream")
# The three indexes by reason, with the condition of each.
_PERMANENT: Final = ("reason_permanent", "removed IS NULL AND expires IS NULL")
_EXPIRING: Final = ("reason_expiring", "removed IS NULL AND expires IS NOT NULL")
_REMOVED: Final = ("reason_removed", "removed IS NOT NULL")
_PARTS_OF: Final = {
    None: [_PERMANENT, _EXPIRING, _REMOVED],
    State.ACTIVE: [_PERMANENT],
    State.EXPIRED: [],
    State.REMOVED: [_REMOVED],
}
# Which of the expiring entries are in a state.
_EXPIRES_OF: Final = {State.ACTIVE: "expires > :now", State.EXPIRED: "expires <= :now"}
# Of the unique constraint, as SQLite names it.
_BY_ADDRESS: Final = "sqlite_autoindex_suppression_1"
# The fields whose index has another order, the likeliest to have few entries first.
_SORTED_BY_FIELD: Final = {
    Order.NEWEST: ("prefix", "changed"),
    Order.ADDRESS: ("domain", "source", "changed", "stream"),
    Order.CHANGED: ("prefix", "domain", "source", "stream"),
}
# The fields that the three indexes by reason cover.
_REASON_FIELDS: Final = frozenset({"reason", "state", "created"})


def _key_of(row: Any, order: Order) -> Key:
    return tuple(getattr(row, name) for name in order.key)


@dataclasses.dataclass(frozen=True, slots=True)
class _Part:
    """The entries that one index leads to, and the fields of the filter that it covers.

    If it is not ``in_order``, its entries have to be sorted.
    """

    index: str
    condition: str
    covers: frozenset[str]
    in_order: bool = True

    @property
    def sequence(self) -> str:
        """The order of the index where PostgreSQL might take another index without it."""
        return " ORDER BY first_seen DESC, id DESC" if self.index in _BY_FIELD else ""


class _Search:
    """One search: the plan that finds its entries."""

    def __init__(
        self,
        connection: Connection,
        wanted: Filter,
        order: Order,
        after: Key | None,
        now: dt.datetime,
    ) -> None:
        self._connection = connection
        self._sqlite = connection.dialect.name == "sqlite"
        self._filter = wanted
        self._order = order
        self._conditions = Conditions(connection, wanted, order, after, now)

    def find(self, limit: int) -> Sequence[Any]:
        """Return the key and the id of the next entries, in order."""
        if not self._sqlite:
            self._connection.execute(_NO_SORT)
        for few, most in self._unordered():
            if self._count(few, most) <= most:
                return self._sorted(few, limit)
        return self._merged(self._ordered(), limit)

    # --- the plans -----------------------------------------------------------------------------

    def _ordered(self) -> list[_Part]:
        """Return the parts that are read in the order of the list."""
        if self._order is Order.ADDRESS:
            return [_Part(_BY_ADDRESS, "1 = 1", frozenset())]
        if self._order is Order.CHANGED:
            return [_Part("ix_suppression_changed", "1 = 1", frozenset())]
        for name in ("domain", "source", "stream"):
            if name in self._conditions.by_field:
                return [self._field_part(name)]
        return self._by_reason()

    def _unordered(self) -> Iterator[tuple[list[_Part], int]]:
        """Yield parts to sort if they have few entries, and how many are few."""
        for name in _SORTED_BY_FIELD[self._order]:
            if name in self._conditions.by_field:
                yield [self._field_part(name)], self._few(covered=name == "stream")
        if self._order is not Order.NEWEST and self._conditions.by_field.keys() & _REASON_FIELDS:
            is_reason_only = not self._conditions.by_field.keys() & {"state", "created"}
            yield self._by_reason(), self._few(covered=is_reason_only)

    def _few(self, *, covered: bool) -> int:
        """Return how many entries are few, by whether the index of the addresses has the field.

        It also has the streams and the reasons, so reading in its order takes less.
        """
        return MAX_SORTED_REASONS if covered and self._order is Order.ADDRESS else MAX_SORTED

    def _field_part(self, name: str) -> _Part:
        index = _BY_ADDRESS if name == "prefix" else f"ix_suppression_{name}"
        condition = f"{DOMAIN} = :domain" if name == "domain" else self._conditions.by_field[name]
        return _Part(index, condition, frozenset({name}))

    def _by_reason(self) -> list[_Part]:
        """Return the parts of the entries by reason, in the order NEWEST for each reason."""
        state = self._filter.state
        indexes, parts = list(_PARTS_OF[state]), []
        created = and_also(self._conditions.by_field.get("created", ""))
        if state in _EXPIRES_OF:
            condition = f"{_EXPIRING[1]} AND {_EXPIRES_OF[state]}"
            few = _Part("ix_suppression_expires", condition, frozenset({"state"}), in_order=False)
            if self._count([few], MAX_SORTED_EXPIRING) <= MAX_SORTED_EXPIRING:
                parts = [few]
            else:
                indexes.append((_EXPIRING[0], condition))
        for reason in self._filter.reasons or Reason:
            for index, condition in indexes:
                whole = f"reason = {int(reason)} AND {condition}{created}"
                parts.append(_Part(f"ix_suppression_{index}", whole, _REASON_FIELDS))
        return parts

    # --- the statements ------------------------------------------------------------------------

    def _count(self, parts: Sequence[_Part], most: int) -> int:
        """Return how many entries parts have, at most one more than ``most``."""
        each = _union(
            f"SELECT 1 FROM {self._table(part)} WHERE {part.condition}{part.sequence} LIMIT :enough"
            for part in parts
        )
        counted = f"SELECT count(*) FROM (SELECT * FROM ({each}) AS a LIMIT :enough) AS b"
        found: int = self._execute(counted, enough=most + 1)[0][0]
        return found

    def _sorted(self, parts: Sequence[_Part], limit: int) -> Sequence[Any]:
        """Return the next entries of parts that have few: read all, and sort them."""
        each = _union(
            f"SELECT {self._selected} FROM {self._table(part)}"
            f" WHERE {part.condition}{self._conditions.besides(part.covers)}{window}{part.sequence}"
            for part in parts
            for window in self._conditions.windows()
        )
        few = f"WITH few AS MATERIALIZED ({each}) SELECT {self._columns} FROM few"
        return self._execute(f"{few} ORDER BY {self._direction} LIMIT :limit", limit=limit)

    def _merged(self, parts: Sequence[_Part], limit: int) -> Sequence[Any]:
        """Return the next entries of parts, each of which is read in the order of the list."""
        pieces = [
            self._piece(part, window, f" ORDER BY {self._direction} LIMIT :limit")
            for part in parts
            for window in self._conditions.windows()
        ]
        if self._sqlite:
            return self._merged_here(pieces, limit)
        merged = f"SELECT {self._columns} FROM ({_union(pieces)}) AS a ORDER BY {self._direction}"
        return self._execute(f"{merged} LIMIT :limit", limit=limit)

    def _piece(self, part: _Part, window: str, in_order: str) -> str:
        found = (
            f"SELECT {self._selected} FROM {self._table(part)}"
            f" WHERE {part.condition}{self._conditions.besides(part.covers)}{window}"
        )
        if part.in_order or self._sqlite:
            return found + in_order
        # Without the OFFSET, PostgreSQL would take the index that has the order.
        return f"SELECT * FROM ({found} OFFSET 0) AS sorted{in_order}"

    def _merged_here(self, pieces: Sequence[str], limit: int) -> Sequence[Any]:
        """Return the first rows of statements, reading no more rows of each than are needed.

        PostgreSQL does so itself. SQLite would first read ``limit`` rows of each.
        """
        values = self._conditions.values | {"limit": limit}
        results = [self._connection.execute(text(piece), values) for piece in pieces]
        rows = heapq.merge(*results, reverse=self._order is not Order.ADDRESS)
        found = list(itertools.islice(rows, limit))
        for result in results:
            result.close()
        return found

    @property
    def _columns(self) -> str:
        return ", ".join(dict.fromkeys((*self._order.key, "id")))

    @property
    def _selected(self) -> str:
        return self._columns.replace("changed", f"{CHANGED} AS changed")

    @property
    def _direction(self) -> str:
        falling = "" if self._order is Order.ADDRESS else " DESC"
        return ", ".join(f"{name}{falling}" for name in self._order.key)

    def _table(self, part: _Part) -> str:
        return f"suppression INDEXED BY {part.index}" if self._sqlite else "suppression"

    def _execute(self, statement: str, **values: int) -> Sequence[Any]:
        return self._connection.execute(text(statement), self._conditions.values | values).all()


def _union(queries: Iterable[str]) -> str:
    pieces = [f"SELECT * FROM ({query}) AS p{number}" for number, query in enumerate(queries)]
    return " UNION ALL ".join(pieces)
