import json
import signal
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import make_url

from deploy.local import aws
from tests.support.faulty_sqs import FaultySqs
from tests.support.feedback import Feedback
from tests.support.processes import DEADLINE, Processes

Json = dict[str, Any]
BounceOf = Callable[[str], str]


def test_a_signal_into_a_long_poll_ends_the_worker_cleanly(feedback: Feedback) -> None:
    worker = feedback.start_worker()
    worker.line("started")
    worker.send(signal.SIGTERM)
    assert worker.ended() == 0
    assert worker.line("stopped")


def test_a_broken_message_goes_to_the_dead_letters_and_its_neighbours_to_the_list(
    feedback: Feedback, bounce_of: BounceOf
) -> None:
    # given a broken message between two good ones
    feedback.publish(bounce_of("one@shop.example"))
    feedback.enqueue('{"eventType": "Bounce", "bounce": {"emailAddress": "three@shop.')
    feedback.publish(bounce_of("two@shop.example"))
    # when the worker gets them
    worker = feedback.start_worker()
    # then the good ones are listed, and the broken one is given up
    feedback.wait_until_listed("one@shop.example")
    feedback.wait_until_listed("two@shop.example")
    feedback.wait_until_empty()
    assert feedback.dead() == 1
    # and nothing of it is in the log
    assert "refused" in worker.output
    assert "shop" not in worker.output


def test_a_forged_message_goes_to_the_dead_letters(feedback: Feedback, bounce_of: BounceOf) -> None:
    # given a message that SNS signed, and somebody changed
    feedback.publish(bounce_of("gone@shop.example"))
    [message] = feedback.stand_in.sqs.receive_message(
        QueueUrl=feedback.wiring.queue_url, WaitTimeSeconds=5, VisibilityTimeout=3600
    )["Messages"]
    envelope: Json = json.loads(message["Body"])
    envelope["Message"] = envelope["Message"].replace("gone@", "victim@")
    feedback.stand_in.sqs.purge_queue(QueueUrl=feedback.wiring.queue_url)
    feedback.enqueue(json.dumps(envelope))
    # when the worker gets it
    worker = feedback.start_worker()
    worker.line("kind=forged")
    # then nobody is suppressed for it
    feedback.wait_until_empty()
    assert feedback.dead() == 1
    assert feedback.occurrences("victim@shop.example") == []


def test_a_message_of_a_foreign_topic_is_refused(feedback: Feedback, bounce_of: BounceOf) -> None:
    worker = feedback.start_worker(
        SUPPRESSION_TOPIC_ARNS="arn:aws:sns:us-east-1:123456789012:another"
    )
    feedback.publish(bounce_of("gone@shop.example"))
    worker.line("foreign topic")
    assert feedback.occurrences("gone@shop.example") == []


def test_a_worker_without_an_allowlist_warns_also_in_a_log_for_machines(
    feedback: Feedback,
) -> None:
    worker = feedback.start_worker(SUPPRESSION_TOPIC_ARNS="", SUPPRESSION_LOG_FORMAT="json")
    line = worker.line("SUPPRESSION_TOPIC_ARNS is not set").string
    assert json.loads(line)["level"] == "warning"


def test_what_cannot_be_verified_now_waits_in_the_queue(
    feedback: Feedback, bounce_of: BounceOf
) -> None:
    # given certificates that cannot be had
    nowhere = f"http://127.0.0.1:{aws.free_port()}"
    worker = feedback.start_worker(SUPPRESSION_CERTIFICATE_ENDPOINT=nowhere)
    feedback.publish(bounce_of("gone@shop.example"))
    worker.line("cannot verify now")
    worker.send(signal.SIGTERM)
    worker.ended()
    # then the message is still there, and not among the dead
    assert (feedback.in_queue(), feedback.dead()) == (1, 0)


