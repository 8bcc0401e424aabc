import contextlib
import dataclasses
import datetime as dt
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url

from suppression_ingest.pipeline import FeedbackWriter
from suppression_ingest.soft_bounces import SoftBouncePolicy
from suppression_service.store import (
    DeletionCutoffs,
    Effect,
    Erased,
    Erasure,
    Feedback,
    NewSuppression,
    Reason,
    Removal,
    Store,
    Suppression,
    WriteTransaction,
)
from tests.support.tables import rows_as_text

JANE = "jane@example.com"
At = Callable[[dt.datetime], Store]

#: Words that occur only in what is stored about Jane: none may be left.
OF_JANE = ("jane", "quoth", "mail of", "feedback of", "said")


def day(number: int) -> dt.datetime:
    return dt.datetime(2026, 3, number, tzinfo=dt.UTC)


def bounce(happened: dt.datetime, identity: str = "b1", **changes: Any) -> Feedback:
    piece = Feedback(
        provider="ses",
        kind="Bounce",
        identity=identity,
        address=JANE,
        happened=happened,
        type="Permanent",
        sub_type="NoEmail",
        feedback_id=f"feedback of {identity}",
        message_id=f"mail of {identity}",
        configuration_set="marketing",
        action="failed",
        status="5.1.1",
        diagnostic=f"quoth {identity}: no {JANE} here",
        counts_as="bounce",
        effect=Effect(Reason.HARD_BOUNCE),
    )
    return dataclasses.replace(piece, **changes)


def soft_bounce(happened: dt.datetime, identity: str) -> Feedback:
    return bounce(happened, identity, type="Transient", counts_as="soft bounce", effect=None)


def record(store: Store, *feedback: Feedback) -> list[bool]:
    return FeedbackWriter(SoftBouncePolicy(limit=3), retries=True).write(store, feedback, [])


def suppress(store: Store, *new: NewSuppression) -> list[Suppression]:
    with store.write() as transaction:
        return [done.suppression for done in transaction.suppress(new)]


def erase(store: Store, address: str = JANE) -> Erased:
    with store.write() as transaction:
        [erased] = transaction.erase([Erasure(address, "request 7")])
    return erased


def as_replicas_see_it(store: Store) -> set[tuple[int, int]]:
    """The fingerprints and words of all active entries."""
    changes = store.replica_changes(0).entries
    return {(change.fingerprint, change.word) for change in changes if not change.removed}


@pytest.fixture
def known(at: At) -> Store:
    """A store with entries and feedback about Jane, on the ninth day."""
    store = at(day(1))
    record(store, bounce(day(1)), bounce(day(2), "c1", effect=Effect(Reason.COMPLAINT)))
    suppress(store, NewSuppression(JANE, Reason.MANUAL, "news", "crm", "said so", day(20)))
    suppress(store, NewSuppression(JANE, Reason.UNSUBSCRIBE, detail="said so"))
    with store.write() as transaction:
        transaction.unsuppress([Removal(JANE, Reason.UNSUBSCRIBE, detail="jane said so")])
    record(store, soft_bounce(day(3), "s1"), soft_bounce(day(4), "s2"))
    return at(day(9))


def test_nothing_about_the_person_is_left_in_any_table(known: Store) -> None:
    assert [word for word in OF_JANE if word in rows_as_text(known)] == [*OF_JANE]
    erase(known)
    assert [word for word in OF_JANE if word in rows_as_text(known)] == []


def test_nothing_about_the_person_is_left_in_the_file(new_sqlite: str) -> None:
    # Given a file with an entry and feedback
    with contextlib.closing(Store.open(new_sqlite)) as store:
        record(store, bounce(day(1)), soft_bounce(day(2), "s1"))
        erase(store)
    # When nobody has it open any more, then it holds no remains of them.
    contents = Path(make_url(new_sqlite).database or "").read_bytes()
    assert [word for word in OF_JANE if word.encode() in contents] == []


def test_replicas_see_no_difference(known: Store) -> None:
    before = as_replicas_see_it(known)
    erase(known)
    assert as_replicas_see_it(known) == before
    assert len(before) == 3


def test_an_erasure_is_listed_as_a_change_of_its_entries(known: Store) -> None:
    before = known.revision()
    erase(known)
    changes = known.changes(before, 10).changes
    assert [entry.reason for entry in changes] == [
        *(Reason.HARD_BOUNCE, Reason.COMPLAINT, Reason.MANUAL, Reason.UNSUBSCRIBE)
    ]
    assert {entry.revision for entry in changes} == {before + 1}


