"""The dead-letter queue: looking into it, and taking out of it."""

import contextlib
import dataclasses
import datetime as dt
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, Self

from suppression_ingest.aws.failures import translated
from suppression_ingest.aws.sqs import MAX_BATCH, batches, connect_client
from suppression_ingest.errors import SettingsError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import MessageTypeDef

#: Seconds that letters are on loan while they are looked at: longer than looking
#: takes, and short enough if the program is killed and nobody gives them back.
LOAN_SECONDS: Final = 300

# A receive that waits asks every server of the queue; one answer of "none" may still
# be of a moment when all letters were just being given back.
_WAIT_SECONDS: Final = 1
_EMPTY_ANSWERS: Final = 2
_SENT: Final = "SentTimestamp"
_RECEIVED: Final = "ApproximateReceiveCount"


@dataclasses.dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up, on loan from its queue.

    ``sent`` is when it first came into a queue, before it was given up.
    """

    message_id: str
    receipt_handle: str
    body: str
    receive_count: int
    sent: dt.datetime


class DeadLetterQueue:
    """A queue of dead letters.

    Args:
        client: of SQS.
        url: the queue's.
    """

    def __init__(self, client: "SQSClient", url: str) -> None:
        self.client = client
        self.url = url

    @classmethod
    def find(cls, queue_url: str, dead_letter_queue_url: str) -> Self:
        """Return the queue that is named, or the one in the redrive policy of another.

        Raises:
            SettingsError: the other queue has none.
            AwsError: SQS does not answer, or refuses.
        """
        client = connect_client(dead_letter_queue_url or queue_url, _WAIT_SECONDS)
        if dead_letter_queue_url:
            return cls(client, dead_letter_queue_url)
        with translated():
            policy = _attribute(client, queue_url, "RedrivePolicy")
            if not policy:
                raise SettingsError("the queue has no dead-letter queue: its messages come again")
            arn = str(json.loads(policy)["deadLetterTargetArn"])
            account, name = arn.split(":")[4:6]
            found = client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
            return cls(client, found["QueueUrl"])

    @property
    def arn(self) -> str:
        """The queue's ARN.

        Raises:
            AwsError: SQS does not answer, or refuses.
        """
        with translated():
            return _attribute(self.client, self.url, "QueueArn")

    def count(self) -> int:
        """Return about how many letters wait.

        Raises:
            AwsError: SQS does not answer, or refuses.
        """
        with translated():
            return int(_attribute(self.client, self.url, "ApproximateNumberOfMessages") or 0)

    def take(self, limit: int) -> Iterator[list[DeadLetter]]:
        """Borrow letters, ten at most at a time, each once.

        Args:
            limit: of all of them.

        Raises:
            AwsError: SQS does not answer, or refuses.
        """
        seen: set[str] = set()
        empty = 0
        while len(seen) < limit and empty < _EMPTY_ANSWERS:
            received = self._receive(min(MAX_BATCH, limit - len(seen)))
            letters = [letter for letter in received if letter.message_id not in seen]
            empty = 0 if letters else empty + 1
            seen |= {letter.message_id for letter in letters}
            if letters:
                yield letters

    @contextlib.contextmanager
    def looking(self, limit: int) -> Iterator[Iterator[DeadLetter]]:
        """Yield letters to look at; those that were are given back at the end.

        Raises:
            AwsError: SQS does not answer, or refuses.
        """
        borrowed: list[DeadLetter] = []

        def letters() -> Iterator[DeadLetter]:
            for batch in self.take(limit):
                borrowed.extend(batch)
                yield from batch

        try:
            yield letters()
        finally:
            self.give_back(borrowed)

    def give_back(self, letters: Sequence[DeadLetter]) -> None:
        """Let letters be seen by others at once; those that cannot be soon are anyway.

        Raises:
            AwsError: SQS does not answer, or refuses.
        """
        for batch in batches(letters):
            with translated():
                self.client.change_message_visibility_batch(
                    QueueUrl=self.url,
                    Entries=[
                        {
                            "Id": str(place),
                            "ReceiptHandle": letter.receipt_handle,
                            "VisibilityTimeout": 0,
                        }
                        for place, letter in enumerate(batch)
                    ],
                )

    def delete(self, letters: Sequence[DeadLetter]) -> int:
        """Delete letters; return how many SQS deleted.

        Raises:
            AwsError: SQS does not answer, or refuses.
        """
        deleted = 0
        for batch in batches(letters):
            with translated():
                answer = self.client.delete_message_batch(
                    QueueUrl=self.url,
                    Entries=[
                        {"Id": str(place), "ReceiptHandle": letter.receipt_handle}
                        for place, letter in enumerate(batch)
                    ],
                )
            deleted += len(answer.get("Successful", []))
        return deleted

    def _receive(self, count: int) -> list[DeadLetter]:
        with translated():
            answer = self.client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=count,
                VisibilityTimeout=LOAN_SECONDS,
                WaitTimeSeconds=_WAIT_SECONDS,
                MessageSystemAttributeNames=[_RECEIVED, _SENT],
            )
        return [_letter(message) for message in answer.get("Messages", [])]


def _attribute(client: "SQSClient", url: str, name: "QueueAttributeNameType") -> str:
    answer = client.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return answer.get("Attributes", {}).get(name, "")


def _letter(message: "MessageTypeDef") -> DeadLetter:
    attributes = message.get("Attributes", {})
    sent = int(attributes.get(_SENT, 0)) / 1000
    return DeadLetter(
        message_id=message.get("MessageId", ""),
        receipt_handle=message.get("ReceiptHandle", ""),
        body=message.get("Body", ""),
        receive_count=int(attributes.get(_RECEIVED, 1)),
        sent=dt.datetime.fromtimestamp(sent, dt.UTC),
    )
