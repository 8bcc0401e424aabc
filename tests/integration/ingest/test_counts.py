import dataclasses
import datetime as dt
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from suppression_ingest.pipeline import FeedbackWriter
from suppression_service.store import DailyCount, DeliveryEvent, Feedback, Store
from tests.support.tables import empty
from tests.support.timeline import (
    START,
    delivery,
    opened_store,
    record,
    send,
    soft_bounce,
)

DAY = START.date()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with opened_store(database_url) as store:
        yield store


def counted(store: Store) -> list[DailyCount]:
    return [c for c in store.daily_counts(DAY) if c != DailyCount(c.day, c.configuration_set)]


def hard_bounce(number: float, configuration_set: str = "") -> Feedback:
    bounce = soft_bounce(number, counts_as="bounce", configuration_set=configuration_set)
    return dataclasses.replace(bounce, identity=f"hard {number}")


def test_each_kind_counts_in_its_own_column(store: Store) -> None:
    complaint = dataclasses.replace(hard_bounce(3), identity="c", counts_as="complaint")
    record(store, send(1), send(2), delivery(1), hard_bounce(2), soft_bounce(2), complaint)
    assert counted(store) == [DailyCount(DAY, "", 2, 1, 1, 1, 1)]


def test_batches_add_up(store: Store) -> None:
    record(store, send(1))
    record(store, send(2))
    assert counted(store) == [DailyCount(DAY, sends=2)]


def test_days_are_those_of_the_events_in_utc(store: Store) -> None:
    record(store, send(23.9), send(24))
    assert [count.day for count in counted(store)] == [DAY, DAY + dt.timedelta(days=1)]


def test_configuration_sets_are_told_apart(store: Store) -> None:
    record(store, send(1, configuration_set="news"), send(2, configuration_set="orders"))
    assert [count.configuration_set for count in counted(store)] == ["news", "orders"]


def test_recipients_of_one_message_count_each(store: Store) -> None:
    record(store, send(1), send(1, "john@example.com"))
    assert counted(store) == [DailyCount(DAY, sends=2)]


def test_what_comes_again_counts_once(store: Store) -> None:
    for _ in range(2):
        record(store, send(1), send(1), delivery(1), hard_bounce(1), hard_bounce(1))
    assert counted(store) == [DailyCount(DAY, sends=1, deliveries=1, hard_bounces=1)]


@pytest.mark.parametrize("named_first", [False, True])
def test_what_an_identity_tells_too_counts_under_the_configuration_set(
    store: Store, named_first: bool
) -> None:
    # given a delivery and a bounce that come with their configuration set and without
    told: list[list[Feedback | DeliveryEvent]] = [
        [delivery(1), hard_bounce(1)],
        [delivery(1, configuration_set="news"), hard_bounce(1, "news")],
    ]
    for items in told[::-1] if named_first else told:
        record(store, *items)
    # then it counts there, whichever came first
    assert counted(store) == [DailyCount(DAY, "news", deliveries=1, hard_bounces=1)]


def test_both_in_one_batch_count_under_the_configuration_set(store: Store) -> None:
    record(store, delivery(1), delivery(1, configuration_set="news"))
    assert counted(store) == [DailyCount(DAY, "news", deliveries=1)]


def test_what_is_too_old_to_be_told_from_a_repetition_does_not_count(store: Store) -> None:
    week = FeedbackWriter(deduplication_window=dt.timedelta(days=7))
    record(store, send(1), send(25), by=week)
    assert [count.day for count in counted(store)] == [DAY + dt.timedelta(days=1)]


def test_a_rollback_takes_the_counts_back(store: Store) -> None:
    with pytest.raises(RuntimeError), store.write() as transaction:  # noqa: PT012
        transaction.count([send(1)])
        transaction.flush()
        raise RuntimeError
    assert counted(store) == []


def test_sends_and_deliveries_leave_no_rows_of_feedback(store: Store) -> None:
    record(store, send(1), delivery(1))
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM event")).scalar_one() == 0


def test_more_than_a_statement_takes_is_told_apart(store: Store) -> None:
    many = [send(1, f"{number}@example.com") for number in range(6_000)]
    record(store, *many[::3])
    record(store, *(dataclasses.replace(one, configuration_set="news") for one in many))
    assert counted(store) == [DailyCount(DAY, "news", sends=6_000)]


def send_of_news(number: float, configuration_set: str = "") -> DeliveryEvent:
    """A send tells its configuration set always: identities publish none."""
    return send(number, configuration_set="news")


_items = st.lists(
    st.builds(
        lambda number, make, name: make(number, configuration_set=name),
        st.integers(0, 60),
        st.sampled_from(
            [
                send_of_news,
                delivery,
                hard_bounce,
                soft_bounce,
            ]
        ),
        st.sampled_from(["", "news"]),
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(items=_items, data=st.data())
def test_any_order_and_any_repetition_give_the_counts_of_ordered_arrival(
    store: Store, items: list[Feedback | DeliveryEvent], data: st.DataObject
) -> None:
    def told(batches: list[list[Feedback | DeliveryEvent]]) -> list[DailyCount]:
        empty(store)
        for batch in batches:
            record(store, *batch)
        return counted(store)

    # Given what is counted when each comes alone, in the order of happening
    expected = told([[item] for item in sorted(items, key=lambda item: item.happened)])
    # When they come in another order, some repeated, cut into batches
    repeated = data.draw(st.permutations(items + data.draw(st.lists(st.sampled_from(items)))))
    size = data.draw(st.integers(1, len(repeated)))
    # Then the counts are the same.
    assert told([repeated[at : at + size] for at in range(0, len(repeated), size)]) == expected
