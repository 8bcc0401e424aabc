"""The queue that SNS delivers to."""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Self, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from suppression_ingest.aws.failures import failure_of
from suppression_ingest.aws.session import client_beside
from suppression_ingest.errors import QueueUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_T = TypeVar("_T")

#: Messages that one receive or delete takes at most (SQS's limit).
MAX_BATCH: Final = 10
#: Seconds that a receive waits for a message at most (SQS's limit).
MAX_WAIT_SECONDS: Final = 20

#: Receives or deletes that are under way at once; their messages share a transaction.
MAX_IN_FLIGHT: Final = 9

# Seconds beyond the wait after which an answer is not coming any more.
_ANSWER_SECONDS: Final = 10
_CONNECT_SECONDS: Final = 5
# How often an entry of a batch delete is tried.
_DELETE_ATTEMPTS: Final = 3

# Seconds until a postponed message comes again: the first time, the second, and from then on.
# Each time is a receive, of which a queue allows few: a message lasts for 12 hours at 3, and
# for 34 at 5. SQS hides it for 12 hours at most, counted from when it was received; the batch
# that it came with has one of them.
_POSTPONED_SECONDS: Final = (300, 3_600, 39_600)


@dataclasses.dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message on loan from the queue: it comes again unless it is deleted in time."""

    message_id: str
    receipt_handle: str
    body: str
    #: How often it has been received, this time included.
    receive_count: int = 1
    #: When it came into the queue, in seconds since 1970.
    sent: float = 0.0


class Queue:
    """One SQS queue.

    Args:
        client: a client that waits at least ``wait_seconds`` for an answer.
        url: the queue's.
        batch_size: messages a receive, 1 to 10.
        wait_seconds: of the long poll, 0 to 20.
    """

    def __init__(self, client: "SQSClient", url: str, batch_size: int, wait_seconds: int) -> None:
        self._client = client
        self._url = url
        self._batch_size = batch_size
        self._wait_seconds = wait_seconds
        self._threads = ThreadPoolExecutor(MAX_IN_FLIGHT, thread_name_prefix="sqs")

    @classmethod
    def connect(cls, url: str, batch_size: int, wait_seconds: int) -> Self:
        """Return a queue that is reached through boto3 with its own settings, ``AWS_*``.

        Raises:
            SettingsError: an ``AWS_*`` setting is wrong, or the region is not known.
        """
        return cls(connect_client(url, wait_seconds), url, batch_size, wait_seconds)

    def receive(self) -> list[QueuedMessage]:
        """Wait for messages; return none when the wait is over.

        Raises:
            QueueUnavailable: SQS does not answer, or refuses.
        """
        return self._receive(self._wait_seconds)

    def receive_more(self) -> list[QueuedMessage]:
        """Return what is there right now, of several receives at once.

        One that fails brings nothing: the next :meth:`receive` will tell.
        """
        asked = [self._threads.submit(self._receive, 0) for _ in range(MAX_IN_FLIGHT)]
        return [message for receive in asked for message in _unless_failed(receive)]

    def is_full(self, messages: Sequence[QueuedMessage]) -> bool:
        """Whether a receive brought as much as it can, so that there may be more."""
        return len(messages) >= self._batch_size

    def _receive(self, wait_seconds: int) -> list[QueuedMessage]:
        with asking():
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=self._batch_size,
                WaitTimeSeconds=wait_seconds,
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
            )
        return [_message(received) for received in answer.get("Messages", [])]

    def delete(self, messages: Sequence[QueuedMessage]) -> list[QueuedMessage]:
        """Delete messages.

        SQS answers 200 even when it could not delete some entries of a batch;
        those are tried again.

        Returns:
            Those that are still not deleted, to come again.

        Raises:
            QueueUnavailable: SQS does not answer, or refuses.
        """
        left = list(messages)
        for _attempt in range(_DELETE_ATTEMPTS):
            if not left:
                break
            asked = self._threads.map(self._delete_batch, batches(left))
            left = [message for batch in asked for message in batch]
        return left

    def postpone(self, messages: Sequence[QueuedMessage]) -> list[QueuedMessage]:
        """Have messages come again later, the later the more often they came already.

        Returns:
            Those that are not postponed, to come as usual.

        Raises:
            QueueUnavailable: SQS does not answer, or refuses; all come as usual then.
        """
        return [left for batch in batches(messages) for left in self._postpone_batch(batch)]

    def _postpone_batch(self, batch: Sequence[QueuedMessage]) -> list[QueuedMessage]:
        with asking():
            answer = self._client.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {
                        "Id": str(place),
                        "ReceiptHandle": message.receipt_handle,
                        "VisibilityTimeout": _postponed_seconds(message),
                    }
                    for place, message in enumerate(batch)
                ],
            )
        return [batch[int(failure["Id"])] for failure in answer.get("Failed", [])]

    def _delete_batch(self, batch: Sequence[QueuedMessage]) -> list[QueuedMessage]:
        with asking():
            answer = self._client.delete_message_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(place), "ReceiptHandle": message.receipt_handle}
                    for place, message in enumerate(batch)
                ],
            )
        return [batch[int(failure["Id"])] for failure in answer.get("Failed", [])]


def _message(received: "MessageTypeDef") -> QueuedMessage:
    attributes = received.get("Attributes", {})
    return QueuedMessage(
        message_id=received["MessageId"],
        receipt_handle=received["ReceiptHandle"],
        body=received.get("Body", ""),
        receive_count=int(attributes.get("ApproximateReceiveCount", 1)),
        sent=int(attributes.get("SentTimestamp", 0)) / 1000,
    )


def _unless_failed(receive: "Future[list[QueuedMessage]]") -> list[QueuedMessage]:
    try:
        return receive.result()
    except QueueUnavailable:
        return []


def connect_client(url: str, wait_seconds: int) -> "SQSClient":
    """Return a client for a queue, as :func:`client_beside` does.

    Nothing is sent yet. The client does not try again by itself: whoever waits
    between attempts must be able to stop waiting.

    Raises:
        SettingsError: an ``AWS_*`` setting is wrong, or the region is not known.
    """
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=wait_seconds + _ANSWER_SECONDS,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    client: SQSClient = client_beside(url, "sqs", config)
    return client


def batches(messages: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Yield as many at a time as one call takes."""
    for start in range(0, len(messages), MAX_BATCH):
        yield messages[start : start + MAX_BATCH]


@contextlib.contextmanager
def asking(what: str = "") -> Iterator[None]:
    """Ask SQS; what goes wrong is told by its code, for the log.

    Args:
        what: is asked for, to begin the message with.

    Raises:
        QueueUnavailable: SQS does not answer, or refuses.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise QueueUnavailable(f"{what}{failure_of(error)}") from error


def _postponed_seconds(message: QueuedMessage) -> int:
    times = min(max(message.receive_count, 1), len(_POSTPONED_SECONDS))
    return _POSTPONED_SECONDS[times - 1]
