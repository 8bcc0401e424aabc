"""SQS queues: receiving, sending, deleting and postponing messages."""

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import structlog

from suppression_ingest.aws.failures import translated
from suppression_ingest.aws.limits import MAX_BATCH
from suppression_ingest.aws.session import client_for_queue
from suppression_ingest.errors import AwsError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_T = TypeVar("_T")

_log = structlog.get_logger(__name__)

#: Concurrent receives or deletes. The messages of concurrent receives share a transaction.
MAX_IN_FLIGHT: Final = 9

# Seconds to wait for an answer, beyond the wait of a long poll.
_ANSWER_SECONDS: Final = 10
# Attempts to delete an entry of a batch.
_DELETE_ATTEMPTS: Final = 3

# Seconds for which a message is hidden when it is postponed the first time, the second time,
# and every later time. Each redelivery counts as a receive, and a queue allows few: a message
# becomes a dead letter after 12 hours if it allows 3, and after 34 hours if it allows 5.
# SQS hides a message for at most 12 hours after it was received. The last value leaves one
# hour for the processing of the batch.
_POSTPONED_SECONDS: Final = (300, 3_600, 39_600)

_RECEIVE_COUNT: Final = "ApproximateReceiveCount"
_SENT: Final = "SentTimestamp"


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """A received message. SQS delivers it again unless it is deleted in time."""

    message_id: str
    receipt_handle: str
    body: str
    #: The number of receives so far, this one included.
    receive_count: int = 1
    #: When it was sent to its first queue, in seconds since 1970.
    sent: float = 0.0

    @property
    def sent_time(self) -> dt.datetime:
        """``sent`` as a UTC time."""
        return dt.datetime.fromtimestamp(self.sent, dt.UTC)


