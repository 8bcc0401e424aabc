from datetime import UTC, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from suppression import (
    AddressHistory,
    Check,
    Reason,
    Suppressed,
    Verdict,
    WhenUnavailable,
    answers,
)
from suppression.v1 import suppression_pb2
from suppression.v1 import suppression_service_pb2 as pb

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def stamp(time: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(time)
    return message


def test_a_check_holds_what_the_service_said() -> None:
    response = pb.CheckAddressResponse(verdict=2, reason=3, revision="r9", as_of_time=stamp(NOON))

    assert answers.check("a@example.com", response) == Check(
        "a@example.com", Verdict.DO_NOT_SEND, Reason.COMPLAINT, "r9", NOON
    )


@pytest.mark.parametrize("verdict", [0, 2, 3, 99, -1])
def test_only_the_verdict_send_means_send(verdict: int) -> None:
    response = pb.CheckAddressResponse(verdict=verdict)  # type: ignore[arg-type]

    assert not answers.check("a@example.com", response).send


def test_the_verdict_send_means_send() -> None:
    assert answers.check("a@example.com", pb.CheckAddressResponse(verdict=1)).send


def test_an_empty_answer_is_still_an_answer() -> None:
    assert answers.check("a@example.com", pb.CheckAddressResponse()).answered


def test_an_unknown_reason_is_passed_on() -> None:
    response = pb.CheckAddressResponse(verdict=2, reason=42)  # type: ignore[arg-type]

    assert answers.check("a@example.com", response).reason == 42


def test_times_are_aware_and_in_utc() -> None:
    response = pb.CheckAddressResponse(as_of_time=stamp(NOON))

    assert answers.check("a@example.com", response).as_of == NOON


@pytest.mark.parametrize(
    ("check", "sent"),
    [
        (Check("a", Verdict.SEND), True),
        (Check("a", Verdict.DO_NOT_SEND), False),
        (Check("a", Verdict(99)), False),
        (Check("a"), False),
        (Check("a", assumed=WhenUnavailable.SEND), True),
        (Check("a", assumed=WhenUnavailable.DO_NOT_SEND), False),
    ],
)
def test_a_check_is_true_only_if_the_mail_may_be_sent(check: Check, sent: bool) -> None:
    assert (bool(check), check.send) == (sent, sent)


def test_reasons_of_a_batch_find_their_addresses() -> None:
    response = pb.BatchCheckResponse(
        verdicts=[1, 2, 1, 2],  # type: ignore[list-item]
        matches=[pb.Match(index=1, reason=1), pb.Match(index=3, reason=4)],
    )

    assert [(c.address, c.reason) for c in answers.checks(["a", "b", "c", "d"], response)] == [
        ("a", Reason.UNSPECIFIED),
        ("b", Reason.HARD_BOUNCE),
        ("c", Reason.UNSPECIFIED),
        ("d", Reason.UNSUBSCRIBE),
    ]


@pytest.mark.parametrize("verdicts", [[], [1], [1, 1, 1]])
def test_nothing_is_sent_on_a_batch_answer_of_the_wrong_length(verdicts: list[int]) -> None:
    response = pb.BatchCheckResponse(verdicts=verdicts)  # type: ignore[arg-type]

    assert [check.send for check in answers.checks(["a", "b"], response)] == [False, False]


def test_an_entry_has_every_field_of_the_contract() -> None:
    fields = [field.name for field in suppression_pb2.Suppression.DESCRIPTOR.fields]

    assert list(answers.Suppression.__dataclass_fields__) == fields


def test_an_event_has_every_field_of_the_contract() -> None:
    fields = [field.name for field in suppression_pb2.Event.DESCRIPTOR.fields]

    assert list(answers.Event.__dataclass_fields__) == fields


def test_unset_times_of_an_entry_are_none() -> None:
    entry = answers.read(Suppressed, pb.SuppressResponse()).suppression

    assert (entry.expire_time, entry.removed_time) == (None, None)


def test_a_history_is_read_to_the_last_field() -> None:
    response = pb.GetAddressResponse(
        suppressions=[{"address": "a", "reason": 1, "occurrences": 3, "expire_time": stamp(NOON)}],
        events=[{"kind": "Bounce", "event_time": stamp(NOON), "reason": 1}],
        revision="r4",
    )

    history = answers.read(AddressHistory, response)

    entry, event = history.suppressions[0], history.events[0]
    assert (entry.reason, entry.occurrences, entry.expire_time) == (Reason.HARD_BOUNCE, 3, NOON)
    assert (event.kind, event.event_time, event.reason) == ("Bounce", NOON, Reason.HARD_BOUNCE)
    assert history.revision == "r4"
