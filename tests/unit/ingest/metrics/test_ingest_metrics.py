from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber
from structlog.testing import capture_logs

from suppression_ingest import errors
from suppression_ingest.aws.sqs import Message, Queue
from suppression_ingest.errors import (
    AwsError,
    Forged,
    Malformed,
    NotPermitted,
    Unverifiable,
)
from suppression_ingest.metrics.age import RECENT_SECONDS, OldestMessage, OldestPost
from suppression_ingest.metrics.messages import MessageMetrics
from suppression_ingest.metrics.polled import PolledMetrics, queue_depth, recent_mail
from suppression_ingest.outcomes import Outcome, Stats
from suppression_ingest.webhook.refusals import POST_REFUSALS
from suppression_service.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prometheus_client import Metric

URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/feedback"


def values(families: "Iterable[Metric]", *labels: str) -> dict[Any, float]:
    """Return what is not 0, by the name of the family and the values of labels."""
    return {
        (family.name, *(sample.labels[label] for label in labels)): sample.value
        for family in families
        for sample in family.samples
        if sample.value and set(labels) <= set(sample.labels)
    }


@pytest.mark.parametrize(
    ("outcome", "kind", "name"),
    [
        (Outcome("Bounce", new=2, duplicates=1), "bounce", "new"),
        (Outcome("Bounce", duplicates=1), "bounce", "duplicate"),
        (Outcome("Rendering Failure"), "rendering_failure", "nothing"),
        (Outcome(refusal=Malformed("cut off")), "none", "malformed"),
        (Outcome(refusal=Unverifiable("down")), "none", "cannot_verify_now"),
    ],
)
def test_a_message_counts_by_kind_and_by_what_became_of_it(
    outcome: Outcome, kind: str, name: str
) -> None:
    stats = Stats()
    stats.add([outcome])
    told = values(MessageMetrics(stats).collect(), "kind", "outcome")
    assert told == {("suppression_ingest_messages", kind, name): 1}


@pytest.mark.parametrize(
    ("refusal", "cause"),
    [
        (Forged("the signature does not fit"), "signature"),
        (Forged("not one of SNS", "certificate_url"), "certificate_url"),
        (Unverifiable("down"), "certificate"),
        (errors.ForeignTopic("not on the allowlist"), "topic"),
    ],
)
def test_a_message_that_cannot_be_verified_counts_by_what_failed(
    refusal: errors.Refused, cause: str
) -> None:
    stats = Stats()
    stats.add([Outcome(refusal=refusal)])
    told = values(MessageMetrics(stats).collect(), "cause")
    assert told == {("suppression_ingest_verification_failures", cause): 1}


def test_a_broken_message_is_no_failure_to_verify() -> None:
    stats = Stats()
    stats.add([Outcome(refusal=Malformed("cut off"))])
    assert values(MessageMetrics(stats).collect(), "cause") == {}


def series(metrics: MessageMetrics) -> set[tuple[str, ...]]:
    return {
        (sample.name, *sample.labels.values())
        for family in metrics.collect()
        for sample in family.samples
    }


def test_series_are_there_before_the_first_message() -> None:
    names = series(MessageMetrics(Stats()))
    assert ("suppression_ingest_messages_total", "bounce", "new") in names
    assert ("suppression_ingest_messages_total", "none", "forged") in names
    assert ("suppression_ingest_feedback_total", "duplicate") in names
    assert ("suppression_ingest_verification_failures_total", "region") in names


def test_those_of_the_webhook_are_there_before_the_first_post() -> None:
    names = series(MessageMetrics(Stats(), POST_REFUSALS))
    assert ("suppression_ingest_messages_total", "none", "forged") in names
    assert ("suppression_ingest_messages_total", "none", "database_unavailable") in names
    assert ("suppression_ingest_verification_failures_total", "password") in names


def test_the_oldest_message_ages_until_it_is_stored() -> None:
    # given two messages, and a clock that goes on by ten seconds a look
    clock = iter([110.0, 120.0])
    oldest = OldestMessage(now=lambda: next(clock))
    oldest.received([Message(n, n, "", sent=sent) for n, sent in (("a", 100.0), ("b", 90.0))])
    assert oldest.seconds == 20
    # when they are stored, the age stays
    oldest.stored()
    assert oldest.seconds == 30
    # until a receive brings nothing.
    oldest.received([])
    assert oldest.seconds == 0


