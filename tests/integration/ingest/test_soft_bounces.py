import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from suppression_ingest.pipeline import FeedbackWriter
from suppression_ingest.soft_bounces import SoftBouncePolicy
from suppression_service.store import (
    DeliveryEvent,
    Feedback,
    NewSuppression,
    Reason,
    Removal,
    Store,
    Suppression,
)
from tests.support.tables import empty
from tests.support.timeline import (
    JANE,
    active_entries,
    delivery,
    hour,
    opened_store,
    record,
    soft_bounce,
)

THREE = FeedbackWriter(SoftBouncePolicy(limit=3, within=dt.timedelta(hours=24)))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with opened_store(database_url) as store:
        yield store


@pytest.fixture
def at(store: Store) -> Callable[[float], Store]:
    """The same store at an hour of the test's choosing."""
    return lambda number: Store(store.engine, now=lambda: hour(number))


def five() -> list[Feedback]:
    return [soft_bounce(number) for number in range(1, 6)]


def test_five_soft_bounces_in_a_row_suppress_for_thirty_days(store: Store) -> None:
    record(store, *five())
    [entry] = active_entries(store)
    assert entry.expires == hour(5) + dt.timedelta(days=30)


def test_the_entry_tells_of_the_bounces_that_it_rests_on(store: Store) -> None:
    record(store, *five())
    [entry] = active_entries(store)
    assert (entry.first_seen, entry.last_seen, entry.occurrences) == (hour(1), hour(5), 5)
    assert (entry.source, entry.message_id) == ("ses", "mail 5")


def test_four_soft_bounces_in_a_row_suppress_nobody(store: Store) -> None:
    record(store, *five()[:4])
    assert active_entries(store) == []


def test_bounces_of_different_batches_are_in_one_row(store: Store) -> None:
    for bounce in five():
        record(store, bounce)
    assert len(active_entries(store)) == 1


def test_a_bounce_that_comes_five_times_counts_once(store: Store) -> None:
    for _ in range(5):
        record(store, soft_bounce(1), soft_bounce(1))
    assert active_entries(store) == []


def test_a_message_that_bounces_five_times_counts_once(store: Store) -> None:
    record(store, *(soft_bounce(number, message="one mail") for number in range(5)))
    assert active_entries(store) == []


def test_bounces_that_lie_too_far_apart_are_no_row(store: Store) -> None:
    record(store, soft_bounce(1), soft_bounce(13), soft_bounce(25), by=THREE)
    assert active_entries(store) == []


def test_a_bounce_that_is_only_delayed_does_not_count(store: Store) -> None:
    record(store, *five()[:4], soft_bounce(5, action="delayed"))
    assert active_entries(store) == []


def test_what_is_no_soft_bounce_does_not_count(store: Store) -> None:
    record(store, *five()[:4], soft_bounce(5, counts_as=""))
    assert active_entries(store) == []


def test_a_delivery_in_between_begins_the_row_anew(store: Store) -> None:
    record(store, *five()[:4])
    record(store, delivery(4.5))
    record(store, *five()[4:])
    assert active_entries(store) == []


def test_a_delivery_to_somebody_else_resets_nothing(store: Store) -> None:
    record(store, *five()[:4], delivery(4.5, "john@example.com"), *five()[4:])
    assert len(active_entries(store)) == 1


def test_a_delivery_before_the_row_resets_nothing(store: Store) -> None:
    record(store, *five())
    record(store, delivery(0.5))
    assert len(active_entries(store)) == 1


def test_a_delivery_that_came_before_the_first_bounce_was_known_resets(store: Store) -> None:
    # given a delivery to an address without a history
    record(store, delivery(4.5))
    # when older bounces come late
    record(store, *five())
    # then they count no more
    assert active_entries(store) == []


def test_a_delivery_to_an_address_without_soft_bounces_leaves_no_history(store: Store) -> None:
    record(store, delivery(1))
    with store.engine.connect() as connection:
        rows = connection.execute(text("SELECT count(*) FROM soft_bounce_history")).scalar_one()
    assert rows == 0


def test_a_delivery_removes_the_entry_and_that_is_remembered(store: Store) -> None:
    record(store, *five())
    record(store, delivery(6))
    [entry] = store.address(JANE).suppressions
    assert (entry.removed, entry.removed_by) == (hour(6), "delivery")


