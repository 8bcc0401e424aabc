import datetime as dt
from collections.abc import Callable

import pytest

from suppression_service.store import (
    Effect,
    Feedback,
    NewSuppression,
    Reason,
    Removal,
    Store,
    Suppression,
)

JANE = "jane@example.com"
At = Callable[[dt.datetime], Store]


def day(number: int) -> dt.datetime:
    return dt.datetime(2026, 3, number, tzinfo=dt.UTC)


def suppress(store: Store, *new: NewSuppression) -> None:
    with store.write() as transaction:
        transaction.suppress(new)


def removed(store: Store, removal: Removal) -> list[Suppression]:
    with store.write() as transaction:
        [entries] = transaction.unsuppress([removal])
    return entries


def bounce(happened: dt.datetime, identity: str = "b1") -> Feedback:
    return Feedback(
        provider="ses",
        kind="Bounce",
        identity=identity,
        address=JANE,
        happened=happened,
        feedback_id=identity,
        message_id=f"mail of {identity}",
        diagnostic=f"said by {identity}",
        effect=Effect(Reason.HARD_BOUNCE),
    )


def record(store: Store, *feedback: Feedback) -> list[bool]:
    with store.write() as transaction:
        return transaction.record(feedback)


def test_a_removal_leaves_a_tombstone_that_says_who_and_why(at: At) -> None:
    # Given an entry
    suppress(at(day(1)), NewSuppression(JANE, Reason.MANUAL, source="import", detail="old list"))
    # When it is removed
    entries = removed(at(day(2)), Removal(JANE, source="desk", detail="asked to"))
    # Then both the answer and the row say so.
    [tombstone] = at(day(2)).address(JANE).suppressions
    assert entries == [tombstone]
    assert (tombstone.removed, tombstone.removed_by) == (day(2), "desk")
    assert tombstone.removal_detail == "asked to"
    assert (tombstone.source, tombstone.detail) == ("import", "old list")


@pytest.mark.parametrize(
    ("removal", "gone"),
    [
        (Removal(JANE), {"|COMPLAINT", "|MANUAL", "news|MANUAL"}),
        (Removal(JANE, Reason.MANUAL), {"|MANUAL", "news|MANUAL"}),
        (Removal(JANE, stream=""), {"|COMPLAINT", "|MANUAL"}),
        (Removal(JANE, stream="news"), {"news|MANUAL"}),
        (Removal(JANE, Reason.MANUAL, ""), {"|MANUAL"}),
        (Removal(JANE, Reason.SOFT_BOUNCE), set()),
        (Removal("june@example.com"), set()),
    ],
    ids=["all", "a reason", "all mail", "a stream", "both", "nothing there", "a stranger"],
)
def test_a_removal_takes_what_it_names_and_nothing_else(
    at: At, removal: Removal, gone: set[str]
) -> None:
    # Given entries of several reasons and streams
    suppress(
        at(day(1)),
        NewSuppression(JANE, Reason.COMPLAINT),
        NewSuppression(JANE, Reason.MANUAL),
        NewSuppression(JANE, Reason.MANUAL, "news"),
    )
    # When some are removed
    entries = removed(at(day(2)), removal)
    # Then those, and only those, are not active.
    assert {f"{entry.stream}|{entry.reason.name}" for entry in entries} == gone
    active = [e for e in at(day(2)).address(JANE).suppressions if e.is_active(day(2))]
    assert len(active) == 3 - len(gone)


def test_a_second_removal_removes_nothing(at: At) -> None:
    suppress(at(day(1)), NewSuppression(JANE, Reason.MANUAL))
    removed(at(day(2)), Removal(JANE))
    assert removed(at(day(3)), Removal(JANE)) == []


def test_an_expired_entry_is_not_returned_as_removed(at: At) -> None:
    suppress(at(day(1)), NewSuppression(JANE, Reason.MANUAL, expires=day(2)))
    assert removed(at(day(3)), Removal(JANE)) == []


