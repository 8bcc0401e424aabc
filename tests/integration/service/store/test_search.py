"""Pages of the list hold what a filter over all entries would leave, in order, once."""

import datetime as dt
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import insert, select

from suppression_service.store import (
    Erasure,
    Reason,
    Store,
    Suppression,
    schema,
    search,
)
from suppression_service.store.filters import Filter, Key, Order, State

At = Callable[[dt.datetime], Store]
NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
DOMAINS = ("a.example", "b.example", "c.example")


def day(number: int) -> dt.datetime:
    return NOW + dt.timedelta(days=number)


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Entries of every kind. Many were first seen at the same time."""
    chance = random.Random(3)
    for number in range(count):
        first_seen = day(-chance.randrange(6))
        last_seen = first_seen + dt.timedelta(days=chance.randrange(3))
        local = chance.choice(["a", "b", "é", '"@'])
        local = f'"{local[1:]}{number}"' if local.startswith('"') else f"{local}{number}"
        yield {
            "address": f"{local}@{chance.choice(DOMAINS)}",
            "stream_id": chance.choice([0, 1, 2]),
            "reason": chance.choice(list(Reason)),
            "fingerprint": number,
            "source": chance.choice(["ses", "api"]),
            "detail": "",
            "message_id": "",
            "feedback_id": "",
            "first_seen": first_seen,
            "last_seen": last_seen,
            "occurrences": 1,
            "expires": chance.choice([None, None, day(-1), day(1)]),
            "removed": chance.choice([None, None, day(-1)]),
            "revision": 1,
        }


@pytest.fixture
def mixed(store: Store, at: At) -> Store:
    """A store of 150 entries of every kind, an erased one among them, on the first of March."""
    with store.engine.begin() as connection:
        streams = [{"id": 1, "name": "news"}, {"id": 2, "name": "offers"}]
        connection.execute(insert(schema.stream), streams)
        connection.execute(insert(schema.suppression), list(rows(150)))
    with store.write() as transaction:
        transaction.erase([Erasure(next(rows(1))["address"])])
    return at(NOW)


def listed(
    store: Store, wanted: Filter, order: Order, size: int = 7
) -> tuple[list[Suppression], list[int]]:
    """All entries of all pages, and the sizes of the pages."""
    found: list[Suppression] = []
    sizes = []
    key: Key | None = None
    while True:
        page = store.page(wanted, order, key, size)
        found += page.entries
        sizes.append(len(page.entries))
        if not page.more:
            return found, sizes
        key = page.keys[-1]


def expected(store: Store, wanted: Filter, order: Order) -> list[tuple[str, str, Reason]]:
    """What the filter leaves of all entries, in order."""
    with store.engine.connect() as connection:
        query = select(schema.suppression, schema.stream.c.name.label("stream_name")).join_from(
            schema.suppression, schema.stream
        )
        found = [row for row in connection.execute(query) if matches(row, wanted)]
    if order is Order.NEWEST:
        found.sort(key=lambda row: (row.first_seen, row.id), reverse=True)
    elif order is Order.CHANGED:
        found.sort(key=lambda row: (changed(row), row.id), reverse=True)
    else:
        found.sort(key=lambda row: (row.address.encode(), row.stream_id, row.reason))
    return [(row.address, row.stream_name, Reason(row.reason)) for row in found]


def changed(row: Any) -> dt.datetime:
    times: list[dt.datetime] = [row.last_seen, row.removed or row.last_seen]
    return max(times)


def matches(row: Any, wanted: Filter) -> bool:
    last_change = changed(row)
    state = (
        State.REMOVED
        if row.removed
        else State.EXPIRED
        if row.expires and row.expires <= NOW
        else State.ACTIVE
    )
    return (
        (not wanted.reasons or row.reason in wanted.reasons)
        and wanted.stream in (None, row.stream_name)
        and wanted.source in ("", row.source)
        and wanted.domain in ("", row.address.rpartition("@")[2])
        and row.address.startswith(wanted.address_prefix)
        and (wanted.created_after is None or row.first_seen >= wanted.created_after)
        and (wanted.created_before is None or row.first_seen < wanted.created_before)
        and (wanted.changed_after is None or last_change >= wanted.changed_after)
        and (wanted.changed_before is None or last_change < wanted.changed_before)
        and wanted.state in (None, state)
    )


FILTERS = [
    Filter(),
    Filter(reasons=(Reason.COMPLAINT,)),
    Filter(reasons=(Reason.HARD_BOUNCE, Reason.MANUAL)),
    Filter(stream=""),
    Filter(stream="news"),
    Filter(stream="unheard-of"),
    Filter(source="ses"),
    Filter(domain="a.example"),
    Filter(address_prefix="é"),
    Filter(address_prefix="a1"),
    Filter(created_after=day(-3)),
    Filter(created_before=day(-3)),
    Filter(created_after=day(-4), created_before=day(-2)),
    Filter(changed_after=day(-2)),
    Filter(changed_after=day(-4), changed_before=day(-1)),
    *(Filter(state=state) for state in State),
    Filter(source="api", domain="b.example", state=State.ACTIVE, created_before=day(-1)),
    Filter(reasons=(Reason.COMPLAINT,), stream="news", address_prefix="b", changed_after=day(-5)),
]


@pytest.mark.parametrize("few", [0, 20, 30_000])
def test_pages_hold_every_entry_that_matches_once_and_in_order(
    few: int, mixed: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whether few entries match, which are sorted, or many, which are read in order
    for limit in ("MAX_SORTED", "MAX_SORTED_REASONS", "MAX_SORTED_EXPIRING"):
        monkeypatch.setattr(search, limit, few)
    for wanted in FILTERS:
        for order in Order:
            found, sizes = listed(mixed, wanted, order)
            names = [(entry.address, entry.stream, entry.reason) for entry in found]
            assert names == expected(mixed, wanted, order), (wanted, order)
            assert all(size == 7 for size in sizes[:-1])