def test_a_removal_by_a_delivery_is_told_to_replicas(store: Store) -> None:
    record(store, *five())
    before = store.revision()
    record(store, delivery(6))
    assert [change.removed for change in store.replica_changes(before).entries] == [True]


def test_bounces_after_the_delivery_suppress_again(store: Store) -> None:
    record(store, *five(), delivery(6))
    record(store, *(soft_bounce(number) for number in range(7, 12)))
    [entry] = active_entries(store)
    assert (entry.first_seen, entry.occurrences) == (hour(7), 5)


def test_a_delivery_leaves_what_somebody_else_suppressed(store: Store) -> None:
    with store.write() as transaction:
        transaction.suppress([NewSuppression(JANE, Reason.SOFT_BOUNCE, source="shop")])
    record(store, *five())
    record(store, delivery(6))
    assert [entry.source for entry in active_entries(store)] == ["shop"]


def test_a_delivery_leaves_a_hard_bounce(store: Store) -> None:
    with store.write() as transaction:
        transaction.suppress([NewSuppression(JANE, Reason.HARD_BOUNCE)])
    record(store, soft_bounce(1), delivery(6))
    assert [entry.removed for entry in store.address(JANE).suppressions] == [None]


def test_bounces_from_before_an_unsuppress_do_not_bring_the_entry_back(
    store: Store, at: Callable[[float], Store]
) -> None:
    # given an entry that a person removed after its five bounces
    record(store, *five())
    with at(6).write() as transaction:
        transaction.unsuppress([Removal(JANE)])
    # when an older bounce comes late, and a newer one
    record(store, soft_bounce(0), soft_bounce(7))
    # then there is one since
    assert active_entries(store) == []


def test_five_bounces_after_an_unsuppress_suppress_again(
    store: Store, at: Callable[[float], Store]
) -> None:
    record(store, *five())
    with at(6).write() as transaction:
        transaction.unsuppress([Removal(JANE)])
    record(store, *(soft_bounce(number) for number in range(7, 12)))
    assert [entry.first_seen for entry in active_entries(store)] == [hour(7)]


def test_a_limit_of_0_suppresses_nobody(store: Store) -> None:
    record(store, *five(), by=FeedbackWriter(SoftBouncePolicy(limit=0)))
    assert active_entries(store) == []


def test_bounces_from_before_the_policy_was_switched_on_count(store: Store) -> None:
    record(store, *five()[:4], by=FeedbackWriter(SoftBouncePolicy(limit=0)))
    record(store, *five()[4:])
    assert len(active_entries(store)) == 1


def test_a_milder_policy_leaves_what_stands(store: Store) -> None:
    record(store, *five())
    record(store, soft_bounce(6), by=FeedbackWriter(SoftBouncePolicy(limit=50)))
    assert len(active_entries(store)) == 1


def test_a_bounce_whose_entry_would_have_ended_makes_none(
    store: Store, at: Callable[[float], Store]
) -> None:
    record(at(61 * 24), *five())
    assert store.address(JANE).suppressions == []


_items = st.lists(
    st.builds(
        lambda number, is_delivery, message: (
            delivery(number) if is_delivery else soft_bounce(number, message=message)
        ),
        st.integers(0, 40),
        st.sampled_from([True, False, False]),
        st.sampled_from(["", "", "", "one mail"]),
    ),
    min_size=1,
    max_size=9,
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(items=_items, data=st.data())
def test_any_order_and_any_repetition_give_the_list_of_ordered_arrival(
    store: Store, items: list[Feedback | DeliveryEvent], data: st.DataObject
) -> None:
    def told(batches: list[list[Feedback | DeliveryEvent]]) -> list[Suppression]:
        empty(store)
        for batch in batches:
            record(store, *batch, by=THREE)
        return [dataclasses.replace(entry, revision=0) for entry in active_entries(store)]

    # Given what the list is when each comes once, alone, in the order of happening
    expected = told([[item] for item in sorted(items, key=lambda item: item.happened)])
    # When they come in another order, some repeated, cut into batches
    repeated = data.draw(st.permutations(items + data.draw(st.lists(st.sampled_from(items)))))
    size = data.draw(st.integers(1, len(repeated)))
    # Then the list is the same.
    assert told([repeated[at : at + size] for at in range(0, len(repeated), size)]) == expected