def test_entries_keep_what_they_are_and_when_they_came(known: Store) -> None:
    before = known.address(JANE).suppressions
    erase(known)
    after = known.address(JANE).suppressions
    assert after == [
        dataclasses.replace(
            entry,
            address=after[0].address,
            detail="request 7",
            message_id="",
            feedback_id="",
            removal_detail="",
            revision=known.revision(),
        )
        for entry in before
    ]
    assert after[0].address.startswith("erased:")


def test_an_erasure_returns_how_much_it_changed(known: Store) -> None:
    assert erase(known) == Erased(suppressions=4, events=4)


def test_an_erased_address_shows_no_feedback(known: Store) -> None:
    erase(known)
    record(known, bounce(day(9), "b9"))
    assert known.address(JANE).events == []


def test_erasing_again_changes_nothing(known: Store) -> None:
    erase(known)
    before = known.address(JANE).suppressions
    assert erase(known) == Erased(0, 0)
    assert known.address(JANE).suppressions == before


def test_of_an_address_that_is_not_known_nothing_is_stored(store: Store) -> None:
    before = rows_as_text(store)
    assert erase(store) == Erased(0, 0)
    assert rows_as_text(store).replace("(1, 1, ", "(1, 0, ") == before


def test_feedback_about_an_address_that_is_on_no_list_is_forgotten(store: Store) -> None:
    # Given a soft bounce alone
    record(store, soft_bounce(day(1), "s1"))
    # When its address is erased, then nothing is left to know the address by.
    assert erase(store) == Erased(suppressions=0, events=1)
    assert [word for word in OF_JANE if word in rows_as_text(store)] == []
    record(store, bounce(day(3)))
    assert [entry.address for entry in store.address(JANE).suppressions] == [JANE]


def test_others_are_left_alone(known: Store) -> None:
    june = "june@example.com"
    record(known, bounce(day(1), address=june))
    before = known.address(june).suppressions, known.address(june).events
    erase(known)
    assert (known.address(june).suppressions, known.address(june).events) == before


# --- what comes later ----------------------------------------------------------------------------


LATER: dict[str, Callable[[WriteTransaction], object]] = {
    "a bounce": lambda t: t.record([bounce(day(10), "b10")]),
    "a complaint": lambda t: t.record([bounce(day(10), "c10", effect=Effect(Reason.COMPLAINT))]),
    "an opt-out": lambda t: t.record(
        [bounce(day(10), "u10", effect=Effect(Reason.UNSUBSCRIBE, "news"))]
    ),
    "a soft bounce": lambda t: t.record([soft_bounce(day(10), "s10")]),
    "a call": lambda t: t.suppress([NewSuppression(JANE, Reason.MANUAL, detail="jane")]),
    "a call for what was removed": lambda t: t.suppress(
        [NewSuppression(JANE, Reason.UNSUBSCRIBE, detail="jane")]
    ),
    "a removal": lambda t: t.unsuppress([Removal(JANE, detail="jane")]),
    "a removal of what is not there": lambda t: t.unsuppress(
        [Removal(JANE, Reason.SOFT_BOUNCE, detail="jane")]
    ),
}


@pytest.mark.parametrize("later", LATER.values(), ids=LATER)
def test_what_comes_later_does_not_bring_the_person_back(
    known: Store, later: Callable[[WriteTransaction], object]
) -> None:
    erase(known)
    with known.write() as transaction:
        later(transaction)
    assert [word for word in OF_JANE if word in rows_as_text(known)] == []


def test_a_later_bounce_counts_and_blocks_as_any(known: Store) -> None:
    # Given an address that was erased, and taken off the list
    erase(known)
    with known.write() as transaction:
        transaction.unsuppress([Removal(JANE)])
    # When it bounces again
    assert record(known, bounce(day(10), "b10")) == [True]
    # Then it is blocked again, under the same name.
    [bounced] = [e for e in known.address(JANE).suppressions if e.removed is None]
    assert (bounced.reason, bounced.occurrences) == (Reason.HARD_BOUNCE, 2)
    assert (bounced.address, bounced.detail) == (
        known.changes(0, 1).changes[0].address,
        "request 7",
    )
    assert sum(count.hard_bounces for count in known.daily_counts(day(1).date())) == 3


def test_a_later_complaint_is_an_entry_of_its_own(at: At) -> None:
    record(at(day(1)), bounce(day(1)))
    erase(at(day(2)))
    before = as_replicas_see_it(at(day(2)))
    record(at(day(3)), bounce(day(3), "c3", effect=Effect(Reason.COMPLAINT)))
    [(mark, _)] = before
    marks = {mark for mark, _ in as_replicas_see_it(at(day(3)))}
    names = {entry.address for entry in at(day(3)).address(JANE).suppressions}
    assert (len(as_replicas_see_it(at(day(3)))), marks, len(names)) == (2, {mark}, 1)


