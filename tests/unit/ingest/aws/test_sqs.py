from collections.abc import Iterator
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from suppression_ingest.aws.sqs import Message, Queue
from suppression_ingest.errors import AwsError
from suppression_service.config import SettingsError

URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/feedback"
MESSAGES = [Message(f"m-{n}", f"r-{n}", "body") for n in range(3)]


@pytest.fixture
def client() -> Any:
    return boto3.client(
        "sqs", region_name="eu-west-1", aws_access_key_id="none", aws_secret_access_key="none"
    )


@pytest.fixture
def sqs(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def queue(client: Any) -> Queue:
    return Queue(client, URL, batch_size=10, wait_seconds=20)


def deleting(*handles: str) -> dict[str, Any]:
    entries = [{"Id": str(index), "ReceiptHandle": handle} for index, handle in enumerate(handles)]
    return {"QueueUrl": URL, "Entries": entries}


def failing(*ids: str) -> dict[str, Any]:
    failed = [{"Id": id_, "Code": "InternalError", "SenderFault": False} for id_ in ids]
    return {"Successful": [], "Failed": failed}


def test_a_receive_waits_long_for_a_full_batch(queue: Queue, sqs: Stubber) -> None:
    sqs.add_response(
        "receive_message",
        {
            "Messages": [
                {
                    "MessageId": "m-1",
                    "ReceiptHandle": "r-1",
                    "Body": "body",
                    "Attributes": {
                        "ApproximateReceiveCount": "3",
                        "SentTimestamp": "1700000000500",
                    },
                }
            ]
        },
        {
            "QueueUrl": URL,
            "MaxNumberOfMessages": 10,
            "WaitTimeSeconds": 20,
            "MessageSystemAttributeNames": ["ApproximateReceiveCount", "SentTimestamp"],
        },
    )
    assert queue.receive() == [Message("m-1", "r-1", "body", receive_count=3, sent=1_700_000_000.5)]


def test_an_empty_queue_gives_nothing(queue: Queue, sqs: Stubber) -> None:
    sqs.add_response("receive_message", {})
    assert queue.receive() == []


class FaultyClient:
    """Answers receives with one message, or not at all."""

    def __init__(self) -> None:
        self.answers = True
        self.receives = 0

    def receive_message(self, **_: Any) -> dict[str, Any]:
        self.receives += 1
        if not self.answers:
            raise ReadTimeoutError(endpoint_url=URL)
        return {"Messages": [{"MessageId": "m", "ReceiptHandle": "r", "Body": "body"}]}


def receives_of(queue: Queue, client: FaultyClient) -> int:
    before = client.receives
    queue.receive_more()
    return client.receives - before


def test_receives_that_get_no_answer_are_followed_by_half_as_many_and_then_by_more() -> None:
    client = FaultyClient()
    queue = Queue(cast("Any", client), URL)
    client.answers = False
    assert [receives_of(queue, client) for _ in range(5)] == [9, 4, 2, 1, 0]
    client.answers = True
    assert [receives_of(queue, client) for _ in range(3)] == [1, 2, 3]


def test_entries_that_were_not_deleted_are_tried_again(queue: Queue, sqs: Stubber) -> None:
    # given a queue that deletes the second of three only when asked again
    sqs.add_response("delete_message_batch", failing("1"), deleting("r-0", "r-1", "r-2"))
    sqs.add_response("delete_message_batch", failing(), deleting("r-1"))
    # then nothing is left
    assert queue.delete(MESSAGES) == []


def test_entries_that_are_never_deleted_are_given_back(queue: Queue, sqs: Stubber) -> None:
    sqs.add_response("delete_message_batch", failing("1"))
    sqs.add_response("delete_message_batch", failing("0"))
    sqs.add_response("delete_message_batch", failing("0"))
    assert queue.delete(MESSAGES) == [MESSAGES[1]]


def test_more_than_ten_messages_are_deleted_in_several_batches(
    client: Any, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The batches go at the same time, in any order, which a Stubber does not allow.
    asked: list[str] = []

    def delete(QueueUrl: str, Entries: list[dict[str, str]]) -> Any:  # noqa: N803 - of boto3
        asked.append(f"{len(Entries)} of {QueueUrl}")
        return failing()

    monkeypatch.setattr(client, "delete_message_batch", delete)
    assert queue.delete([Message(f"m-{n}", f"r-{n}", "body") for n in range(11)]) == []
    assert sorted(asked) == [f"1 of {URL}", f"10 of {URL}"]


@pytest.mark.usefixtures("sqs")
def test_nothing_to_delete_asks_for_nothing(queue: Queue) -> None:
    assert queue.delete([]) == []


@pytest.mark.parametrize(
    ("receive_count", "seconds"), [(1, 300), (2, 3_600), (3, 39_600), (50, 39_600)]
)
def test_a_message_is_postponed_for_longer_each_time(
    queue: Queue, sqs: Stubber, receive_count: int, seconds: int
) -> None:
    entry = {"Id": "0", "ReceiptHandle": "r", "VisibilityTimeout": seconds}
    sqs.add_response(
        "change_message_visibility_batch",
        {"Successful": [], "Failed": []},
        {"QueueUrl": URL, "Entries": [entry]},
    )
    assert queue.postpone([Message("m", "r", "body", receive_count)]) == []


@pytest.mark.parametrize(("receives", "hours"), [(3, 12), (5, 34)])
def test_a_message_that_is_always_postponed_stays_for_long_in_its_queue(
    queue: Queue, sqs: Stubber, client: Any, receives: int, hours: int
) -> None:
    # given a queue that gives messages up after some receives
    hidden = []
    client.meta.events.register(
        "provide-client-params.sqs.ChangeMessageVisibilityBatch",
        lambda params, **_: hidden.append(params["Entries"][0]["VisibilityTimeout"]),
    )
    for receive_count in range(1, receives + 1):
        sqs.add_response("change_message_visibility_batch", failing())
        queue.postpone([Message("m", "r", "body", receive_count)])
    # then it is hidden for hours before, and each time for less than SQS allows
    assert sum(hidden) > hours * 3_600
    assert max(hidden) < 12 * 3_600


def test_entries_that_were_not_postponed_are_given_back(queue: Queue, sqs: Stubber) -> None:
    sqs.add_response("change_message_visibility_batch", failing("1"))
    assert queue.postpone(MESSAGES) == [MESSAGES[1]]


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("receive_message", lambda queue: queue.receive()),
        ("delete_message_batch", lambda queue: queue.delete(MESSAGES)),
        ("change_message_visibility_batch", lambda queue: queue.postpone(MESSAGES)),
    ],
)
def test_an_error_of_sqs_is_told_by_its_code(
    queue: Queue, sqs: Stubber, operation: str, call: Any
) -> None:
    sqs.add_client_error(operation, "RequestThrottled", "slow down")
    with pytest.raises(AwsError, match="RequestThrottled"):
        call(queue)


@pytest.mark.usefixtures("no_aws_settings")
def test_the_region_can_come_from_the_queue_url() -> None:
    assert Queue.connect(URL, 10, 20)


@pytest.mark.usefixtures("no_aws_settings")
@pytest.mark.parametrize("url", ["http://127.0.0.1:9324/queue/feedback", "https://example.com/q"])
def test_a_region_that_nothing_tells_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(SettingsError, match="AWS_REGION"):
        Queue.connect(url, 10, 20)


@pytest.mark.usefixtures("no_aws_settings")
@pytest.mark.parametrize(
    ("name", "value"), [("AWS_PROFILE", "nobody"), ("AWS_ENDPOINT_URL", "not a url")]
)
def test_a_wrong_setting_of_boto3_is_a_wrong_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError):
        Queue.connect(URL, 10, 20)