def test_entries_that_sqs_failed_to_delete_are_deleted_when_asked_again(
    feedback: Feedback, bounce_of: BounceOf
) -> None:
    # given an SQS that once fails to delete the first of a batch
    failures = 1

    def fail_once(delete: Json, pass_on: Callable[[Json], Json]) -> Json:
        nonlocal failures
        if not failures:
            return pass_on(delete)
        failures -= 1
        first, *others = delete["Entries"]
        answer = pass_on(delete | {"Entries": others}) if others else {"Successful": []}
        failed = {"Id": first["Id"], "Code": "InternalError", "SenderFault": False}
        return answer | {"Failed": [failed]}

    feedback.publish(bounce_of("one@shop.example"))
    feedback.publish(bounce_of("two@shop.example"))
    with FaultySqs(feedback.stand_in.endpoint_url, {"DeleteMessageBatch": fail_once}) as proxy:
        worker = feedback.start_worker(AWS_ENDPOINT_URL=proxy.url)
        # then both go all the same, each received once
        feedback.wait_until_listed("two@shop.example")
        feedback.wait_until_empty()
        worker.send(signal.SIGTERM)
        worker.ended()
    assert "received=2" in worker.line("stopped").string


def test_a_worker_killed_between_commit_and_delete_loses_nothing_and_counts_once(
    feedback: Feedback, bounce_of: BounceOf
) -> None:
    # given a worker that is killed when it begins to delete
    reached, release = threading.Event(), threading.Event()

    def hold(_delete: Json, _pass_on: Callable[[Json], Json]) -> Json:
        reached.set()
        release.wait(DEADLINE)
        return {"Successful": [], "Failed": []}

    feedback.publish(bounce_of("gone@shop.example"))
    with FaultySqs(feedback.stand_in.endpoint_url, {"DeleteMessageBatch": hold}) as proxy:
        killed = feedback.start_worker(AWS_ENDPOINT_URL=proxy.url)
        assert reached.wait(DEADLINE)
        killed.send(signal.SIGKILL)
        killed.ended()
        release.set()
    # when another one takes over
    feedback.start_worker()
    feedback.wait_until_empty()
    # then the bounce is there, once
    assert feedback.occurrences("gone@shop.example") == [1]
    assert len(feedback.store.address("gone@shop.example").events) == 1
    assert feedback.dead() == 0


def test_a_worker_waits_for_a_locked_database_and_loses_nothing(
    feedback: Feedback, bounce_of: BounceOf
) -> None:
    # given a database that somebody else holds locked
    worker = feedback.start_worker()
    worker.line("started")
    lock = sqlite3.connect(make_url(feedback.database_url).database or "", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    feedback.publish(bounce_of("gone@shop.example"))
    worker.line("the database does not answer")
    # when it is released
    lock.execute("ROLLBACK")
    lock.close()
    # then the message is stored, and was not given up meanwhile
    feedback.wait_until_listed("gone@shop.example")
    feedback.wait_until_empty()
    assert feedback.dead() == 0


def test_a_signal_ends_a_worker_that_waits_for_the_database(
    feedback: Feedback, bounce_of: BounceOf
) -> None:
    # given a worker that holds a message and waits
    worker = feedback.start_worker()
    worker.line("started")
    lock = sqlite3.connect(make_url(feedback.database_url).database or "", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    feedback.publish(bounce_of("gone@shop.example"))
    worker.line("the database does not answer")
    # when it is told to stop
    worker.send(signal.SIGTERM)
    # then it does, and the message stays
    assert worker.ended() == 0
    lock.close()
    assert feedback.in_queue() == 1


def test_a_worker_waits_for_an_sqs_that_is_away(feedback: Feedback, processes: Processes) -> None:
    # given a worker whose SQS is not there yet
    port = aws.free_port()
    endpoint = f"http://127.0.0.1:{port}"
    worker = feedback.start_worker(
        AWS_ENDPOINT_URL=endpoint, SUPPRESSION_QUEUE_URL=f"{endpoint}/123456789012/late"
    )
    worker.line("the queue does not answer")
    # when it comes, with a message
    processes.start("aws", aws.command(port)).line("Running on http")
    sqs = aws.StandIn(endpoint).sqs
    url = sqs.create_queue(QueueName="late")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody='{"eventType": "Send"')
    # then the worker gets it
    assert worker.line("message refused")


def test_no_body_stops_the_worker(feedback: Feedback, bounce_of: BounceOf) -> None:
    for body in ("{}", "[" * 250_000, '{"a":' * 50_000, "\u2028", "null"):
        feedback.enqueue(body)
    feedback.start_worker()
    feedback.publish(bounce_of("gone@shop.example"))
    feedback.wait_until_listed("gone@shop.example")
