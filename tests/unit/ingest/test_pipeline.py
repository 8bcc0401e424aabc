import json
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import pytest

from suppression_ingest.decision_table import UNKNOWN
from suppression_ingest.errors import Forged, InternalError, Malformed, Unstorable, Unverifiable
from suppression_ingest.outcomes import SET_UP
from suppression_ingest.pipeline import Pipeline
from suppression_ingest.policy import Policy
from suppression_ingest.ses import EVENT_PUBLISHING_SET_UP
from suppression_ingest.sns.envelope import Envelope
from suppression_service.store import (
    Feedback,
    Reason,
    Removal,
    Store,
    StoreError,
    StoreUnavailable,
    WriteTransaction,
)

Json = dict[str, Any]


def trusting(_envelope: Envelope) -> None:
    """Take every envelope."""


def bounce_of(address: str, feedback_id: str) -> str:
    return json.dumps(
        {
            "eventType": "Bounce",
            "bounce": {
                "bounceType": "Permanent",
                "bounceSubType": "General",
                "bouncedRecipients": [{"emailAddress": address}],
                "feedbackId": feedback_id,
                "timestamp": "2026-03-02T09:30:05.120Z",
            },
        }
    )


@pytest.fixture
def pipeline(store: Store) -> Pipeline:
    return Pipeline(store, trusting, Policy())


def reasons(store: Store, address: str) -> list[Reason]:
    return [entry.reason for entry in store.address(address).suppressions]


def test_a_bounce_suppresses_the_recipient_it_names(
    pipeline: Pipeline, store: Store, sample: Callable[[str], Json]
) -> None:
    pipeline.process([json.dumps(sample("bounce-event"))])
    assert reasons(store, "gone@shop.example") == [Reason.HARD_BOUNCE]


def test_a_bystander_of_a_bounced_message_is_not_suppressed(
    pipeline: Pipeline, store: Store, sample: Callable[[str], Json]
) -> None:
    pipeline.process([json.dumps(sample("bounce-event"))])
    assert reasons(store, "bystander@shop.example") == []


def test_the_same_bounce_from_identity_and_configuration_set_counts_once(
    pipeline: Pipeline, store: Store, sample: Callable[[str], Json]
) -> None:
    # when both publish the same bounce, in one batch
    names = ("bounce-event", "bounce-notification")
    outcomes = pipeline.process([json.dumps(sample(name)) for name in names])
    # then only the first was news
    assert [(outcome.new, outcome.duplicates) for outcome in outcomes] == [(1, 0), (0, 1)]
    assert [entry.occurrences for entry in store.address("gone@shop.example").suppressions] == [1]


def test_a_replayed_bounce_does_not_undo_an_unsuppress(
    pipeline: Pipeline, store: Store, sample: Callable[[str], Json]
) -> None:
    # given a bounce that somebody has set aside
    body = json.dumps(sample("bounce-event"))
    pipeline.process([body])
    with store.write() as transaction:
        transaction.unsuppress([Removal("gone@shop.example")])
    # when it comes again
    pipeline.process([body])
    # then the address stays off the list
    [entry] = store.address("gone@shop.example").suppressions
    assert entry.removed is not None


def test_events_that_come_with_every_message_leave_no_rows(
    pipeline: Pipeline, store: Store, sample: Callable[[str], Json]
) -> None:
    [outcome] = pipeline.process([json.dumps(sample("send-event"))])
    assert (outcome.acknowledged, outcome.kind) == (True, "Send")
    assert store.address("").events == []


def test_an_event_of_an_unknown_kind_is_recorded_and_acknowledged(
    pipeline: Pipeline, store: Store
) -> None:
    event = {"eventType": "Levitation", "mail": {"timestamp": "2026-03-02T09:30:05Z"}}
    [outcome] = pipeline.process([json.dumps(event)])
    assert (outcome.acknowledged, outcome.kind) == (True, UNKNOWN)
    assert [event.kind for event in store.address("").events] == ["Levitation"]


