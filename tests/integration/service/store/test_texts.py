import dataclasses
import datetime as dt

import pytest

from suppression_service.store import (
    DeliveryEvent,
    DeliveryEventKind,
    Effect,
    Feedback,
    Reason,
    Store,
)
from suppression_service.store.schema import event

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
JANE = "jane@example.com"
PIECE = Feedback(
    provider="ses",
    kind="Bounce",
    identity="b1",
    address=JANE,
    happened=NOW,
    effect=Effect(Reason.HARD_BOUNCE),
)
TEXTS = [
    "type",
    "sub_type",
    "feedback_id",
    "message_id",
    "configuration_set",
    "action",
    "status",
    "diagnostic",
    "counts_as",
]


def record(store: Store, piece: Feedback) -> None:
    with store.write() as transaction:
        assert transaction.record([piece]) == [True]


@pytest.mark.parametrize("field", TEXTS)
def test_a_text_longer_than_there_is_room_for_is_cut_not_refused(store: Store, field: str) -> None:
    record(store, dataclasses.replace(PIECE, **{field: "x" * 70_000}))  # type: ignore[arg-type]
    with store.engine.connect() as connection:
        [stored] = connection.execute(event.select())
    # What a receiving server said has no size in the schema, but pages of it are of no use.
    size = getattr(event.c[field].type, "length", None) or 1_000
    assert getattr(stored, field) == "x" * size


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        pytest.param("a\0b", "ab", id="NUL"),
        pytest.param("a\ud800b", "a?b", id="half a character"),
        pytest.param("a\r\n\tb", "a\r\n\tb", id="line ends"),
        pytest.param("ü😀\u202e", "ü😀\u202e", id="beyond ASCII"),
    ],
)
def test_a_text_that_an_engine_cannot_hold_is_mended(store: Store, text: str, stored: str) -> None:
    record(store, dataclasses.replace(PIECE, diagnostic=text, feedback_id=text, message_id=text))
    known = store.address(JANE)
    [entry], [said] = known.suppressions, known.events
    assert {entry.detail, entry.feedback_id, entry.message_id} == {stored}
    assert {said.diagnostic, said.feedback_id, said.message_id} == {stored}


def test_identities_that_differ_beyond_the_column_are_different_feedback(store: Store) -> None:
    long = "x" * 300
    record(store, dataclasses.replace(PIECE, identity=long + "1"))
    record(store, dataclasses.replace(PIECE, identity=long + "2"))
    [entry] = store.address(JANE).suppressions
    assert entry.occurrences == 2


def test_an_identity_with_half_a_character_is_recognised_when_it_comes_again(store: Store) -> None:
    piece = dataclasses.replace(PIECE, identity="\udfff\0")
    record(store, piece)
    with store.write() as transaction:
        assert transaction.record([piece]) == [False]


def test_an_address_beyond_ascii_and_at_the_limit_is_found_again(store: Store) -> None:
    address = "ü" * 32 + "@" + ".".join(["d" * 63] * 4)
    assert len(address.encode()) == 320
    record(store, dataclasses.replace(PIECE, address=address))
    [entry] = store.address(address).suppressions
    assert entry.address == address


@pytest.mark.parametrize(
    "recipient",
    [
        pytest.param("half\ud800@x.org", id="half a character"),
        pytest.param("nul\0@x.org", id="NUL"),
        pytest.param("long@" + "x" * 400, id="too long"),
    ],
)
def test_a_delivery_to_what_no_engine_can_hold_is_counted(store: Store, recipient: str) -> None:
    delivery = DeliveryEvent(DeliveryEventKind.DELIVERY, "mail", recipient, NOW)
    with Store(store.engine, now=lambda: NOW).write() as transaction:
        transaction.count([delivery])
    assert [day.deliveries for day in store.daily_counts(NOW.date())] == [1]
