import contextlib
import datetime as dt
import itertools
import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.local import events
from deploy.local.aws import StandIn
from suppression_ingest.aws.sqs import Queue
from suppression_ingest.errors import AwsError
from suppression_ingest.pipeline import FeedbackWriter
from suppression_ingest.signals import StopSignal
from suppression_ingest.soft_bounces import delay_after
from suppression_ingest.worker.retry_queue import RetryQueue, body_of, delay_of
from suppression_service.store import Retry, Store
from tests.support.processes import eventually
from tests.support.timeline import (
    JANE,
    NOW,
    START,
    delivery,
    hour,
    opened_store,
    record,
    soft_bounce,
)

RETRYING = FeedbackWriter(retries=True, streams={"news-set": "news"})
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with opened_store(database_url) as store:
        yield store


@pytest.fixture
def url(stand_in: StandIn) -> str:
    """The URL of an empty queue."""
    made: str = stand_in.sqs.create_queue(QueueName=f"retry-{secrets.token_hex(6)}")["QueueUrl"]
    return made


@pytest.fixture
def queue(stand_in: StandIn, url: str, store: Store) -> RetryQueue:
    return RetryQueue(Queue(stand_in.sqs, url), store, StopSignal(), now=lambda: NOW)


def outbox(store: Store) -> list[Retry]:
    return [retry for _, retry in store.lease_retries(100, seconds=0)]


def received(stand_in: StandIn, url: str) -> list[Any]:
    answer = stand_in.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def test_a_soft_bounce_goes_into_the_outbox(store: Store) -> None:
    record(store, soft_bounce(1, configuration_set="news-set"), by=RETRYING)
    [retry] = outbox(store)
    assert (retry.address, retry.message_id, retry.attempt) == (JANE, "mail 1", 1)
    assert (retry.configuration_set, retry.stream) == ("news-set", "news")
    assert (retry.sub_type, retry.status) == ("MailboxFull", "4.2.2")


def test_without_a_retry_queue_nothing_does(store: Store) -> None:
    record(store, soft_bounce(1))
    assert outbox(store) == []


def test_a_bounce_that_comes_again_is_no_new_retry(store: Store) -> None:
    for _ in range(2):
        record(store, soft_bounce(1), soft_bounce(1), by=RETRYING)
    assert len(outbox(store)) == 1


def test_a_delayed_message_is_still_tried_by_ses(store: Store) -> None:
    record(store, soft_bounce(1, action="delayed"), by=RETRYING)
    assert outbox(store) == []


def test_attempts_count_up_and_the_delay_grows(store: Store) -> None:
    record(store, soft_bounce(1), by=RETRYING)
    record(store, soft_bounce(2), by=RETRYING)
    assert [(retry.attempt, retry.not_before) for retry in outbox(store)] == [
        (1, hour(1) + 15 * MINUTE),
        (2, hour(2) + 30 * MINUTE),
    ]


def test_a_delivery_begins_the_attempts_anew(store: Store) -> None:
    record(store, soft_bounce(1), by=RETRYING)
    record(store, delivery(1.5), soft_bounce(2), by=RETRYING)
    assert [retry.attempt for retry in outbox(store)] == [1, 1]


def test_a_bounce_that_a_delivery_has_overtaken_is_not_retried(store: Store) -> None:
    record(store, delivery(2), soft_bounce(1), by=RETRYING)
    assert outbox(store) == []


def test_an_address_that_is_suppressed_now_is_not_retried(store: Store) -> None:
    record(store, *(soft_bounce(number) for number in range(5)), by=RETRYING)
    assert outbox(store) == []


def test_a_bounce_of_long_ago_is_not_retried(store: Store) -> None:
    record(store, soft_bounce(-7 * 24), soft_bounce(1), by=RETRYING)
    assert [retry.message_id for retry in outbox(store)] == ["mail 1"]


def test_odd_texts_fit_into_the_outbox(store: Store) -> None:
    record(store, soft_bounce(1, message="m\0" * 300), by=RETRYING)
    assert len(outbox(store)) == 1


def test_a_rollback_leaves_no_retry(store: Store) -> None:
    with pytest.raises(RuntimeError), store.write() as transaction:  # noqa: PT012
        transaction.post([retry_at(hour(1))])
        raise RuntimeError
    assert outbox(store) == []


