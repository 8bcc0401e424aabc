import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from suppression_ingest.soft_bounces import DEFAULT_SOFT_BOUNCES
from suppression_ingest.worker.retention import Purge, Retention
from suppression_service.store import DailyCount, NewSuppression, Reason, Store
from tests.support.timeline import (
    JANE,
    NOW,
    START,
    active_entries,
    delivery,
    opened_store,
    record,
    send,
    soft_bounce,
)

FIFTEEN_DAYS = dt.timedelta(days=15)
YEAR = Retention(dt.timedelta(days=365), None, FIFTEEN_DAYS, DEFAULT_SOFT_BOUNCES)
FOR_EVER = Retention(None, None, FIFTEEN_DAYS, DEFAULT_SOFT_BOUNCES)
#: Everything that a test has recorded is older than a year.
LATER = NOW + dt.timedelta(days=400)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with opened_store(database_url) as store:
        record(store, *(soft_bounce(number) for number in range(1, 6)), send(1), delivery(0))
        yield store


def rows(store: Store, table: str) -> int:
    with store.engine.connect() as connection:
        count: int = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    return count


def purge(store: Store, retention: Retention, now: dt.datetime, rows_a_step: int = 1_000) -> None:
    for _step in store.purge(retention.cutoffs(now), rows_a_step):
        pass


def test_what_is_older_than_the_retention_is_forgotten(store: Store) -> None:
    purge(store, YEAR, LATER)
    tables = ("event", "delivery_event", "daily_count", "soft_bounce_history")
    assert [rows(store, table) for table in tables] == [0, 0, 0, 0]


def test_what_is_younger_is_kept(store: Store) -> None:
    purge(store, YEAR, NOW)
    assert rows(store, "event") == 5
    assert store.daily_counts(START.date())


def test_feedback_is_kept_for_ever_when_told_so(store: Store) -> None:
    purge(store, FOR_EVER, LATER)
    assert rows(store, "event") == 5
    assert store.daily_counts(START.date())


def test_the_memory_of_sends_goes_even_when_feedback_is_kept_for_ever(store: Store) -> None:
    purge(store, FOR_EVER, LATER)
    assert rows(store, "delivery_event") == 0


def test_the_list_is_never_touched(store: Store) -> None:
    with store.write() as transaction:
        transaction.suppress([NewSuppression(JANE, Reason.MANUAL)])
    before = store.address(JANE).suppressions
    purge(store, YEAR, LATER)
    assert store.address(JANE).suppressions == before


def test_a_short_retention_leaves_what_soft_bounces_are_counted_by(store: Store) -> None:
    # given a retention of a day, in a time in which bounces of a month belong together
    day = Retention(dt.timedelta(days=1), None, FIFTEEN_DAYS, DEFAULT_SOFT_BOUNCES)
    purge(store, day, NOW + dt.timedelta(days=20))
    # then a delivery still removes what rests on them
    record(store, delivery(6))
    assert active_entries(store) == []


def test_a_repetition_within_the_time_of_a_queue_is_still_one(store: Store) -> None:
    day = Retention(dt.timedelta(days=1), None, FIFTEEN_DAYS, DEFAULT_SOFT_BOUNCES)
    purge(store, day, START + dt.timedelta(days=14))
    record(store, send(1), soft_bounce(1))
    # then it is in no count: those of its day are gone, and it is not new
    assert store.daily_counts(START.date()) == list[DailyCount]()


def test_steps_are_no_larger_than_told(store: Store) -> None:
    steps = list(store.purge(YEAR.cutoffs(LATER), 2))
    assert [n for table, n in steps if table == "event"] == [2, 2, 1]


def test_a_purge_that_is_broken_off_goes_on_where_it_was(store: Store) -> None:
    next(store.purge(YEAR.cutoffs(LATER), 1))
    purge(store, YEAR, LATER, rows_a_step=1)
    assert rows(store, "event") == 0


def test_the_worker_forgets_in_idle_moments(store: Store) -> None:
    Purge(store, YEAR, now=lambda: LATER).run(idle=True)
    assert rows(store, "event") == 0


def test_the_worker_forgets_a_step_at_a_time_while_it_is_busy(store: Store) -> None:
    Purge(store, YEAR, now=lambda: LATER).run(idle=False)
    assert (rows(store, "delivery_event"), rows(store, "event")) == (0, 5)


def test_a_busy_worker_lets_a_second_pass_between_steps(store: Store) -> None:
    task = Purge(store, YEAR, now=lambda: LATER)
    for _turn in range(3):
        task.run(idle=False)
    assert rows(store, "event") == 5


def test_counts_of_days_go_with_the_feedback(store: Store) -> None:
    purge(store, YEAR, LATER)
    assert store.daily_counts(START.date()) == list[DailyCount]()