@pytest.mark.parametrize(
    "body",
    [
        EVENT_PUBLISHING_SET_UP,
        json.dumps({"notificationType": "AmazonSnsSubscriptionSucceeded"}),
    ],
)
def test_a_set_up_message_is_acknowledged_with_and_without_an_envelope(
    pipeline: Pipeline, signed: Callable[..., Json], body: str
) -> None:
    outcomes = pipeline.process([body, json.dumps(signed(body))])
    assert [(one.acknowledged, one.kind) for one in outcomes] == [(True, SET_UP)] * 2


def test_the_events_of_a_body_that_can_be_read_are_stored_and_the_body_is_refused(
    pipeline: Pipeline, store: Store
) -> None:
    # given a body with a broken event between two good ones
    body = f"{bounce_of('a@x.example', '1')}\n{{broken\n{bounce_of('b@x.example', '2')}"
    # when it comes, and comes again
    first, second = pipeline.process([body]), pipeline.process([body])
    # then it must become a dead letter,
    assert [isinstance(one.refusal, Malformed) for one in (*first, *second)] == [True, True]
    # and each good event was stored and counted once.
    assert (first[0].new, second[0].new, second[0].duplicates) == (2, 0, 2)
    assert [entry.occurrences for entry in store.address("b@x.example").suppressions] == [1]


def test_a_body_is_kept_for_the_event_that_can_be_verified_later(
    store: Store, signed: Callable[..., Json]
) -> None:
    def unreachable(envelope: Envelope) -> None:
        if envelope.signed:
            raise Unverifiable("down")

    body = f"{{broken\n{json.dumps(signed())}"
    [outcome] = Pipeline(store, unreachable, Policy()).process([body])
    assert outcome.retryable


def test_the_same_event_counts_once_whatever_carried_it(
    pipeline: Pipeline, store: Store, sample: Callable[[str], Json], signed: Callable[..., Json]
) -> None:
    event = sample("bounce-event")
    bridge = {"source": "aws.ses", "detail-type": "Email Bounced", "detail": event}
    bodies = [
        json.dumps(event),
        json.dumps(bridge),
        json.dumps(signed(json.dumps(bridge))),
        json.dumps([event, event]),
    ]
    outcomes = pipeline.process(bodies)
    assert [(one.new, one.duplicates) for one in outcomes] == [(1, 0), (0, 1), (0, 1), (0, 2)]
    assert [entry.occurrences for entry in store.address("gone@shop.example").suppressions] == [1]


def test_a_confirmation_by_sns_is_acknowledged_and_leads_to_a_warning(
    pipeline: Pipeline, signed: Callable[..., Json]
) -> None:
    body = signed(Type="UnsubscribeConfirmation", Token="t", SubscribeURL="https://sns.test/")
    [outcome] = pipeline.process([json.dumps(body)])
    assert outcome.acknowledged
    assert outcome.warnings


def test_a_broken_message_does_not_hold_back_its_neighbours(
    pipeline: Pipeline, store: Store
) -> None:
    # given a broken message between two good ones
    bodies = [
        bounce_of("a@x.example", "1"),
        '{"eventType": "Bounce"',
        bounce_of("b@x.example", "2"),
    ]
    # when they are one batch
    outcomes = pipeline.process(bodies)
    # then it alone is refused
    assert [outcome.acknowledged for outcome in outcomes] == [True, False, True]
    assert reasons(store, "b@x.example") == [Reason.HARD_BOUNCE]


def test_two_bounces_of_one_address_fit_into_a_batch(pipeline: Pipeline, store: Store) -> None:
    pipeline.process([bounce_of("a@x.example", "1"), bounce_of("a@x.example", "2")])
    assert [entry.occurrences for entry in store.address("a@x.example").suppressions] == [2]


def test_a_forged_message_changes_nothing(
    store: Store, signed: Callable[..., Json], sample: Callable[[str], Json]
) -> None:
    def refuse(_envelope: Envelope) -> None:
        raise Forged("the signature does not fit")

    body = json.dumps(signed(json.dumps(sample("bounce-event"))))
    [outcome] = Pipeline(store, refuse, Policy()).process([body])
    assert isinstance(outcome.refusal, Forged)
    assert reasons(store, "gone@shop.example") == []