def test_feedback_that_comes_again_after_the_erasure_counts_once(known: Store) -> None:
    erase(known)
    before = known.address(JANE), known.daily_counts(day(1).date())
    assert record(known, bounce(day(1)), soft_bounce(day(3), "s1")) == [False, False]
    after = known.address(JANE), known.daily_counts(day(1).date())
    assert (after[0].suppressions, after[1]) == (before[0].suppressions, before[1])


def test_feedback_whose_memory_is_purged_comes_back_without_the_person(known: Store) -> None:
    # Given an erasure, after which everything that is old was forgotten
    erase(known)
    late = day(30)
    for _ in known.purge(DeletionCutoffs(late, None, None, late, late, late, late)):
        pass
    # When the old feedback is replayed, then it is taken for new and names nobody.
    assert record(known, bounce(day(1))) == [True]
    assert [word for word in OF_JANE if word in rows_as_text(known)] == []


def test_soft_bounces_of_an_erased_address_make_no_entry_and_no_retry(known: Store) -> None:
    erase(known)
    writer = FeedbackWriter(SoftBouncePolicy(limit=1), retries=True)
    writer.write(known, [soft_bounce(day(9), "s9")], [])
    assert Reason.SOFT_BOUNCE not in {e.reason for e in known.address(JANE).suppressions}
    assert known.lease_retries(10, seconds=0) == []


@pytest.mark.parametrize(
    "before",
    [
        lambda t: t.suppress([NewSuppression(JANE, Reason.MANUAL, detail="jane")]),
        lambda t: t.record([bounce(day(1)), soft_bounce(day(2), "s2")]),
    ],
    ids=["a call", "feedback"],
)
def test_what_shares_the_transaction_is_erased_too(
    store: Store, before: Callable[[WriteTransaction], object]
) -> None:
    with store.write() as transaction:
        before(transaction)
        [erased] = transaction.erase([Erasure(JANE)])
        before(transaction)
    assert erased.suppressions == 1
    assert [word for word in OF_JANE if word in rows_as_text(store)] == []


# --- reading the list -----------------------------------------------------------------------------


def test_whoever_names_an_erased_address_finds_its_entries(known: Store) -> None:
    erase(known)
    found = known.entries_of([JANE, "june@example.com"])
    assert {(entry.address, entry.reason) for entry in found} == {
        (JANE, Reason.HARD_BOUNCE),
        (JANE, Reason.COMPLAINT),
        (JANE, Reason.MANUAL),
        (JANE, Reason.UNSUBSCRIBE),
    }


def test_erased_entries_are_not_listed_for_others_to_copy(known: Store) -> None:
    erase(known)
    assert known.bounced_or_complained(day(9), "", 10) == []


# --- any history ---------------------------------------------------------------------------------

Step = Callable[[WriteTransaction], object]
_DAYS = st.integers(1, 8).map(day)
_REASONS = st.sampled_from([Reason.HARD_BOUNCE, Reason.COMPLAINT, Reason.MANUAL])


def _bounces(happened: dt.datetime, reason: Reason, identity: str) -> Step:
    return lambda t: t.record([bounce(happened, identity, effect=Effect(reason))])


def _suppresses(reason: Reason, stream: str, expires: dt.datetime | None) -> Step:
    return lambda t: t.suppress([NewSuppression(JANE, reason, stream, expires=expires)])


def _unsuppresses(reason: Reason | None) -> Step:
    return lambda t: t.unsuppress([Removal(JANE, reason)])


STEPS = st.one_of(
    st.builds(_bounces, _DAYS, _REASONS, st.sampled_from("abc")),
    st.builds(_suppresses, _REASONS, st.sampled_from(["", "news"]), st.none() | _DAYS),
    st.builds(_unsuppresses, st.none() | _REASONS),
)


@given(before=st.lists(STEPS, min_size=1, max_size=4), after=st.lists(STEPS, max_size=4))
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_an_erasure_anywhere_in_a_history_changes_no_verdict(
    emptied: Callable[[], Store], before: list[Step], after: list[Step]
) -> None:
    def stands_after(steps: list[Step]) -> set[tuple[int, int]]:
        store = emptied()
        for number, step in enumerate(steps, start=1):
            with Store(store.engine, functools.partial(day, number)).write() as transaction:
                step(transaction)
        return as_replicas_see_it(store)

    def erases(transaction: WriteTransaction) -> object:
        return transaction.erase([Erasure(JANE)])

    def idles(transaction: WriteTransaction) -> object:
        return transaction.revision

    assert stands_after([*before, erases, *after]) == stands_after([*before, idles, *after])
