"""Feedback that removes an entry: the recipient wants the mail again."""

import dataclasses
import datetime as dt
import itertools
from collections.abc import Callable, Sequence

import pytest

from suppression_service.store import (
    Effect,
    Feedback,
    NewSuppression,
    Reason,
    Store,
    Suppression,
)

JANE = "jane@example.com"
At = Callable[[dt.datetime], Store]


def day(number: int) -> dt.datetime:
    return dt.datetime(2026, 3, number, tzinfo=dt.UTC)


def left(number: int) -> Feedback:
    return Feedback(
        provider="ses",
        kind="Subscription",
        identity=f"left {number}",
        address=JANE,
        happened=day(number),
        effect=Effect(Reason.UNSUBSCRIBE, "letters"),
    )


def opted_in(number: int) -> Feedback:
    effect = Effect(Reason.UNSUBSCRIBE, "letters", removes=True)
    return dataclasses.replace(left(number), identity=f"opted in {number}", effect=effect)


def record(store: Store, pieces: Sequence[Feedback]) -> None:
    for piece in pieces:
        with store.write() as transaction:
            transaction.record([piece])


def only_entry(store: Store) -> Suppression:
    [entry] = store.address(JANE).suppressions
    return entry


@pytest.mark.parametrize("order", [*itertools.permutations([left(1), opted_in(2), left(3)])])
def test_leaving_last_suppresses_in_whatever_order_it_is_reported(
    at: At, order: Sequence[Feedback]
) -> None:
    record(at(day(9)), order)
    entry = only_entry(at(day(9)))
    assert (entry.removed, entry.last_seen, entry.occurrences) == (None, day(3), 2)


@pytest.mark.parametrize("order", [*itertools.permutations([left(1), opted_in(2), opted_in(4)])])
def test_opting_in_last_removes_in_whatever_order_it_is_reported(
    at: At, order: Sequence[Feedback]
) -> None:
    record(at(day(9)), order)
    entry = only_entry(at(day(9)))
    assert (entry.removed, entry.removed_by, entry.occurrences) == (day(4), "opt-in", 1)


def test_opting_in_is_recorded_as_feedback_that_suppressed_nothing(at: At) -> None:
    record(at(day(9)), [left(1), opted_in(2)])
    assert [event.reason for event in at(day(9)).address(JANE).events] == [None, Reason.UNSUBSCRIBE]


def test_opting_in_leaves_the_entry_of_another_source(at: At) -> None:
    # Given an unsubscribe that a program reported
    with at(day(1)).write() as transaction:
        new = NewSuppression(JANE, Reason.UNSUBSCRIBE, "letters", source="shop")
        transaction.suppress([new])
    # When the recipient opts in again at SES
    record(at(day(9)), [left(2), opted_in(3)])
    # Then the entry stays.
    assert only_entry(at(day(9))).removed is None