def test_feedback_older_than_the_removal_does_not_bring_the_entry_back(at: At) -> None:
    # Given a bounce that was removed
    record(at(day(2)), bounce(day(1)))
    removed(at(day(3)), Removal(JANE))
    # When an older one comes late
    assert record(at(day(4)), bounce(day(2), "late")) == [True]
    # Then it is counted, and the entry stays removed.
    [entry] = at(day(4)).address(JANE).suppressions
    assert (entry.removed, entry.occurrences) == (day(3), 2)


def test_a_replay_after_the_removal_changes_nothing(at: At) -> None:
    record(at(day(2)), bounce(day(1)))
    removed(at(day(3)), Removal(JANE))
    before = at(day(4)).address(JANE).suppressions
    assert record(at(day(4)), bounce(day(1))) == [False]
    assert at(day(4)).address(JANE).suppressions == before


def test_feedback_of_the_same_time_as_the_removal_does_not_undo_it(at: At) -> None:
    record(at(day(2)), bounce(day(1)))
    removed(at(day(3)), Removal(JANE))
    record(at(day(4)), bounce(day(3), "same time"))
    [entry] = at(day(4)).address(JANE).suppressions
    assert entry.removed == day(3)


def test_feedback_newer_than_the_removal_brings_the_entry_back(at: At) -> None:
    record(at(day(2)), bounce(day(1)))
    removed(at(day(3)), Removal(JANE, source="desk", detail="asked to"))
    record(at(day(5)), bounce(day(4), "new"))
    [entry] = at(day(5)).address(JANE).suppressions
    assert entry.is_active(day(5))
    assert (entry.removed_by, entry.removal_detail) == ("", "")
    assert (entry.feedback_id, entry.detail) == ("new", "said by new")
    assert (entry.first_seen, entry.last_seen, entry.occurrences) == (day(1), day(4), 2)


def test_a_removal_that_names_a_reason_is_remembered_where_nothing_is_active(at: At) -> None:
    # Given nothing, when a bounce is removed before it has come
    assert removed(at(day(3)), Removal(JANE, Reason.HARD_BOUNCE)) == []
    # Then the bounce, when it comes, has no effect.
    record(at(day(4)), bounce(day(2)))
    [entry] = at(day(4)).address(JANE).suppressions
    assert entry.removed == day(3)
    assert entry.occurrences == 1


@pytest.mark.parametrize("happened", [day(2), day(4)], ids=["older", "newer"])
def test_a_removal_where_nothing_is_active_is_nothing_that_was_seen(
    at: At, happened: dt.datetime
) -> None:
    removed(at(day(3)), Removal(JANE, Reason.HARD_BOUNCE))
    record(at(day(5)), bounce(happened))
    [entry] = at(day(5)).address(JANE).suppressions
    assert (entry.first_seen, entry.last_seen, entry.occurrences) == (happened, happened, 1)
    assert (entry.source, entry.feedback_id) == ("ses", "b1")


def test_an_entry_made_after_a_bare_removal_is_first_seen_then(at: At) -> None:
    removed(at(day(1)), Removal(JANE, Reason.MANUAL))
    suppress(at(day(3)), NewSuppression(JANE, Reason.MANUAL))
    [entry] = at(day(3)).address(JANE).suppressions
    assert (entry.first_seen, entry.last_seen, entry.occurrences) == (day(3), day(3), 1)


def test_an_entry_that_feedback_makes_after_a_bare_removal_names_its_provider(at: At) -> None:
    removed(at(day(1)), Removal(JANE, Reason.HARD_BOUNCE, source="desk"))
    record(at(day(3)), bounce(day(2)))
    [entry] = at(day(3)).address(JANE).suppressions
    assert entry.source == "ses"


def test_an_entry_that_feedback_brings_back_names_its_provider(at: At) -> None:
    # Given a bounce that somebody typed in and took back
    suppress(at(day(1)), NewSuppression(JANE, Reason.HARD_BOUNCE, source="desk"))
    removed(at(day(2)), Removal(JANE))
    # When the address really bounces
    record(at(day(4)), bounce(day(3)))
    # Then the entry is the provider's.
    [entry] = at(day(4)).address(JANE).suppressions
    assert entry.source == "ses"


def test_a_removal_without_a_reason_leaves_no_tombstone_where_nothing_is_active(at: At) -> None:
    removed(at(day(1)), Removal(JANE))
    assert at(day(1)).address(JANE).suppressions == []
