import json
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from suppression_ingest.errors import Forged, Unverifiable
from suppression_ingest.lambda_handler import Function, NotStored
from suppression_ingest.pipeline import Pipeline
from suppression_ingest.policy import Policy
from suppression_ingest.sns.envelope import Envelope
from suppression_ingest.worker.housekeeping import Housekeeping
from suppression_service.store import Reason, Store, StoreUnavailable

Json = dict[str, Any]


def trusting(_envelope: Envelope) -> None:
    """Take every envelope."""


class Counting:
    """A housekeeping task that counts its runs."""

    def __init__(self) -> None:
        self.runs = 0

    def run(self, *, idle: bool) -> None:
        assert not idle
        self.runs += 1


@pytest.fixture
def tidying() -> Counting:
    return Counting()


@pytest.fixture
def function(store: Store, tidying: Counting) -> Function:
    return Function(Pipeline(store, trusting, Policy()), Housekeeping([tidying]))


def record(id_: str, body: str) -> Json:
    """A record as Lambda gets it from SQS."""
    return {
        "messageId": id_,
        "receiptHandle": "0123",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1772443806000"},
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:feedback",
        "awsRegion": "eu-west-1",
    }


def batch(**bodies: str) -> Json:
    return {"Records": [record(id_, body) for id_, body in bodies.items()]}


@pytest.fixture
def bounce(sample: Callable[[str], Json]) -> str:
    return json.dumps(sample("bounce-event"))


@pytest.fixture
def complaint(sample: Callable[[str], Json]) -> str:
    return json.dumps(sample("complaint-event"))


def test_a_batch_is_stored_and_nothing_of_it_comes_again(
    function: Function, store: Store, bounce: str, complaint: str
) -> None:
    assert function.handle(batch(a=bounce, b=complaint)) == {"batchItemFailures": []}
    reasons = [store.address(address).suppressions[0].reason for address in _NAMED]
    assert reasons == [Reason.HARD_BOUNCE, Reason.COMPLAINT]


_NAMED = ("gone@shop.example", "cross@mail.example")


def test_only_the_messages_that_are_refused_come_again(
    function: Function, store: Store, bounce: str
) -> None:
    answer = function.handle(batch(a="{", b=bounce, c='{"AlarmName": "a"}'))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "c"}]}
    assert store.address("gone@shop.example").suppressions


def test_a_batch_that_comes_again_counts_once(
    function: Function, store: Store, bounce: str
) -> None:
    for _ in range(2):
        function.handle(batch(a=bounce))
    assert [one.occurrences for one in store.address("gone@shop.example").suppressions] == [1]


@pytest.mark.parametrize("refusal", [Forged("it is"), Unverifiable("down")])
def test_what_cannot_be_verified_comes_again(
    store: Store, signed: Callable[..., Json], refusal: Exception
) -> None:
    def refuse(_envelope: Envelope) -> None:
        raise refusal

    function = Function(Pipeline(store, refuse, Policy()), Housekeeping())
    answer = function.handle(batch(a=json.dumps(signed())))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "a"}]}


def test_while_the_database_is_away_the_whole_invocation_fails(
    function: Function, store: Store, bounce: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> NoReturn:
        raise StoreUnavailable("database is locked")

    monkeypatch.setattr(store, "write", broken)
    with pytest.raises(StoreUnavailable):
        function.handle(batch(a=bounce))


def test_sns_and_eventbridge_can_invoke_it_directly(
    function: Function, store: Store, bounce: str, signed: Callable[..., Json]
) -> None:
    by_sns = {"Records": [{"EventSource": "aws:sns", "Sns": signed(bounce)}]}
    by_rule = {"source": "aws.ses", "detail-type": "Email Bounced", "detail": json.loads(bounce)}
    for event in (by_sns, by_rule):
        assert function.handle(event) == {"batchItemFailures": []}
    assert [one.occurrences for one in store.address("gone@shop.example").suppressions] == [1]


@pytest.mark.parametrize("event", [{}, {"Records": []}, {"key": "jane@example.com"}])
def test_an_event_that_is_no_batch_and_not_stored_is_an_error_that_quotes_nothing(
    function: Function, event: Json
) -> None:
    with pytest.raises(NotStored) as raised:
        function.handle(event)
    assert "not an SES event" in str(raised.value)
    assert "jane" not in str(raised.value)


def test_the_workers_other_tasks_are_done_a_bit_at_each_invocation(
    function: Function, tidying: Counting, bounce: str
) -> None:
    function.handle(batch(a=bounce))
    function.handle(batch(a="{"))
    assert tidying.runs == 2
