import dataclasses
import datetime as dt
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suppression_service.store import (
    AddressRecord,
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


def bounce(happened: dt.datetime, identity: str = "b1") -> Feedback:
    return Feedback(
        provider="ses",
        kind="Bounce",
        identity=identity,
        address=JANE,
        happened=happened,
        type="Permanent",
        sub_type="NoEmail",
        feedback_id=identity,
        message_id=f"mail of {identity}",
        configuration_set="marketing",
        action="failed",
        status="5.1.1",
        diagnostic=f"said by {identity}",
        counts_as="bounce",
        effect=Effect(Reason.HARD_BOUNCE),
    )


def soft(happened: dt.datetime, identity: str, expires: dt.datetime | None) -> Feedback:
    effect = Effect(Reason.SOFT_BOUNCE, expires=expires)
    return dataclasses.replace(bounce(happened, identity), effect=effect)


def record(store: Store, *feedback: Feedback) -> list[bool]:
    with store.write() as transaction:
        return transaction.record(feedback)


def only_entry(store: Store) -> Suppression:
    [entry] = store.address(JANE).suppressions
    return entry


def test_feedback_makes_an_entry_that_names_its_origin(at: At) -> None:
    # Given a bounce of the first that is recorded on the fourth
    assert record(at(day(4)), bounce(day(1))) == [True]
    # Then the entry is dated by the bounce and names it.
    entry = only_entry(at(day(4)))
    assert (entry.reason, entry.stream, entry.source) == (Reason.HARD_BOUNCE, "", "ses")
    assert (entry.first_seen, entry.last_seen) == (day(1), day(1))
    assert (entry.message_id, entry.feedback_id) == ("mail of b1", "b1")
    assert (entry.detail, entry.occurrences, entry.expires) == ("said by b1", 1, None)


def test_feedback_is_remembered_whole(at: At) -> None:
    record(at(day(4)), bounce(day(1)))
    [event] = at(day(4)).address(JANE).events
    assert (event.kind, event.type, event.sub_type) == ("Bounce", "Permanent", "NoEmail")
    assert (event.feedback_id, event.message_id) == ("b1", "mail of b1")
    assert (event.configuration_set, event.status) == ("marketing", "5.1.1")
    assert (event.diagnostic, event.counts_as) == ("said by b1", "bounce")
    assert (event.reason, event.happened, event.received) == (Reason.HARD_BOUNCE, day(1), day(4))


def test_feedback_without_an_effect_is_remembered_and_changes_nothing(at: At) -> None:
    assert record(at(day(1)), dataclasses.replace(bounce(day(1)), effect=None)) == [True]
    known = at(day(1)).address(JANE)
    assert known.suppressions == []
    assert [event.reason for event in known.events] == [None]


def test_feedback_without_an_address_is_remembered_once_and_changes_nothing(at: At) -> None:
    nobody = dataclasses.replace(bounce(day(1)), address="")
    assert record(at(day(1)), nobody, nobody) == [True, False]
    assert at(day(1)).changes(0, 10).changes == []


def test_no_feedback_is_no_error(at: At) -> None:
    assert record(at(day(1))) == []


@pytest.mark.parametrize("change", ["provider", "kind", "identity", "address"])
def test_feedback_is_the_same_only_if_it_agrees_in(at: At, change: str) -> None:
    other = dataclasses.replace(bounce(day(1)), **{change: "other@x.org"})  # type: ignore[arg-type]
    assert record(at(day(1)), bounce(day(1)), other) == [True, True]


def test_parts_of_the_identity_cannot_be_shifted_into_each_other(at: At) -> None:
    one = dataclasses.replace(bounce(day(1)), kind="Bounce", identity="1:b")
    other = dataclasses.replace(bounce(day(1)), kind="Bounce1:", identity="b")
    assert record(at(day(1)), one, other) == [True, True]


def test_feedback_that_comes_twice_in_one_batch_counts_once(at: At) -> None:
    # Given the same bounce twice, differently worded, around another
    again = dataclasses.replace(bounce(day(1)), diagnostic="worded anew")
    # When all come in one batch, then the second is not new
    assert record(at(day(2)), bounce(day(1)), bounce(day(1), "b2"), again) == [True, True, False]
    # and what is remembered is the first.
    assert only_entry(at(day(2))).occurrences == 2
    said = {event.diagnostic for event in at(day(2)).address(JANE).events}
    assert said == {"said by b1", "said by b2"}


def test_feedback_that_comes_twice_in_one_transaction_counts_once(at: At) -> None:
    with at(day(1)).write() as transaction:
        assert transaction.record([bounce(day(1))]) == [True]
        assert transaction.record([bounce(day(1))]) == [False]
    assert only_entry(at(day(1))).occurrences == 1


def test_more_feedback_than_a_statement_takes_is_recognised(at: At) -> None:
    # Given 2,500 bounces, each third of which was recorded before
    many = [bounce(day(1), f"b{number}") for number in range(2_500)]
    record(at(day(1)), *many[::3])
    # When all come, then exactly the others are new.
    assert record(at(day(1)), *many) == [number % 3 != 0 for number in range(2_500)]
    assert only_entry(at(day(1))).occurrences == 2_500


def test_a_rollback_leaves_neither_the_memory_nor_the_effect(at: At) -> None:
    # Given a transaction that fails after a bounce was recorded in it
    with pytest.raises(RuntimeError), at(day(1)).write() as transaction:  # noqa: PT012
        transaction.record([bounce(day(1))])
        transaction.flush()
        raise RuntimeError
    # Then nothing is known of it
    assert at(day(1)).address(JANE) == AddressRecord([], [], 0)
    # and it is new when it comes again.
    assert record(at(day(1)), bounce(day(1))) == [True]


def test_one_effect_that_cannot_be_written_takes_the_memory_of_all_back(at: At) -> None:
    # Given a batch in which a stream's name is longer than its column on PostgreSQL,
    # and on both engines the second row of the list breaks a rule
    broken = dataclasses.replace(
        bounce(day(1), "b2"),
        effect=Effect(Reason.HARD_BOUNCE, stream=None),  # type: ignore[arg-type]
    )
    with pytest.raises(Exception):  # noqa: B017, PT011 - each driver has its own
        record(at(day(1)), bounce(day(1)), broken)
    assert at(day(1)).address(JANE) == AddressRecord([], [], 0)


def test_newer_feedback_replaces_the_texts(at: At) -> None:
    record(at(day(2)), bounce(day(1)))
    record(at(day(4)), bounce(day(3), "b2"))
    entry = only_entry(at(day(4)))
    assert (entry.detail, entry.message_id, entry.feedback_id) == (
        "said by b2",
        "mail of b2",
        "b2",
    )
    assert (entry.first_seen, entry.last_seen) == (day(1), day(3))


def test_older_feedback_that_comes_late_does_not_replace_newer_texts(at: At) -> None:
    record(at(day(4)), bounce(day(3), "b2"))
    record(at(day(5)), bounce(day(1)))
    entry = only_entry(at(day(5)))
    assert (entry.feedback_id, entry.occurrences) == ("b2", 2)
    assert (entry.first_seen, entry.last_seen) == (day(1), day(3))


def test_feedback_does_not_overwrite_an_entry_of_another_reason(at: At) -> None:
    # Given a complaint
    effect = Effect(Reason.COMPLAINT)
    complaint = dataclasses.replace(bounce(day(1), "c1"), kind="Complaint", effect=effect)
    record(at(day(1)), complaint)
    # When the address bounces, then both are active.
    record(at(day(2)), bounce(day(2)))
    reasons = [entry.reason for entry in at(day(2)).address(JANE).suppressions]
    assert reasons == [Reason.COMPLAINT, Reason.HARD_BOUNCE]


def test_feedback_counts_for_its_stream_alone(at: At) -> None:
    # Given entries of one reason, one for all mail, one for a stream
    on_news = dataclasses.replace(
        bounce(day(2), "u1"), effect=Effect(Reason.UNSUBSCRIBE, stream="news")
    )
    for_all = dataclasses.replace(bounce(day(2), "u2"), effect=Effect(Reason.UNSUBSCRIBE))
    record(at(day(2)), on_news, for_all)
    # When feedback comes for the stream, then only that entry counts it.
    record(at(day(3)), dataclasses.replace(on_news, identity="u3"))
    known = at(day(3)).address(JANE).suppressions
    assert {entry.stream: entry.occurrences for entry in known} == {"news": 2, "": 1}


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        pytest.param(day(8), day(9), day(9), id="later"),
        pytest.param(day(9), day(8), day(9), id="earlier"),
        pytest.param(None, day(9), None, id="from for ever"),
        pytest.param(day(9), None, None, id="to for ever"),
    ],
)
def test_of_two_ends_the_later_holds(
    at: At, first: dt.datetime | None, second: dt.datetime | None, kept: dt.datetime | None
) -> None:
    record(at(day(1)), soft(day(1), "s1", first))
    record(at(day(2)), soft(day(2), "s2", second))
    assert only_entry(at(day(2))).expires == kept


