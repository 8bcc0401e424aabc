"""Pages of ListSuppressions: by each filter, in each order, at the beginning and at the end."""

import datetime as dt
import time
from collections.abc import Iterator

from sqlalchemy import Connection, text

from suppression_service.store import Reason, Store, schema, search
from suppression_service.store.filters import Filter, Key, Order, State
from tests.benchmarks.figures import Figure

PAGE = 100
_STREAMS = 20
_MIDDLE_DOMAINS = 64
_START = dt.datetime(2023, 1, 1, tzinfo=dt.UTC)
#: Nine seconds from an entry to the next: ten million are of three years.
_STEP = 9_000_000
_DAY = 86_400_000_000
# Some digits of a number that looks random decide about each column. One entry in eleven is of
# one import, and of the same time as all others of it.
_FILL = f"""
    INSERT INTO suppression (address, stream_id, reason, fingerprint, source, detail, message_id,
        feedback_id, first_seen, last_seen, occurrences, expires, removed, revision)
    SELECT
        'user.' || r || '@' || CASE
            WHEN r % 10 < 4 THEN 'gmail.example'
            WHEN r % 10 < 6 THEN 'middle' || ((r / 10) % {_MIDDLE_DOMAINS}) || '.example'
            ELSE 'example' || ((r / 10) % 100000) || '.com' END,
        CASE WHEN (r / 100000) % 100 < 90 THEN 0 ELSE 1 + r % {_STREAMS} END,
        reason, r * 4294967296, source, 'smtp; 550 5.1.1 user unknown', '0102018b', '0102018c',
        first_seen, first_seen + (r % 30) * {_DAY}, 1,
        CASE WHEN reason = 2 THEN first_seen + 14 * {_DAY} END,
        CASE WHEN (r / 13) % 100 < 3 THEN first_seen + 40 * {_DAY} END, 1
    FROM (
        SELECT n, r, source,
            CASE WHEN (r / 1000) % 100 < 70 THEN 1 WHEN (r / 1000) % 100 < 88 THEN 2
                WHEN (r / 1000) % 100 < 90 THEN 3 WHEN (r / 1000) % 100 < 98 THEN 4
                ELSE 5 END AS reason,
            CASE WHEN source = 'import' THEN :start ELSE :start + n * {_STEP} END AS first_seen
        FROM (
            SELECT n, r, CASE WHEN (r / 7) % 1000 < 900 THEN 'ses' WHEN (r / 7) % 1000 < 990
                THEN 'import' WHEN (r / 7) % 1000 < 999 THEN 'api' ELSE 'desk' END AS source
            FROM (SELECT n, (n * 2654435761) % 2147483647 AS r FROM numbers) AS a
        ) AS b
    ) AS c
"""
_NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS"
    " (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :entries)",
    "postgresql": "WITH numbers AS (SELECT generate_series(0, CAST(:entries AS BIGINT) - 1) AS n)",
}


def fill(store: Store, entries: int) -> float:
    """Fill an empty list, the indexes last; return the seconds that these take."""
    indexes = sorted(schema.suppression.indexes, key=lambda index: str(index.name))
    with store.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))
        for index in indexes:
            index.drop(connection)
        streams = [{"id": number, "name": f"s{number}"} for number in range(1, _STREAMS + 1)]
        connection.execute(schema.stream.insert(), streams)
        _insert(connection, entries)
        started = time.perf_counter()
        for index in indexes:
            index.create(connection)
        seconds = time.perf_counter() - started
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as tidy:
            tidy.execute(text("SET statement_timeout = 0"))
            tidy.execute(text("VACUUM ANALYZE suppression"))
    return seconds


def _insert(connection: Connection, entries: int) -> None:
    numbers = _NUMBERS[connection.dialect.name]
    if connection.dialect.name == "sqlite":
        statement = _FILL.replace("SELECT\n", f"{numbers} SELECT\n", 1)
    else:
        statement = f"{numbers} {_FILL}"
    values = {"start": schema.microseconds(_START), "entries": entries}
    connection.execute(text(statement), values)


def filters(entries: int) -> dict[str, Filter]:
    """Return one filter of each kind, and of each field a common and a rare value."""
    end = _START + entries * dt.timedelta(microseconds=_STEP)
    day, middle = dt.timedelta(days=1), _START + (end - _START) / 2
    return {
        "no filter": Filter(),
        "reason, common": Filter(reasons=(Reason.HARD_BOUNCE,)),
        "reason, rare": Filter(reasons=(Reason.COMPLAINT,)),
        "stream, common": Filter(stream=""),
        "stream, rare": Filter(stream="s7"),
        "source, common": Filter(source="ses"),
        "source, of an import": Filter(source="import"),
        "source, rare": Filter(source="desk"),
        "domain, common": Filter(domain="gmail.example"),
        "domain, middling": Filter(domain="middle7.example"),
        "domain, rare": Filter(domain="example777.com"),
        "prefix, common": Filter(address_prefix="user.1"),
        "prefix, middling": Filter(address_prefix="user.777"),
        "prefix, rare": Filter(address_prefix="user.77777"),
        "created, a day": Filter(created_after=middle, created_before=middle + day),
        "created, the second half": Filter(created_after=middle),
        "created, the first half": Filter(created_before=middle),
        "changed, a day": Filter(changed_after=middle, changed_before=middle + day),
        "changed, the last ten days": Filter(changed_after=end - 10 * day),
        "changed, the first half": Filter(changed_before=middle),
        "state, active": Filter(state=State.ACTIVE),
        "state, expired": Filter(state=State.EXPIRED),
        "state, removed": Filter(state=State.REMOVED),
    }


def pages(store: Store, engine: str, entries: int, rounds: int) -> Iterator[Figure]:
    """Fill a list, and measure the first and the last page by each filter, in each order."""
    seconds = fill(store, entries)
    yield Figure(f"list on {engine}: make the indexes of {entries:,} entries", [seconds], unit="s")
    for order in Order:
        for name, wanted in filters(entries).items():
            # A small list has no entries with the rarest values.
            if not store.page(wanted, order, None, 1).entries:
                continue
            for where, key in (("first", None), ("last", last_key(store, wanted, order))):
                if where == "last" and key is None:
                    continue
                yield Figure(
                    f"list on {engine}, {order.name.lower()}, {name}: {where} page",
                    [_milliseconds(store, wanted, order, key) for _ in range(rounds)],
                    unit="ms",
                    target=("≤", 50),
                )


def _milliseconds(store: Store, wanted: Filter, order: Order, key: Key | None) -> float:
    started = time.perf_counter()
    page = store.page(wanted, order, key, PAGE)
    seconds = time.perf_counter() - started
    assert page.entries
    return seconds * 1e3


def last_key(store: Store, wanted: Filter, order: Order) -> Key | None:
    """Return the key before the last page, counted off from the end; None if there is one page."""
    falling = " DESC" if order is Order.ADDRESS else ""
    direction = ", ".join(f"{name}{falling}" for name in order.key)
    with store.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET statement_timeout = 0"))
        of_filter = search._Search(connection, wanted, order, None, store.now())
        conditions = of_filter._conditions
        found = connection.execute(
            text(
                f"SELECT {of_filter._selected} FROM suppression WHERE 1 = 1"
                f"{conditions.besides(frozenset())}{conditions.windows()[0]}"
                f" ORDER BY {direction} LIMIT 1 OFFSET {PAGE}"
            ),
            conditions.values,
        ).first()
    return None if found is None else tuple(found[: len(order.key)])
