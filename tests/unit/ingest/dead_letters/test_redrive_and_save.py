import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import ANY, Stubber

from suppression_ingest.aws.dead_letter_queue import DeadLetterQueue
from suppression_ingest.aws.sqs import Message
from suppression_ingest.dead_letters.export import save
from suppression_ingest.dead_letters.redrive import BY_SQS, ONE_BY_ONE, NotMoved, Redriven, redrive
from suppression_ingest.errors import AwsError
from suppression_service.config import SettingsError

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


def with_task(sqs: Any, *listed: dict[str, Any], before: dict[str, Any] | None = None) -> Stubber:
    """Return a stub of an SQS that takes a move task, and what it lists one after the other."""
    stub = stubbed(sqs)
    asked = {"SourceArn": ARN, "MaxResults": 1}
    stub.add_response("list_message_move_tasks", tasks(before), asked)
    stub.add_response("start_message_move_task", {"TaskHandle": "t"}, {"SourceArn": ARN})
    for task in listed:
        stub.add_response("list_message_move_tasks", tasks(task), asked)
    return stub


def tasks(newest: dict[str, Any] | None) -> dict[str, Any]:
    return {"Results": [{"SourceArn": ARN, **newest}] if newest else []}


def running(moved: int, wanted: int, status: str = "RUNNING", started: int = 2) -> dict[str, Any]:
    """A task that has come to run."""
    return {
        "Status": status,
        "StartedTimestamp": started,
        "ApproximateNumberOfMessagesMoved": moved,
        "ApproximateNumberOfMessagesToMove": wanted,
    }


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
    with with_task(sqs, running(3, 10), running(10, 10, "COMPLETED")):
        assert redrive(DeadLetterQueue(sqs, URL), SOURCE, no_sleep) == Redriven(10, 0, BY_SQS)


def test_letters_that_sqs_counted_and_left_are_told(sqs: Any) -> None:
    with with_task(sqs, running(4, 10, "COMPLETED")):
        assert redrive(DeadLetterQueue(sqs, URL), SOURCE, no_sleep).left == 6


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        ({"Status": "FAILED", "FailureReason": "AccessDenied"}, r"FAILED \(AccessDenied\), 0"),
        (running(4, 10, "FAILED"), r"FAILED \(no reason given\), 4 were sent back before"),
        (running(4, 10, "CANCELLED"), "CANCELLED .*4 were sent back"),
    ],
    ids=["before it ran", "half way", "cancelled"],
)
def test_a_task_that_came_to_nothing_is_an_error_that_says_why(
    sqs: Any, ended: dict[str, Any], said: str
) -> None:
    with with_task(sqs, ended), pytest.raises(NotMoved, match=said):
        redrive(DeadLetterQueue(sqs, URL), SOURCE, no_sleep)


def test_a_task_that_is_not_listed_yet_is_waited_for(sqs: Any) -> None:
    # given a list that is behind: first the one before is the newest
    before = running(7, 7, "COMPLETED", started=1)
    with with_task(sqs, before, running(2, 2, "COMPLETED"), before=before):
        assert redrive(DeadLetterQueue(sqs, URL), SOURCE, no_sleep).moved == 2


def test_a_first_task_that_is_not_listed_yet_is_waited_for(sqs: Any) -> None:
    with with_task(sqs, {}, running(2, 2, "COMPLETED")):
        assert redrive(DeadLetterQueue(sqs, URL), SOURCE, no_sleep).moved == 2


def test_a_task_that_is_never_listed_is_an_error(sqs: Any) -> None:
    with with_task(sqs, *[{}] * 100), pytest.raises(NotMoved, match="does not list it"):
        redrive(DeadLetterQueue(sqs, URL), SOURCE, no_sleep)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("AccessDenied", "allow sqs:StartMessageMoveTask"),
        ("AWS.SimpleQueueService.UnsupportedOperation", "already a task running"),
        ("UnsupportedOperation", "already a task running"),
        ("500", "500"),
    ],
)
def test_a_redrive_that_sqs_refuses_is_not_done_one_by_one(sqs: Any, code: str, told: str) -> None:
    stub = stubbed(sqs)
    stub.add_response("list_message_move_tasks", tasks(None))
    stub.add_client_error("start_message_move_task", code, "There is already a task running.")
    with stub, pytest.raises(AwsError, match=told):
        redrive(DeadLetterQueue(sqs, URL), SOURCE, no_sleep)