def test_an_entry_brought_back_ends_when_the_new_feedback_says(at: At) -> None:
    # Given an entry for ever that was removed
    with at(day(1)).write() as transaction:
        transaction.suppress([NewSuppression(JANE, Reason.SOFT_BOUNCE)])
    with at(day(2)).write() as transaction:
        transaction.unsuppress([Removal(JANE)])
    # When new feedback suppresses for a while, then for that while.
    record(at(day(3)), soft(day(3), "s1", day(9)))
    assert only_entry(at(day(3))).expires == day(9)


_pieces = st.lists(
    st.builds(
        lambda hour, reason, stream, ends: Feedback(
            provider="ses",
            kind="Bounce",
            identity=f"f{hour}",
            feedback_id=f"f{hour}",
            address=JANE,
            happened=day(1) + dt.timedelta(hours=hour),
            effect=Effect(reason, stream, ends and day(ends)),
        ),
        st.integers(0, 48),
        st.sampled_from([Reason.SOFT_BOUNCE, Reason.COMPLAINT]),
        st.sampled_from(["", "news"]),
        st.sampled_from([None, 5, 6]),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda piece: piece.identity,
)


def _for_ever(effect: Effect | None) -> Effect | None:
    return effect and dataclasses.replace(effect, expires=None)


def _entries_of(store: Store) -> set[Suppression]:
    return {dataclasses.replace(e, revision=0) for e in store.address(JANE).suppressions}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(pieces=_pieces, removed_on=st.sampled_from([None, 1, 2]), data=st.data())
def test_feedback_any_number_of_times_in_any_order_gives_the_same_list(
    at: At,
    emptied: Callable[[], Store],
    pieces: list[Feedback],
    removed_on: int | None,
    data: st.DataObject,
) -> None:
    def result_of(batches: list[list[Feedback]]) -> tuple[set[Suppression], int]:
        emptied()
        if removed_on:
            with at(day(removed_on)).write() as transaction:
                for reason in (Reason.SOFT_BOUNCE, Reason.COMPLAINT):
                    transaction.unsuppress([Removal(JANE, reason)])
        for batch in batches:
            record(at(day(3)), *batch)
        return _entries_of(at(day(3))), len(at(day(3)).address(JANE).events)

    if removed_on:  # Ends from before a removal that was undone are not distinguished.
        pieces = [dataclasses.replace(p, effect=_for_ever(p.effect)) for p in pieces]
    # Given what the list is when each piece comes once, in the order of happening
    in_order = sorted(pieces, key=lambda piece: piece.happened)
    expected = result_of([in_order])
    # When they come in another order, some repeated, cut into batches
    repeated = data.draw(st.permutations(pieces + data.draw(st.lists(st.sampled_from(pieces)))))
    cut = data.draw(st.integers(0, len(repeated)))
    # Then the list is the same.
    assert result_of([repeated[:cut], repeated[cut:]]) == expected