@pytest.fixture
def time() -> list[float]:
    """A clock that shows its only member."""
    return [1_000.0]


@pytest.fixture
def oldest(time: list[float]) -> OldestPost:
    return OldestPost(now=lambda: time[0])


def test_a_post_ages_until_it_is_answered(oldest: OldestPost, time: list[float]) -> None:
    with oldest.processing(sent=990), oldest.processing(sent=950):
        assert oldest.seconds == 50
        time[0] += 5
        assert oldest.seconds == 55
    time[0] += 5
    assert oldest.seconds == 55


def test_the_oldest_post_is_told_of_for_ten_minutes_and_then_the_next(
    oldest: OldestPost, time: list[float]
) -> None:
    for age in (300, 20, 40, 30):
        with oldest.processing(sent=time[0] - age):
            pass
        time[0] += 1
    told = [oldest.seconds]
    time[0] += RECENT_SECONDS - 3
    told += [oldest.seconds]
    time[0] += 2
    told += [oldest.seconds]
    time[0] += 10
    assert [*told, oldest.seconds] == [300, 40, 30, 0]


def test_a_post_from_the_future_is_not_younger_than_now(oldest: OldestPost) -> None:
    with oldest.processing(sent=2_000):
        assert oldest.seconds == 0


def test_what_cannot_be_polled_is_left_out_and_logged_once() -> None:
    # given something that can be polled and something that cannot
    def forbidden() -> "list[Metric]":
        raise AwsError("AccessDenied")

    polled = PolledMetrics(
        {"mail": lambda: list(MessageMetrics(Stats()).collect()), "queue": forbidden}
    )
    with capture_logs() as lines:
        polled.poll()
        polled.poll()
    # then the one is told of, and of the other once that it is missing.
    assert len(list(polled.collect())) == 3
    assert [(line["metrics"], line["cause"]) for line in lines] == [("queue", "AccessDenied")]


def test_what_was_found_before_is_not_told_when_it_cannot_be_found_any_more() -> None:
    answers: list[Callable[[], Any]] = [lambda: list(MessageMetrics(Stats()).collect())]

    def poll() -> "list[Metric]":
        if not answers:
            raise AwsError("down")
        found: list[Metric] = answers.pop()()
        return found

    polled = PolledMetrics({"queue": poll})
    polled.poll()
    polled.poll()
    assert list(polled.collect()) == []


@pytest.fixture
def client() -> Any:
    return boto3.client(
        "sqs", region_name="eu-west-1", aws_access_key_id="none", aws_secret_access_key="none"
    )


def test_messages_of_the_queue_are_told_by_state(client: Any) -> None:
    with Stubber(client) as sqs:
        attributes = {
            "ApproximateNumberOfMessages": "7",
            "ApproximateNumberOfMessagesNotVisible": "2",
            "ApproximateNumberOfMessagesDelayed": "1",
        }
        asked = {"QueueUrl": URL, "AttributeNames": list(attributes)}
        sqs.add_response("get_queue_attributes", {"Attributes": attributes}, asked)
        told = values(queue_depth(Queue(client, URL))(), "state")
    assert {state: value for (_, state), value in told.items()} == {
        "waiting": 7,
        "in_flight": 2,
        "delayed": 1,
    }


def test_a_queue_that_may_not_be_asked_says_so(client: Any) -> None:
    with Stubber(client) as sqs:
        sqs.add_client_error("get_queue_attributes", "AccessDenied")
        with pytest.raises(NotPermitted, match="sqs:GetQueueAttributes"):
            queue_depth(Queue(client, URL))()


def test_mail_without_a_count_is_told_as_none(store: Store) -> None:
    [family] = recent_mail(store)()
    assert {sample.labels["what"]: sample.value for sample in family.samples} == {
        "sends": 0,
        "deliveries": 0,
        "hard_bounces": 0,
        "soft_bounces": 0,
        "complaints": 0,
    }