def test_what_is_in_the_outbox_is_sent_and_forgotten(
    store: Store, queue: RetryQueue, stand_in: StandIn, url: str
) -> None:
    record(store, soft_bounce(1), by=RETRYING)
    queue.run(idle=False)
    [message] = received(stand_in, url)
    assert message == {
        "version": 1,
        "address": JANE,
        "message_id": "mail 1",
        "configuration_set": "",
        "stream": "",
        "reason": "MailboxFull",
        "status": "4.2.2",
        "attempt": 1,
        "bounced_at": "2026-03-02T01:00:00Z",
        "not_before": "2026-03-02T01:15:00Z",
    }
    assert outbox(store) == []


def test_what_has_become_too_old_in_the_outbox_is_dropped_unsent(
    store: Store, queue: RetryQueue, stand_in: StandIn, url: str
) -> None:
    with store.write() as transaction:
        transaction.post([retry_at(NOW, happened=hour(-7 * 24))])
    queue.run(idle=False)
    assert received(stand_in, url) == []
    assert outbox(Store(store.engine, now=lambda: NOW + dt.timedelta(hours=1))) == []


def test_more_than_a_batch_is_sent_at_once(store: Store, queue: RetryQueue) -> None:
    with store.write() as transaction:
        transaction.post([retry_at(hour(number)) for number in range(25)])
    queue.run(idle=True)
    assert outbox(store) == []


@pytest.mark.parametrize("idle", [True, False])
def test_a_turn_ends_in_time_however_many_retries_there_are(
    store: Store, stand_in: StandIn, url: str, idle: bool
) -> None:
    # given retries of three batches, and a clock on which each batch takes a minute
    with store.write() as transaction:
        transaction.post([retry_at(hour(number)) for number in range(25)])
    minutes = itertools.count()
    queue = RetryQueue(
        Queue(stand_in.sqs, url), store, StopSignal(), now=lambda: NOW + next(minutes) * MINUTE
    )
    # then a turn sends one of them
    queue.run(idle=idle)
    assert len(outbox(store)) == 15


def test_what_a_sender_that_died_had_taken_is_sent_by_another(store: Store) -> None:
    # given a sender that takes a retry and dies
    record(store, soft_bounce(1), by=RETRYING)
    assert len(store.lease_retries(10, seconds=60)) == 1
    # then nobody else takes it at first, and somebody does a minute later
    assert store.lease_retries(10, seconds=60) == []
    later = Store(store.engine, now=lambda: NOW + 2 * MINUTE)
    assert len(later.lease_retries(10, seconds=60)) == 1


def test_what_the_queue_does_not_take_stays(stand_in: StandIn, url: str, store: Store) -> None:
    record(store, soft_bounce(1), by=RETRYING)
    with contextlib.suppress(AwsError):
        gone = RetryQueue(Queue(stand_in.sqs, f"{url}-gone"), store, StopSignal(), now=lambda: NOW)
        gone.run(idle=True)
    later = Store(store.engine, now=lambda: NOW + dt.timedelta(hours=1))
    assert len(outbox(later)) == 1


def test_the_delay_has_an_end() -> None:
    assert delay_after(1_000) == dt.timedelta(hours=24)


@pytest.mark.parametrize(("minutes", "seconds"), [(-5, 0), (5, 300), (60, 900)])
def test_sqs_delays_by_fifteen_minutes_at_most(minutes: int, seconds: int) -> None:
    assert delay_of(retry_at(NOW + minutes * MINUTE), NOW) == seconds


def test_a_body_is_ascii() -> None:
    assert body_of(retry_at(NOW)).isascii()


def test_the_worker_sends_what_it_has_stored(feedback: Any, stand_in: StandIn, url: str) -> None:
    event = events.bounce(
        "full@shop.example", type_="Transient", sub_type="MailboxFull", happened=bounced_long_ago()
    )
    feedback.publish(json.dumps(event))
    feedback.start_worker(SUPPRESSION_RETRY_QUEUE_URL=url)
    [message] = eventually("the retry is there", lambda: received(stand_in, url))
    assert (message["address"], message["attempt"]) == ("full@shop.example", 1)


def bounced_long_ago() -> dt.datetime:
    """So that SQS need not hold the retry back."""
    return dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)


def retry_at(not_before: dt.datetime, happened: dt.datetime = START) -> Retry:
    return Retry("ü@example.com", "m", "", "", "MailboxFull", "4.2.2", 1, happened, not_before)