def test_a_refusal_tells_which_message_sns_sent(store: Store, signed: Callable[..., Json]) -> None:
    def refuse(_envelope: Envelope) -> None:
        raise Forged("the signature does not fit")

    [outcome] = Pipeline(store, refuse, Policy()).process([json.dumps(signed())])
    assert outcome.sns_message_id == "11111111-2222-3333-4444-555555555555"


def test_a_certificate_that_does_not_come_is_asked_for_once_a_batch(
    store: Store, signed: Callable[..., Json]
) -> None:
    # given a certificate that does not come
    asked = []

    def unreachable(envelope: Envelope) -> None:
        asked.append(envelope.certificate_url)
        raise Unverifiable("down")

    # when a batch of messages needs it
    outcomes = Pipeline(store, unreachable, Policy()).process([json.dumps(signed())] * 3)
    # then all may pass another time, and one has waited for it
    assert [outcome.retryable for outcome in outcomes] == [True, True, True]
    assert len(asked) == 1


def test_a_certificate_that_did_not_come_is_asked_for_again_in_the_next_batch(
    store: Store, signed: Callable[..., Json]
) -> None:
    asked = []

    def unreachable(envelope: Envelope) -> None:
        asked.append(envelope.certificate_url)
        raise Unverifiable("down")

    pipeline = Pipeline(store, unreachable, Policy())
    for _ in range(2):
        pipeline.process([json.dumps(signed())])
    assert len(asked) == 2


def test_a_bug_in_the_program_costs_one_message_only(store: Store) -> None:
    class Stumbling(Policy):
        def feedback(self, event: Any) -> Any:
            if event.feedback_id == "1":
                raise ZeroDivisionError
            return super().feedback(event)

    bodies = [bounce_of("a@x.example", "1"), bounce_of("b@x.example", "2")]
    outcomes = Pipeline(store, trusting, Stumbling()).process(bodies)
    assert isinstance(outcomes[0].refusal, InternalError)
    assert outcomes[1].acknowledged


def test_what_the_database_refuses_costs_one_message_only(
    pipeline: Pipeline, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a database that refuses one address
    record = WriteTransaction.record

    def choosy(transaction: WriteTransaction, feedback: Sequence[Feedback]) -> list[bool]:
        if any(piece.address == "a@x.example" for piece in feedback):
            raise OverflowError("too large for a column")
        return record(transaction, feedback)

    monkeypatch.setattr(WriteTransaction, "record", choosy)
    # when a batch holds it
    bodies = [bounce_of("a@x.example", "1"), "{no JSON", bounce_of("b@x.example", "2")]
    outcomes = pipeline.process(bodies)
    # then the others are stored one by one
    assert isinstance(outcomes[0].refusal, Unstorable)
    assert isinstance(outcomes[1].refusal, Malformed)
    assert outcomes[2].new == 1
    assert reasons(store, "b@x.example") == [Reason.HARD_BOUNCE]


@pytest.mark.parametrize(
    "failure", [StoreUnavailable("database is locked"), StoreError("permission denied")]
)
def test_a_database_that_takes_nothing_is_told_to_the_caller_and_blamed_on_no_message(
    pipeline: Pipeline, store: Store, monkeypatch: pytest.MonkeyPatch, failure: StoreError
) -> None:
    def broken(*_: object) -> NoReturn:
        raise failure

    monkeypatch.setattr(store, "write", broken)
    with pytest.raises(type(failure)):
        pipeline.process([bounce_of("a@x.example", "1")])


@pytest.mark.parametrize("odd", ["\0", "\ud800", "\U0001f4a3", "x" * 100_000])
def test_odd_characters_in_a_diagnostic_do_not_silence_a_bounce(
    pipeline: Pipeline, store: Store, sample: Callable[[str], Json], odd: str
) -> None:
    document = sample("bounce-event")
    document["bounce"]["bouncedRecipients"][0]["diagnosticCode"] = odd
    document["mail"]["messageId"] = odd
    [outcome] = pipeline.process([json.dumps(document)])
    assert outcome.acknowledged
    assert reasons(store, "gone@shop.example") == [Reason.HARD_BOUNCE]


def test_an_empty_batch_is_no_transaction(pipeline: Pipeline, store: Store) -> None:
    before = store.address("a@x.example").revision
    assert pipeline.process([]) == []
    assert store.address("a@x.example").revision == before
