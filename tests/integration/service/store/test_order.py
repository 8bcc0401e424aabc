"""One write transaction takes any number of calls, in any order."""

import dataclasses
import datetime as dt
from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suppression_service.store import (
    DeliveryEvent,
    DeliveryEventKind,
    Effect,
    Erasure,
    Feedback,
    NewSuppression,
    Reason,
    Removal,
    SoftBounceHistory,
    Store,
    Suppression,
    WriteTransaction,
)
from tests.support.tables import rows_as_text

JANE, JUNE = "jane@example.com", "june@example.com"
START = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
NOW = START + dt.timedelta(days=2)
At = Callable[[dt.datetime], Store]
Call = Callable[[WriteTransaction], object]


def hour(number: int) -> dt.datetime:
    return START + dt.timedelta(hours=number)


def soft_bounce(number: int, address: str = JANE) -> Feedback:
    return Feedback(
        provider="ses",
        kind="Bounce",
        identity=f"soft {number}",
        address=address,
        happened=hour(number),
        message_id=f"mail {number}",
        action="failed",
        counts_as="soft bounce",
    )


def hard_bounce(number: int, address: str = JANE) -> Feedback:
    bounce = soft_bounce(number, address)
    return dataclasses.replace(
        bounce,
        identity=f"hard {number}",
        counts_as="bounce",
        effect=Effect(Reason.HARD_BOUNCE),
    )


def delivery(number: int, address: str = JANE) -> DeliveryEvent:
    return DeliveryEvent(DeliveryEventKind.DELIVERY, f"delivered {number}", address, hour(number))


def histories_of(store: Store) -> dict[str, SoftBounceHistory]:
    """The soft-bounce histories as a later transaction reads them."""
    with store.write() as transaction:
        transaction.record([soft_bounce(47, address) for address in (JANE, JUNE)])
        histories = transaction.soft_bounce_histories(START - dt.timedelta(days=1))
    return {history.address: history for history in histories}


def test_soft_bounces_need_not_be_read_to_be_recorded(at: At) -> None:
    with at(NOW).write() as transaction:
        transaction.record([soft_bounce(1), soft_bounce(2)])
    assert [bounce.happened for bounce in histories_of(at(NOW))[JANE].bounces] == [
        *(hour(1), hour(2), hour(47))
    ]


def test_a_delivery_after_the_histories_were_read_resets_them(at: At) -> None:
    with at(NOW).write() as transaction:
        transaction.record([soft_bounce(1)])
        transaction.soft_bounce_histories(START)
        transaction.count([delivery(2)])
    assert histories_of(at(NOW))[JANE].reset == hour(2)


def test_an_entry_for_soft_bounces_need_not_be_loaded_to_be_changed(at: At) -> None:
    # Given an entry for a soft bounce
    with at(NOW).write() as transaction:
        transaction.record([soft_bounce(1)])
        [history] = transaction.soft_bounce_histories(START)
        transaction.suppress_soft_bounces(JANE, history.bounces, "ses", hour(99))
    # When other transactions change it at once
    with at(NOW).write() as transaction:
        transaction.suppress_soft_bounces(JANE, history.bounces, "ses", hour(100))
    with at(NOW).write() as transaction:
        transaction.lift_soft_bounces(JANE, "ses", hour(3))
    # Then it is the same entry.
    [entry] = at(NOW).address(JANE).suppressions
    assert (entry.expires, entry.removed) == (hour(100), hour(3))


def _records(pieces: list[Feedback]) -> Call:
    return lambda transaction: transaction.record(pieces)


def _counts(events: list[DeliveryEvent]) -> Call:
    return lambda transaction: transaction.count(events)


def _reads(transaction: WriteTransaction) -> object:
    return transaction.soft_bounce_histories(START)


def _suppresses(transaction: WriteTransaction) -> object:
    return transaction.suppress([NewSuppression(JANE, Reason.MANUAL, "news")])


def _removes(transaction: WriteTransaction) -> object:
    return transaction.unsuppress([Removal(JUNE, Reason.SOFT_BOUNCE)])


_addresses = st.sampled_from([JANE, JUNE])
_hours = st.integers(0, 40)
_pieces = st.builds(soft_bounce, _hours, _addresses) | st.builds(hard_bounce, _hours, _addresses)
_deliveries = st.builds(delivery, _hours, _addresses)
_calls = st.lists(
    st.builds(_records, st.lists(_pieces, max_size=3))
    | st.builds(_counts, st.lists(_deliveries, max_size=2))
    | st.sampled_from([_reads, _suppresses, _removes]),
    min_size=2,
    max_size=6,
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(calls=_calls, data=st.data())
def test_any_order_of_the_calls_gives_the_same_list_and_the_same_histories(
    at: At, emptied: Callable[[], Store], calls: list[Call], data: st.DataObject
) -> None:
    def result_of(calls: list[Call]) -> tuple[set[Suppression], object, object]:
        emptied()
        store = at(NOW)
        with store.write() as transaction:
            for call in calls:
                call(transaction)
        entries = {
            dataclasses.replace(entry, revision=0)
            for address in (JANE, JUNE)
            for entry in store.address(address).suppressions
        }
        return entries, store.daily_counts(START.date()), histories_of(store)

    assert result_of(calls) == result_of(data.draw(st.permutations(calls)))


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(calls=_calls, position=st.integers(0, 6))
def test_an_erasure_between_any_calls_leaves_no_address(
    emptied: Callable[[], Store], at: At, calls: list[Call], position: int
) -> None:
    store = emptied()
    # Given a transaction that erases somebody who is on the list between other calls
    with at(NOW).write() as transaction:
        transaction.suppress([NewSuppression(JANE, Reason.UNSUBSCRIBE)])
        for call in calls[:position]:
            call(transaction)
        transaction.erase([Erasure(JANE)])
        for call in calls[position:]:
            call(transaction)
    # Then no row has the address.
    assert "jane" not in rows_as_text(store)
