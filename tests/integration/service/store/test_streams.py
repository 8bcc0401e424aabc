"""How many streams there may be, and what is done with the numbers that none may have."""

import datetime as dt

import pytest
from sqlalchemy import insert

from suppression_service.store import (
    NewSuppression,
    Reason,
    Removal,
    Store,
    TooManyStreams,
    schema,
)
from suppression_service.store.replication import MAX_STREAM_ID, REASON_BITS, UNKNOWN_STREAM

JANE = "jane@example.com"
END = dt.datetime(2050, 1, 1, tzinfo=dt.UTC)


def of(stream: str) -> NewSuppression:
    return NewSuppression(JANE, Reason.UNSUBSCRIBE, stream, expires=END)


@pytest.fixture
def full(store: Store) -> Store:
    """A store that may have two streams, and has them."""
    limited = Store(store.engine, max_streams=2)
    with limited.write() as transaction:
        transaction.suppress([of("one"), of("two")])
    return limited


def test_no_stream_is_made_beyond_the_limit(full: Store) -> None:
    with pytest.raises(TooManyStreams), full.write() as transaction:
        transaction.suppress([of("three")])
    with pytest.raises(TooManyStreams), full.write() as transaction:
        transaction.unsuppress([Removal(JANE, Reason.MANUAL, "three")])
    assert full.stream_names() == {"": 0, "one": 1, "two": 2}


def test_a_refused_stream_leaves_the_rest_of_its_transaction_as_it_is(full: Store) -> None:
    with full.write() as transaction:
        with pytest.raises(TooManyStreams):
            transaction.suppress([of("three")])
        transaction.suppress([NewSuppression("june@example.com", Reason.MANUAL, "two")])
    assert [entry.stream for entry in full.entries_of(["june@example.com"])] == ["two"]
    assert {entry.stream for entry in full.entries_of([JANE])} == {"one", "two"}


def test_streams_that_exist_are_taken_at_the_limit(full: Store) -> None:
    with full.write() as transaction:
        transaction.unsuppress([Removal(JANE, stream="one")])
        transaction.suppress([of("two"), of("")])
    assert [entry.removed is None for entry in full.entries_of([JANE])].count(True) == 2


def test_the_last_number_fits_into_a_word_and_none_is_given_after_it(store: Store) -> None:
    # Given all numbers but one
    with store.engine.begin() as connection:
        row = {"id": MAX_STREAM_ID - 1, "name": "one of millions"}
        connection.execute(insert(schema.stream).values(row))
    # When the last one is given
    with store.write() as transaction:
        transaction.suppress([of("last")])
    # Then the entry has it, with its own end,
    [change] = store.replica_changes(0).entries
    assert change.word >> REASON_BITS & UNKNOWN_STREAM == MAX_STREAM_ID
    assert change.word >> 32 == END.timestamp()
    # and the reserved number is no stream's.
    with pytest.raises(TooManyStreams), store.write() as transaction:
        transaction.suppress([of("one more")])