class Queue:
    """One SQS queue. Every method raises :class:`AwsError` if SQS refuses or does not answer.

    Args:
        client: a client of SQS. It waits at least ``wait_seconds`` for an answer.
        url: the queue's URL.
        batch_size: messages of one receive, 1 to 10.
        wait_seconds: seconds of the long poll, 0 to 20.
    """

    def __init__(
        self, client: "SQSClient", url: str, batch_size: int = MAX_BATCH, wait_seconds: int = 0
    ) -> None:
        self.client = client
        self.url = url
        self._batch_size = batch_size
        self._wait_seconds = wait_seconds
        self._threads = ThreadPoolExecutor(MAX_IN_FLIGHT, thread_name_prefix="sqs")
        # Receives of the next :meth:`receive_more`.
        self._in_flight = MAX_IN_FLIGHT

    @classmethod
    def connect(cls, url: str, batch_size: int = MAX_BATCH, wait_seconds: int = 0) -> Self:
        """Return a queue. boto3's settings, ``AWS_*``, apply. Nothing is sent yet.

        Raises:
            SettingsError: an ``AWS_*`` setting is wrong, or the region is not known.
        """
        client = client_for_queue(url, "sqs", wait_seconds + _ANSWER_SECONDS)
        return cls(client, url, batch_size, wait_seconds)

    # --- receiving -----------------------------------------------------------------------------

    def receive(self) -> list[Message]:
        """Wait for messages. Return an empty list if none came in time."""
        return self._receive(self._wait_seconds, self._batch_size)

    def receive_more(self) -> list[Message]:
        """Return the messages that are waiting now, by several receives at once.

        A receive that fails returns nothing. SQS may have answered: its messages then come
        again, one receive older, and can become dead letters that nobody has read. So there
        are half as many receives the next time, and one more after each time without failure.
        """
        receives = [
            self._threads.submit(self._receive, 0, self._batch_size) for _ in range(self._in_flight)
        ]
        answers, failures = _ended(receives)
        if failures:
            _log.warning("receives without an answer", count=len(failures), cause=str(failures[0]))
            self._in_flight //= 2
        else:
            self._in_flight = min(self._in_flight + 1, MAX_IN_FLIGHT)
        return [message for messages in answers for message in messages]

    def is_full(self, messages: Sequence[Message]) -> bool:
        """Whether a receive returned a full batch, so that more messages may wait."""
        return len(messages) >= self._batch_size

    def borrow(self, count: int, seconds: int) -> list[Message]:
        """Receive up to ``count`` messages, hidden from others for some seconds."""
        return self._receive(self._wait_seconds, count, VisibilityTimeout=seconds)

    def _receive(self, wait_seconds: int, count: int, **visibility: int) -> list[Message]:
        with translated():
            answer = self.client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=count,
                WaitTimeSeconds=wait_seconds,
                MessageSystemAttributeNames=[_RECEIVE_COUNT, _SENT],
                **visibility,  # type: ignore[arg-type]
            )
        return [_message(received) for received in answer.get("Messages", [])]

    # --- deleting, postponing and releasing received messages ----------------------------------

    def delete(self, messages: Sequence[Message]) -> list[Message]:
        """Delete messages. Return those that could not be deleted, which SQS delivers again.

        SQS answers 200 even if it could not delete some entries of a batch.
        Those are tried again.
        """
        left = list(messages)
        for _attempt in range(_DELETE_ATTEMPTS):
            if not left:
                break
            deletes = self._threads.map(self._delete_batch, batches(left))
            left = [message for batch in deletes for message in batch]
        return left

    def postpone(self, messages: Sequence[Message]) -> list[Message]:
        """Hide messages, longer after each receive. Return those for which this failed."""
        return self._hide([(message, _postponed_seconds(message)) for message in messages])

    def release(self, messages: Sequence[Message]) -> list[Message]:
        """Let others receive messages at once. Return those for which this failed."""
        return self._hide([(message, 0) for message in messages])

    def _hide(self, seconds: Sequence[tuple[Message, int]]) -> list[Message]:
        return [left for batch in batches(seconds) for left in self._hide_batch(batch)]

    def _hide_batch(self, batch: Sequence[tuple[Message, int]]) -> list[Message]:
        entries: Any = [
            {
                "Id": str(index),
                "ReceiptHandle": message.receipt_handle,
                "VisibilityTimeout": seconds,
            }
            for index, (message, seconds) in enumerate(batch)
        ]
        with translated():
            answer = self.client.change_message_visibility_batch(QueueUrl=self.url, Entries=entries)
        return [batch[int(failure["Id"])][0] for failure in answer.get("Failed", [])]

    def _delete_batch(self, batch: Sequence[Message]) -> list[Message]:
        entries: Any = [
            {"Id": str(index), "ReceiptHandle": message.receipt_handle}
            for index, message in enumerate(batch)
        ]
        with translated():
            answer = self.client.delete_message_batch(QueueUrl=self.url, Entries=entries)
        return [batch[int(failure["Id"])] for failure in answer.get("Failed", [])]

    # --- sending, and attributes ---------------------------------------------------------------

    def send(self, body: str) -> None:
        """Send a message."""
        with translated():
            self.client.send_message(QueueUrl=self.url, MessageBody=body)

    def send_batch(self, messages: Sequence[tuple[str, int]]) -> list[int]:
        """Send up to ten bodies, each after a delay of 0 to 900 seconds.

        Returns:
            The indexes of the bodies that SQS did not accept.
        """
        entries: Any = [
            {"Id": str(index), "MessageBody": body, "DelaySeconds": delay}
            for index, (body, delay) in enumerate(messages)
        ]
        with translated():
            answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)
        return [int(failure["Id"]) for failure in answer.get("Failed", [])]

    def attributes(self, *names: "QueueAttributeNameType") -> dict[str, str]:
        """Return the attributes with these names that the queue has."""
        with translated():
            answer = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=list(names))
        return {str(name): value for name, value in answer.get("Attributes", {}).items()}


def batches(messages: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Split messages into batches that one call takes."""
    for start in range(0, len(messages), MAX_BATCH):
        yield messages[start : start + MAX_BATCH]


def _message(received: "MessageTypeDef") -> Message:
    attributes = received.get("Attributes", {})
    return Message(
        message_id=received["MessageId"],
        receipt_handle=received["ReceiptHandle"],
        body=received.get("Body", ""),
        receive_count=int(attributes.get(_RECEIVE_COUNT, 1)),
        sent=int(attributes.get(_SENT, 0)) / 1000,
    )


def _ended(
    receives: "Sequence[Future[list[Message]]]",
) -> tuple[list[list[Message]], list[AwsError]]:
    answers, failures = [], []
    for receive in receives:
        try:
            answers.append(receive.result())
        except AwsError as error:
            failures.append(error)
    return answers, failures


def _postponed_seconds(message: Message) -> int:
    times = min(max(message.receive_count, 1), len(_POSTPONED_SECONDS))
    return _POSTPONED_SECONDS[times - 1]
