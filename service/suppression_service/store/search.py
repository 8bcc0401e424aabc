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
import enum
import heapq
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, bindparam, select, text

from suppression_service.store import schema
from suppression_service.store.engine import limited_time
from suppression_service.store.erasure import ERASED
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

#: The order key of an entry: ``first_seen`` in microseconds and ``id``, or ``address``,
#: ``stream_id`` and ``reason``, or the time of its last change in microseconds and ``id``.
Key: TypeAlias = tuple[int, int] | tuple[str, int, int]


class State(enum.IntEnum):
    """Whether an entry applies. The numbers are those of the proto."""

    ACTIVE = 1
    EXPIRED = 2
    REMOVED = 3


class Order(enum.IntEnum):
    """The order of a list. The numbers are those of the proto."""

    NEWEST = 1
    ADDRESS = 2
    CHANGED = 3

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that decide about the order."""
        if self is Order.ADDRESS:
            return ("address", "stream_id", "reason")
        return ("first_seen" if self is Order.NEWEST else "changed", "id")


@dataclasses.dataclass(frozen=True, slots=True)
class Filter:
    """Which entries to list: those that match every field that is set.

    ``domain`` and ``address_prefix`` are canonical.
    """

    reasons: tuple[Reason, ...] = ()
    stream: str | None = None
    source: str = ""
    domain: str = ""
    address_prefix: str = ""
    created_after: dt.datetime | None = None
    created_before: dt.datetime | None = None
    changed_after: dt.datetime | None = None
    changed_before: dt.datetime | None = None
    state: State | None = None


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
_CONDITION_OF: Final = {
    None: "",
    State.ACTIVE: "removed IS NULL AND (expires IS NULL OR expires > :now)",
    State.EXPIRED: "removed IS NULL AND expires <= :now",
    State.REMOVED: "removed IS NOT NULL",
}
# Of the unique constraint, as SQLite names it.
_BY_ADDRESS: Final = "sqlite_autoindex_suppression_1"
# The range that an order is by.
_WINDOWS: Final = {Order.NEWEST: "created", Order.CHANGED: "changed"}
# The fields whose index has another order, the likeliest to have few entries first.
_SORTED_BY_FIELD: Final = {
    Order.NEWEST: ("prefix", "changed"),
    Order.ADDRESS: ("domain", "source", "changed", "stream"),
    Order.CHANGED: (),
}
# The fields that the three indexes by reason cover.
_REASON_FIELDS: Final = frozenset({"reason", "state", "created"})
_NO_STREAM: Final = -1
# Above every address with the same beginning.
_LAST_CHARACTER: Final = "\U0010ffff"


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
    """One search: the conditions of its filter in SQL, and their values."""

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
        self._values: dict[str, Any] = {"now": schema.microseconds(now)}
        self._values |= {f"key_{n}": value for n, value in enumerate(after or ())}
        self._after = after
        self._conditions = dict(self._fields())

    def find(self, limit: int) -> Sequence[Any]:
        """Return the key and the id of the next entries, in order."""
        if not self._sqlite:
            self._connection.execute(_NO_SORT)
        for few, most in self._unordered():
            if self._count(few, most) <= most:
                return self._sorted(few, limit)
        return self._merged(self._ordered(), limit)

    # --- the conditions ------------------------------------------------------------------------

    def _fields(self) -> Iterator[tuple[str, str]]:
        """Yield the fields of the filter that are set, each with its condition."""
        wanted = self._filter
        if wanted.reasons:
            yield "reason", f"reason IN ({', '.join(str(int(each)) for each in wanted.reasons)})"
        if wanted.state is not None:
            yield "state", _CONDITION_OF[wanted.state]
        if wanted.stream is not None:
            self._values["stream"] = self._stream_id(wanted.stream)
            yield "stream", "stream_id = :stream"
        if wanted.source:
            self._values["source"] = wanted.source
            yield "source", "source = :source"
        if wanted.domain:
            self._values |= {"domain": wanted.domain, "suffix": f"@{wanted.domain}"}
            # Faster than DOMAIN, which only the index has ready.
            yield "domain", f"substr(address, length(address) - {len(wanted.domain)}) = :suffix"
        if wanted.address_prefix:
            yield "prefix", self._prefix(wanted.address_prefix)
        yield from self._ranges()

    def _ranges(self) -> Iterator[tuple[str, str]]:
        """Yield the ranges of times that are set, but for the one that the order is by."""
        wanted = self._filter
        for name, column, after, before in (
            ("created", "first_seen", wanted.created_after, wanted.created_before),
            ("changed", CHANGED, wanted.changed_after, wanted.changed_before),
        ):
            if name != _WINDOWS.get(self._order):
                bounds = self._at_least(name, column, after), self._below(name, column, before)
                if any(bounds):
                    yield name, " AND ".join(filter(None, bounds))

    def _at_least(self, name: str, column: str, after: dt.datetime | None) -> str:
        if after is None:
            return ""
        self._values[f"{name}_after"] = schema.microseconds(after)
        return f"{column} >= :{name}_after"

    def _below(self, name: str, column: str, before: dt.datetime | None) -> str:
        if before is None:
            return ""
        self._values[f"{name}_before"] = schema.microseconds(before)
        return f"{column} < :{name}_before"

    def _windows(self) -> list[str]:
        """Return the conditions that together mean "after the key, and within the range".

        The range is that of the field which the order is by. Of two bounds on the same side an
        engine may begin to read at the wrong one, so there is one bound on each side.

        SQLite finds the time of a key in an index, but not the ``id``. If many entries have the
        same time, as those of an import, it would read all of them. So they are a window of
        their own.
        """
        if self._after is None and self._order is Order.ADDRESS:
            return [""]
        if self._order is Order.ADDRESS:
            return [" AND (address, stream_id, reason) > (:key_0, :key_1, :key_2)"]
        after, before = self._bounds()
        name, column = _WINDOWS[self._order], self._column
        low = _and(self._at_least(name, column, after))
        if self._key_is_above(before):
            return [low + _and(self._below(name, column, before))]
        if not self._sqlite:
            return [f" AND ({column}, id) < (:key_0, :key_1){low}"]
        same_time, earlier = (
            f" AND {column} = :key_0 AND id < :key_1",
            f" AND {column} < :key_0{low}",
        )
        return [same_time, earlier] if after is None or self._key_is_above(after) else [earlier]

    def _bounds(self) -> tuple[dt.datetime | None, dt.datetime | None]:
        """Return the range of the time by which the list is ordered."""
        wanted = self._filter
        if self._order is Order.CHANGED:
            return wanted.changed_after, wanted.changed_before
        # An entry does not change before it is created.
        bounds = wanted.created_before, wanted.changed_before
        before = min((bound for bound in bounds if bound is not None), default=None)
        return wanted.created_after, before

    def _key_is_above(self, bound: dt.datetime | None) -> bool:
        """Whether there is no key, or it is at a bound or later."""
        if self._after is None:
            return True
        return bound is not None and self._values["key_0"] >= schema.microseconds(bound)

    @property
    def _column(self) -> str:
        return CHANGED if self._order is Order.CHANGED else "first_seen"

    def _prefix(self, prefix: str) -> str:
        """Return the condition of a prefix. An erased entry has no address, so it has none."""
        self._values["low"], self._values["high"] = prefix, prefix + _LAST_CHARACTER
        condition = f"address < :high AND substr(address, 1, {len(ERASED)}) <> '{ERASED}'"
        if self._after and self._order is Order.ADDRESS and self._values["key_0"] >= prefix:
            return condition  # The key is the better lower bound.
        return f"address >= :low AND {condition}"

    def _stream_id(self, name: str) -> int:
        query = select(schema.stream.c.id).where(schema.stream.c.name == name)
        found: int | None = self._connection.scalar(query)
        return _NO_STREAM if found is None else found

    def _besides(self, covered: frozenset[str]) -> str:
        """Return the conditions of all other fields, each after an AND."""
        return "".join(
            f" AND {condition}"
            for name, condition in self._conditions.items()
            if name not in covered
        )

    # --- the plans -----------------------------------------------------------------------------

    def _ordered(self) -> list[_Part]:
        """Return the parts that are read in the order of the list."""
        if self._order is Order.ADDRESS:
            return [_Part(_BY_ADDRESS, "1 = 1", frozenset())]
        if self._order is Order.CHANGED:
            return [_Part("ix_suppression_changed", "1 = 1", frozenset())]
        for name in ("domain", "source", "stream"):
            if name in self._conditions:
                return [self._field_part(name)]
        return self._by_reason()

    def _unordered(self) -> Iterator[tuple[list[_Part], int]]:
        """Yield parts to sort if they have few entries, and how many are few."""
        for name in _SORTED_BY_FIELD[self._order]:
            if name in self._conditions:
                # The index of the addresses has the streams, too.
                yield (
                    [self._field_part(name)],
                    MAX_SORTED_REASONS if name == "stream" else MAX_SORTED,
                )
        if self._order is Order.ADDRESS and self._conditions.keys() & _REASON_FIELDS:
            # It also has the reasons.
            is_reason_only = not self._conditions.keys() & {"state", "created"}
            yield self._by_reason(), MAX_SORTED_REASONS if is_reason_only else MAX_SORTED

    def _field_part(self, name: str) -> _Part:
        index = _BY_ADDRESS if name == "prefix" else f"ix_suppression_{name}"
        condition = f"{DOMAIN} = :domain" if name == "domain" else self._conditions[name]
        return _Part(index, condition, frozenset({name}))

    def _by_reason(self) -> list[_Part]:
        """Return the parts of the entries by reason, in the order NEWEST for each reason."""
        state = self._filter.state
        indexes, parts = list(_PARTS_OF[state]), []
        created = _and(self._conditions.get("created", ""))
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
            f" WHERE {part.condition}{self._besides(part.covers)}{window}{part.sequence}"
            for part in parts
            for window in self._windows()
        )
        few = f"WITH few AS MATERIALIZED ({each}) SELECT {self._columns} FROM few"
        return self._execute(f"{few} ORDER BY {self._direction} LIMIT :limit", limit=limit)

    def _merged(self, parts: Sequence[_Part], limit: int) -> Sequence[Any]:
        """Return the next entries of parts, each of which is read in the order of the list."""
        pieces = [
            self._piece(part, window, f" ORDER BY {self._direction} LIMIT :limit")
            for part in parts
            for window in self._windows()
        ]
        if self._sqlite:
            return self._merged_here(pieces, limit)
        merged = f"SELECT {self._columns} FROM ({_union(pieces)}) AS a ORDER BY {self._direction}"
        return self._execute(f"{merged} LIMIT :limit", limit=limit)

    def _piece(self, part: _Part, window: str, in_order: str) -> str:
        found = (
            f"SELECT {self._selected} FROM {self._table(part)}"
            f" WHERE {part.condition}{self._besides(part.covers)}{window}"
        )
        if part.in_order or self._sqlite:
            return found + in_order
        # Without the OFFSET, PostgreSQL would take the index that has the order.
        return f"SELECT * FROM ({found} OFFSET 0) AS sorted{in_order}"

    def _merged_here(self, pieces: Sequence[str], limit: int) -> Sequence[Any]:
        """Return the first rows of statements, reading no more rows of each than are needed.

        PostgreSQL does so itself. SQLite would first read ``limit`` rows of each.
        """
        values = self._values | {"limit": limit}
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
        return self._connection.execute(text(statement), self._values | values).all()


def _and(condition: str) -> str:
    return f" AND {condition}" if condition else ""


def _union(queries: Iterable[str]) -> str:
    pieces = [f"SELECT * FROM ({query}) AS p{number}" for number, query in enumerate(queries)]
    return " UNION ALL ".join(pieces)
