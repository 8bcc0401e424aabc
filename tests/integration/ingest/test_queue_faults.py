"""What SQS answers on bad days, and the worker's own view of it: a real client, a real store."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from suppression_ingest.aws.sqs import Queue
from suppression_ingest.pipeline import Pipeline
from suppression_ingest.policy import Policy
from suppression_ingest.signals import StopSignal
from suppression_ingest.worker.worker import Worker
from tests.support.faulty_sqs import FaultySqs, Handler, Refusal
from tests.support.feedback import Feedback

Json = dict[str, Any]
BounceOf = Callable[[str], str]
PassOn = Callable[[Json], Json]

GONE = "gone@shop.example"


class Unhurried(StopSignal):
    """Sleeps no second and counts how often it was to."""

    def __init__(self) -> None:
        super().__init__()
        self.slept = 0

    def sleep(self, seconds: float) -> None:
        self.slept += 1


@pytest.fixture
def stop() -> Unhurried:
    return Unhurried()


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


@pytest.fixture
def worker_behind(
    feedback: Feedback, stop: Unhurried, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Mapping[str, Handler]], Worker]]:
    """Make a worker of this process whose SQS answers as is told."""
    proxies = []

    def behind(meddle: Mapping[str, Handler]) -> Worker:
        proxy = FaultySqs(feedback.stand_in.endpoint_url, meddle)
        proxies.append(proxy.__enter__())
        for name, value in feedback.stand_in.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        queue = Queue.connect(feedback.wiring.queue_url, batch_size=10, wait_seconds=5)
        return Worker(queue, Pipeline(feedback.store, lambda _: None, Policy()), stop)

    yield behind
    for proxy in proxies:
        proxy.__exit__(None, None, None)


def failing(*refusals: Refusal) -> Handler:
    """Refuse in these ways, one after the other; then pass on."""
    left = iter(refusals)

    def meddle(request: Json, pass_on: PassOn) -> Json:
        if refusal := next(left, None):
            raise refusal
        return pass_on(request)

    return meddle


REFUSALS = [
    Refusal(403, "RequestThrottled"),
    Refusal(400, "ThrottlingException"),
    Refusal(500, "InternalFailure"),
    Refusal(503, "ServiceUnavailable"),
    # What a host is told whose clock is wrong by more than a few minutes.
    Refusal(403, "SignatureDoesNotMatch"),
    Refusal(403, "RequestExpired"),
    Refusal(400, "KmsThrottled"),
    Refusal(400, "AWS.SimpleQueueService.NonExistentQueue"),
]


def test_the_worker_waits_out_whatever_sqs_refuses_a_receive_with(
    feedback: Feedback,
    bounce_of: BounceOf,
    worker_behind: Callable[..., Worker],
    stop: Unhurried,
    logged: list[Any],
) -> None:
    # given an SQS that refuses in every way that it has
    worker = worker_behind({"ReceiveMessage": failing(*REFUSALS)})
    feedback.enqueue(bounce_of(GONE))
    for _ in REFUSALS:
        worker.process_batch()
    # then the worker waited each time, and said why by SQS's code
    told = [line["cause"] for line in logged if line["event"] == "the queue does not answer"]
    assert len(told) == len(REFUSALS)
    for cause, refusal in zip(told, REFUSALS, strict=True):
        assert refusal.code in cause
    assert stop.slept == len(REFUSALS)
    # and when SQS gives what it has, it is taken
    worker.process_batch()
    assert feedback.occurrences(GONE) == [1]
    assert (feedback.in_queue(), feedback.dead()) == (0, 0)


def test_what_a_throttled_sqs_did_not_delete_comes_again_and_counts_once(
    feedback: Feedback, bounce_of: BounceOf, worker_behind: Callable[..., Worker]
) -> None:
    worker = worker_behind({"DeleteMessageBatch": failing(Refusal(403, "RequestThrottled"))})
    feedback.enqueue(bounce_of(GONE))
    # given a message that is stored and cannot be deleted
    worker.process_batch()
    assert feedback.in_queue() == 1
    # when it comes again
    worker.process_batch()
    # then it is deleted, and has changed nothing
    assert (worker.log.stats.new, worker.log.stats.duplicates) == (1, 1)
    assert feedback.occurrences(GONE) == [1]
    assert (feedback.in_queue(), feedback.dead()) == (0, 0)


def test_a_receipt_handle_that_has_expired_is_let_go(
    feedback: Feedback,
    bounce_of: BounceOf,
    worker_behind: Callable[..., Worker],
    logged: list[Any],
) -> None:
    expired = {"Id": "0", "Code": "ReceiptHandleIsInvalid", "SenderFault": True}
    turn = 1

    def meddle(request: Json, pass_on: PassOn) -> Json:
        return {"Successful": [], "Failed": [expired]} if turn == 1 else pass_on(request)

    worker = worker_behind({"DeleteMessageBatch": meddle})
    feedback.enqueue(bounce_of(GONE))
    # given a message that took so long that SQS has given it to somebody else
    worker.process_batch()
    assert [line["event"] for line in logged] == ["not deleted; comes again"]
    # when it comes again, with another handle
    turn = 2
    worker.process_batch()
    # then it counts once, and is gone
    assert feedback.occurrences(GONE) == [1]
    assert (feedback.in_queue(), feedback.dead()) == (0, 0)


def test_a_message_that_stands_twice_in_one_receive_counts_once(
    feedback: Feedback, bounce_of: BounceOf, worker_behind: Callable[..., Worker]
) -> None:
    # given an SQS that gives the same message twice at once, as standard queues may
    def twice(request: Json, pass_on: PassOn) -> Json:
        answers = [pass_on(request | {"VisibilityTimeout": 0}), pass_on(request)]
        return {"Messages": [message for answer in answers for message in answer["Messages"]]}

    worker = worker_behind({"ReceiveMessage": twice})
    feedback.enqueue(bounce_of(GONE))
    worker.process_batch()
    assert (worker.log.stats.new, worker.log.stats.duplicates) == (1, 1)
    assert feedback.occurrences(GONE) == [1]
    assert feedback.in_queue() == 0