def test_an_sqs_that_cannot_be_reached_is_an_error_of_ours(
    sqs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://sqs")

    monkeypatch.setattr(sqs, "start_message_move_task", unreachable)
    stub = stubbed(sqs)
    stub.add_response("list_message_move_tasks", tasks(None))
    with stub, pytest.raises(AwsError, match="cannot be reached"):
        redrive(DeadLetterQueue(sqs, URL), SOURCE, no_sleep)


def one_by_one(sqs: Any) -> Stubber:
    stub = stubbed(sqs)
    stub.add_client_error("list_message_move_tasks", "InvalidAction")
    return stub


def test_one_by_one_a_letter_is_deleted_after_it_was_sent(sqs: Any) -> None:
    # given an SQS without move tasks; the stub insists on the order
    stub = one_by_one(sqs)
    count = {"Attributes": {"ApproximateNumberOfMessages": "1"}}
    stub.add_response("get_queue_attributes", count)
    stub.add_response("receive_message", received("a"))
    sent = {"QueueUrl": SOURCE, "MessageBody": "body a"}
    stub.add_response("send_message", {"MessageId": "b"}, sent)
    done = {"Successful": [{"Id": "0"}], "Failed": []}
    deleted = {"QueueUrl": URL, "Entries": [{"Id": "0", "ReceiptHandle": "r-a"}]}
    stub.add_response("delete_message_batch", done, deleted)
    with stub:
        assert redrive(DeadLetterQueue(sqs, URL), SOURCE, no_sleep) == Redriven(1, 0, ONE_BY_ONE)


def test_a_stand_in_that_only_breaks_down_has_no_move_tasks() -> None:
    # given a stand-in whose web server answers what it does not know with a bare 500
    stand_in = boto3.client(
        "sqs",
        region_name="eu-west-1",
        endpoint_url="http://127.0.0.1:5000",
        aws_access_key_id="k",
        aws_secret_access_key="s",
    )
    stub = stubbed(stand_in)
    stub.add_client_error("list_message_move_tasks", "500")
    none = {"Attributes": {"ApproximateNumberOfMessages": "0"}}
    stub.add_response("get_queue_attributes", none)
    with stub:
        assert redrive(DeadLetterQueue(stand_in, URL), SOURCE, no_sleep) == Redriven(
            0, 0, ONE_BY_ONE
        )


def test_one_by_one_a_letter_that_could_not_be_sent_is_not_deleted(sqs: Any) -> None:
    stub = one_by_one(sqs)
    count = {"Attributes": {"ApproximateNumberOfMessages": "1"}}
    stub.add_response("get_queue_attributes", count)
    stub.add_response("receive_message", received("a"))
    stub.add_client_error("send_message", "ServiceUnavailable")
    with stub, pytest.raises(AwsError):
        redrive(DeadLetterQueue(sqs, URL), SOURCE, no_sleep)


def test_one_by_one_somebody_has_to_say_where_to(sqs: Any) -> None:
    with one_by_one(sqs), pytest.raises(SettingsError, match="SUPPRESSION_QUEUE_URL"):
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

    def told_delete(queue: DeadLetterQueue, messages: Sequence[Message]) -> list[Message]:
        done.append("delete")
        return delete(queue, messages)

    monkeypatch.setattr(os, "fsync", told_sync)
    monkeypatch.setattr(DeadLetterQueue, "delete", told_delete)
    stub = Stubber(sqs)
    stub.add_response("receive_message", received("a", "b"))
    failed = [{"Id": "1", "Code": "InternalError", "SenderFault": False}]
    stub.add_response("delete_message_batch", {"Successful": [{"Id": "0"}], "Failed": failed})
    for _further_attempt in range(2):
        again = failed[0] | {"Id": "0"}
        stub.add_response("delete_message_batch", {"Successful": [], "Failed": [again]})
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
    # given a queue whose messages are visible again before all of it was seen
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
    assert [[message.message_id for message in batch] for batch in batches] == [["a", "b"], ["c"]]
