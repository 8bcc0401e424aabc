import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from ingest.dead_letters.moving import BY_HAND, BY_SQS, Moved, redrive, save
from ingest.dead_letters.queue import DeadLetter, DeadLetterQueue
from ingest.errors import QueueUnavailable, SettingsError

URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/dead"
SOURCE = "https://sqs.eu-west-1.amazonaws.com/123456789012/feedback"
ARN = "arn:aws:sqs:eu-west-1:123456789012:dead"


@pytest.fixture
def sqs() -> Any:
    return boto3.client(
        "sqs", region_name="eu-west-1", aws_access_key_id="k", aws_secret_access_key="s"
    )


def stubbed(sqs: Any) -> Stubber:
    """Return a stub that has told the queue's ARN."""
    stub = Stubber(sqs)
    stub.add_response("get_queue_attributes", {"Attributes": {"QueueArn": ARN}})
    return stub


def task(status: str, moved: int, wanted: int) -> dict[str, Any]:
    counts = {
        "ApproximateNumberOfMessagesMoved": moved,
        "ApproximateNumberOfMessagesToMove": wanted,
    }
    return {"Results": [{"Status": status, "SourceArn": ARN, **counts}]}


def no_sleep(_seconds: float) -> None:
    """Do not wait."""


def received(*names: str) -> dict[str, Any]:
    return {
        "Messages": [
            {"MessageId": name, "ReceiptHandle": f"r-{name}", "Body": f"body {name}"}
            for name in names
        ]
    }


def test_sqs_moves_the_letters_itself(sqs: Any) -> None:
    # given an SQS that has move tasks, and takes a while
    stub = stubbed(sqs)
    stub.add_response("start_message_move_task", {"TaskHandle": "t"}, {"SourceArn": ARN})
    stub.add_response("list_message_move_tasks", task("RUNNING", 3, 10))
    stub.add_response("list_message_move_tasks", task("COMPLETED", 10, 10))
    with stub:
        assert redrive(DeadLetterQueue(sqs, URL), SOURCE, no_sleep) == Moved(10, 0, BY_SQS)


def test_letters_that_sqs_did_not_move_are_told(sqs: Any) -> None:
    stub = stubbed(sqs)
    stub.add_response("start_message_move_task", {"TaskHandle": "t"})
    stub.add_response("list_message_move_tasks", task("FAILED", 4, 10))
    with stub:
        assert redrive(DeadLetterQueue(sqs, URL), SOURCE, no_sleep).left == 6


def test_a_redrive_that_sqs_refuses_is_not_done_by_hand(sqs: Any) -> None:
    stub = stubbed(sqs)
    stub.add_client_error("start_message_move_task", "AccessDenied")
    with stub, pytest.raises(QueueUnavailable, match="AccessDenied"):
        redrive(DeadLetterQueue(sqs, URL), SOURCE, no_sleep)


def by_hand(sqs: Any) -> Stubber:
    stub = stubbed(sqs)
    stub.add_client_error("start_message_move_task", "InvalidAction")
    return stub


def test_by_hand_a_letter_is_deleted_after_it_was_sent(sqs: Any) -> None:
    # given an SQS without move tasks; the stub insists on the order
    stub = by_hand(sqs)
    count = {"Attributes": {"ApproximateNumberOfMessages": "1"}}
    stub.add_response("get_queue_attributes", count)
    stub.add_response("receive_message", received("a"))
    sent = {"QueueUrl": SOURCE, "MessageBody": "body a"}
    stub.add_response("send_message", {"MessageId": "b"}, sent)
    done = {"Successful": [{"Id": "0"}], "Failed": []}
    deleted = {"QueueUrl": URL, "Entries": [{"Id": "0", "ReceiptHandle": "r-a"}]}
    stub.add_response("delete_message_batch", done, deleted)
    with stub:
        assert redrive(DeadLetterQueue(sqs, URL), SOURCE, no_sleep) == Moved(1, 0, BY_HAND)


def test_by_hand_a_letter_that_could_not_be_sent_is_not_deleted(sqs: Any) -> None:
    stub = by_hand(sqs)
    count = {"Attributes": {"ApproximateNumberOfMessages": "1"}}
    stub.add_response("get_queue_attributes", count)
    stub.add_response("receive_message", received("a"))
    stub.add_client_error("send_message", "ServiceUnavailable")
    with stub, pytest.raises(QueueUnavailable):
        redrive(DeadLetterQueue(sqs, URL), SOURCE, no_sleep)


def test_by_hand_somebody_has_to_say_where_to(sqs: Any) -> None:
    with by_hand(sqs), pytest.raises(SettingsError, match="SUPPRESSION_QUEUE_URL"):
        redrive(DeadLetterQueue(sqs, URL), "", no_sleep)


def test_letters_are_deleted_after_they_are_on_disk(
    sqs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a disk and a queue that tell what is done to them
    done: list[str] = []
    sync = os.fsync
    delete = DeadLetterQueue.delete

    def told_sync(descriptor: int) -> None:
        sync(descriptor)
        done.append("sync")

    def told_delete(queue: DeadLetterQueue, letters: Sequence[DeadLetter]) -> int:
        done.append("delete")
        return delete(queue, letters)

    monkeypatch.setattr(os, "fsync", told_sync)
    monkeypatch.setattr(DeadLetterQueue, "delete", told_delete)
    stub = Stubber(sqs)
    stub.add_response("receive_message", received("a", "b"))
    stub.add_response("delete_message_batch", {"Successful": [{"Id": "0"}], "Failed": []})
    # when two letters are saved
    with stub:
        saved = save(DeadLetterQueue(sqs, URL), tmp_path / "dead.jsonl", 2, delete=True)
    # then the folder and the file were safe before anything was deleted
    assert done == ["sync", "sync", "delete"]
    assert saved == (2, 1)


def test_nothing_is_deleted_when_the_disk_is_full(
    sqs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a disk that is full, once there is a file
    syncs = iter([None, OSError(28, "No space left on device")])

    def full(_descriptor: int) -> None:
        if error := next(syncs):
            raise error

    monkeypatch.setattr(os, "fsync", full)
    stub = Stubber(sqs)
    stub.add_response("receive_message", received("a"))
    given_back = {"Successful": [{"Id": "0"}], "Failed": []}
    stub.add_response("change_message_visibility_batch", given_back)
    # then the letter is given back; a delete would be one call too many for the stub
    with stub, pytest.raises(OSError, match="No space"):
        save(DeadLetterQueue(sqs, URL), tmp_path / "dead.jsonl", 1, delete=True)
    stub.assert_no_pending_responses()


def test_a_letter_that_comes_twice_is_taken_once(sqs: Any) -> None:
    # given a queue whose loans are over before all of it was seen
    stub = Stubber(sqs)
    for names in (["a", "b"], ["b", "c"], ["a"], []):
        asked = {
            "QueueUrl": URL,
            "MaxNumberOfMessages": 10,
            "VisibilityTimeout": ANY,
            "WaitTimeSeconds": ANY,
            "MessageSystemAttributeNames": ANY,
        }
        stub.add_response("receive_message", received(*names), asked)
    with stub:
        batches = list(DeadLetterQueue(sqs, URL).take(100))
    assert [[letter.message_id for letter in batch] for batch in batches] == [["a", "b"], ["c"]]
