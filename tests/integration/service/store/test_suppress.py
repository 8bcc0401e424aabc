import datetime as dt
from collections.abc import Callable

import pytest

from suppression_service.store import NewSuppression, Reason, Removal, Store, Suppressed

JANE = "jane@example.com"
At = Callable[[dt.datetime], Store]


def day(number: int) -> dt.datetime:
    return dt.datetime(2026, 3, number, 12, 30, 15, 123456, dt.UTC)


def suppressed(store: Store, new: NewSuppression) -> Suppressed:
    with store.write() as transaction:
        [answer] = transaction.suppress([new])
    return answer


def manual(
    expires: dt.datetime | None = None, *, detail: str = "", stream: str = ""
) -> NewSuppression:
    return NewSuppression(
        JANE, Reason.MANUAL, stream=stream, source="desk", detail=detail, expires=expires
    )


def remove(store: Store, removal: Removal) -> None:
    with store.write() as transaction:
        transaction.unsuppress([removal])


def test_a_new_entry_is_stored_as_it_was_asked_for(at: At) -> None:
    # Given nothing on the list, when an entry is made
    answer = suppressed(at(day(1)), manual(day(9), detail="asked on the phone", stream="news"))
    # Then it is returned as created, and stored to the microsecond.
    assert answer.created
    [entry] = at(day(1)).address(JANE).suppressions
    assert entry == answer.suppression
    assert (entry.address, entry.stream, entry.reason) == (JANE, "news", Reason.MANUAL)
    assert (entry.source, entry.detail) == ("desk", "asked on the phone")
    assert (entry.first_seen, entry.last_seen, entry.expires) == (day(1), day(1), day(9))
    assert (entry.occurrences, entry.removed, entry.revision) == (1, None, 1)


def test_a_repeated_call_is_not_counted_and_keeps_what_was_said_first(at: At) -> None:
    # Given an entry
    suppressed(at(day(1)), manual(detail="first"))
    # When the call is repeated
    answer = suppressed(at(day(2)), manual(detail="second"))
    # Then the entry is the first one, seen again.
    assert not answer.created
    assert (answer.suppression.occurrences, answer.suppression.detail) == (1, "first")
    assert (answer.suppression.first_seen, answer.suppression.last_seen) == (day(1), day(2))


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        pytest.param(day(5), day(9), day(9), id="a later end prolongs"),
        pytest.param(day(9), day(5), day(9), id="an earlier end does not shorten"),
        pytest.param(None, day(5), None, id="for ever stays for ever"),
        pytest.param(day(5), None, None, id="for ever prolongs"),
    ],
)
def test_an_active_entry_keeps_the_later_of_two_expiries(
    at: At, first: dt.datetime | None, second: dt.datetime | None, kept: dt.datetime | None
) -> None:
    suppressed(at(day(1)), manual(first))
    suppressed(at(day(2)), manual(second))
    [entry] = at(day(2)).address(JANE).suppressions
    assert entry.expires == kept


def test_an_expired_entry_is_made_anew_with_the_new_end(at: At) -> None:
    # Given an entry that has ended
    suppressed(at(day(1)), manual(day(3), detail="old"))
    # When it is asked for again
    answer = suppressed(at(day(4)), manual(day(5), detail="new"))
    # Then it is active again, with a new count and detail.
    assert answer.created
    assert (answer.suppression.expires, answer.suppression.detail) == (day(5), "new")
    assert answer.suppression.occurrences == 2


def test_an_entry_expires_exactly_on_time(at: At) -> None:
    suppressed(at(day(1)), manual(day(3)))
    assert suppressed(at(day(3)), manual(day(4))).created


def test_a_removed_entry_is_made_anew_and_forgets_the_removal(at: At) -> None:
    # Given an entry for ever that was removed
    suppressed(at(day(1)), manual())
    remove(at(day(2)), Removal(JANE, Reason.MANUAL, source="desk", detail="mistake"))
    # When it is asked for again, for a while
    answer = suppressed(at(day(3)), manual(day(9)))
    # Then it is active until then, and the removal is gone.
    entry = answer.suppression
    assert answer.created
    assert entry.expires == day(9)
    assert (entry.removed, entry.removed_by, entry.removal_detail) == (None, "", "")


@pytest.mark.parametrize(
    "other",
    [
        NewSuppression(JANE, Reason.COMPLAINT, source="desk"),
        NewSuppression(JANE, Reason.MANUAL, stream="news", source="desk"),
        NewSuppression("june@example.com", Reason.MANUAL, source="desk"),
    ],
    ids=["another reason", "another stream", "another address"],
)
def test_an_entry_never_overwrites_one_of(at: At, other: NewSuppression) -> None:
    first = suppressed(at(day(1)), manual(detail="kept")).suppression
    assert suppressed(at(day(2)), other).created
    assert first in at(day(2)).address(JANE).suppressions


def test_an_entry_asked_for_twice_in_one_transaction_is_one_row(at: At) -> None:
    with at(day(1)).write() as transaction:
        first, second = transaction.suppress([manual(day(3)), manual(day(9))])
    assert (first.created, second.created) == (True, False)
    [entry] = at(day(1)).address(JANE).suppressions
    assert (entry.expires, entry.occurrences) == (day(9), 1)


def test_an_entry_made_and_removed_in_one_transaction_is_removed(at: At) -> None:
    with at(day(1)).write() as transaction:
        transaction.suppress([manual()])
        [[removed]] = transaction.unsuppress([Removal(JANE)])
    [entry] = at(day(1)).address(JANE).suppressions
    assert entry == removed
    assert entry.removed == day(1)


def test_more_addresses_than_a_query_takes_are_all_found_again(at: At) -> None:
    # Given more entries than one statement may have parameters
    many = [NewSuppression(f"a{n}@example.com", Reason.MANUAL) for n in range(5_003)]
    with at(day(1)).write() as transaction:
        transaction.suppress(many)
    # When all are asked for again, then none is made a second time.
    with at(day(2)).write() as transaction:
        assert not any(answer.created for answer in transaction.suppress(many))


def test_two_new_streams_of_one_transaction_get_different_numbers(at: At) -> None:
    with at(day(1)).write() as transaction:
        transaction.suppress([manual(stream="news"), manual(stream="offers")])
    with at(day(1)).write() as transaction:
        transaction.suppress([manual(stream="news"), manual(stream="alerts")])
    names = at(day(1)).stream_names()
    assert names.keys() == {"", "news", "offers", "alerts"}
    assert sorted(names.values()) == [0, 1, 2, 3]
    assert names[""] == 0
