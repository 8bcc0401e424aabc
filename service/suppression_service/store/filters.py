"""Which entries a list has, and in which order, as conditions in SQL."""

import dataclasses
import datetime as dt
import enum
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, select

from suppression_service.store import schema
from suppression_service.store.erasure import ERASED
from suppression_service.store.models import Reason
from suppression_service.store.schema import CHANGED

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


_CONDITION_OF: Final = {
    None: "",
    State.ACTIVE: "removed IS NULL AND (expires IS NULL OR expires > :now)",
    State.EXPIRED: "removed IS NULL AND expires <= :now",
    State.REMOVED: "removed IS NOT NULL",
}
# The range that an order is by.
_WINDOWS: Final = {Order.NEWEST: "created", Order.CHANGED: "changed"}
_NO_STREAM: Final = -1
# Above every address with the same beginning.
_LAST_CHARACTER: Final = "\U0010ffff"


class Conditions:
    """The conditions of a filter, and their values.

    Args:
        connection: the database.
        wanted: the filter.
        order: the order of the entries.
        after: the key of the last entry of the page before; None for the first page.
        now: the time at which entries are active or expired.
    """

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
        self._after = after
        #: The values of the parameters.
        self.values: dict[str, Any] = {"now": schema.microseconds(now)}
        self.values |= {f"key_{n}": value for n, value in enumerate(after or ())}
        #: The condition of each field that is set, but for the range that the order is by.
        self.by_field = dict(self._fields())

    def _fields(self) -> Iterator[tuple[str, str]]:
        """Yield the fields of the filter that are set, each with its condition."""
        wanted = self._filter
        if wanted.reasons:
            yield "reason", f"reason IN ({', '.join(str(int(each)) for each in wanted.reasons)})"
        if wanted.state is not None:
            yield "state", _CONDITION_OF[wanted.state]
        if wanted.stream is not None:
            self.values["stream"] = self._stream_id(wanted.stream)
            yield "stream", "stream_id = :stream"
        if wanted.source:
            self.values["source"] = wanted.source
            yield "source", "source = :source"
        if wanted.domain:
            self.values |= {"domain": wanted.domain, "suffix": f"@{wanted.domain}"}
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
        self.values[f"{name}_after"] = schema.microseconds(after)
        return f"{column} >= :{name}_after"

    def _below(self, name: str, column: str, before: dt.datetime | None) -> str:
        if before is None:
            return ""
        self.values[f"{name}_before"] = schema.microseconds(before)
        return f"{column} < :{name}_before"

    def windows(self) -> list[str]:
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
        low = and_also(self._at_least(name, column, after))
        if self._key_is_above(before):
            return [low + and_also(self._below(name, column, before))]
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
        return bound is not None and self.values["key_0"] >= schema.microseconds(bound)

    @property
    def _column(self) -> str:
        return CHANGED if self._order is Order.CHANGED else "first_seen"

    def _prefix(self, prefix: str) -> str:
        """Return the condition of a prefix. An erased entry has no address, so it has none."""
        self.values["low"], self.values["high"] = prefix, prefix + _LAST_CHARACTER
        condition = f"address < :high AND substr(address, 1, {len(ERASED)}) <> '{ERASED}'"
        if self._after and self._order is Order.ADDRESS and self.values["key_0"] >= prefix:
            return condition  # The key is the better lower bound.
        return f"address >= :low AND {condition}"

    def _stream_id(self, name: str) -> int:
        query = select(schema.stream.c.id).where(schema.stream.c.name == name)
        found: int | None = self._connection.scalar(query)
        return _NO_STREAM if found is None else found

    def besides(self, covered: frozenset[str]) -> str:
        """Return the conditions of all other fields, each after an AND."""
        return "".join(
            f" AND {condition}" for name, condition in self.by_field.items() if name not in covered
        )


def and_also(condition: str) -> str:
    """Return a condition after an AND; nothing for an empty one."""
    return f" AND {condition}" if condition else ""
