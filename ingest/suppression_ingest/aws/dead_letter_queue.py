"""The dead-letter queue: finding it, and receiving its messages for a while."""

import contextlib
from collections.abc import Iterator
from typing import Final, Self

from suppression_ingest.aws.failures import translated
from suppression_ingest.aws.limits import MAX_BATCH
from suppression_ingest.aws.sqs import Message, Queue
from suppression_ingest.errors import Malformed
from suppression_ingest.json_object import parse_object
from suppression_service.config import SettingsError

#: Seconds for which borrowed messages are hidden from others. Longer than reading them takes;
#: short enough in case the program is killed and cannot release them.
BORROW_SECONDS: Final = 300

# A long poll asks every server of the queue. It can still return nothing while messages are
# being released.
_WAIT_SECONDS: Final = 1
_EMPTY_ANSWERS: Final = 2


class DeadLetterQueue(Queue):
    """The queue to which SQS moves messages that no worker could process."""

    @classmethod
    def find(cls, queue_url: str, dead_letter_queue_url: str = "") -> Self:
        """Return the queue of the second URL, or else the one in the first queue's redrive policy.

        Raises:
            SettingsError: the first queue has no redrive policy.
            AwsError: SQS does not answer, or refuses.
        """
        if dead_letter_queue_url:
            return cls.connect(dead_letter_queue_url, wait_seconds=_WAIT_SECONDS)
        source = Queue.connect(queue_url, wait_seconds=_WAIT_SECONDS)
        try:
            policy = parse_object(source.attributes("RedrivePolicy")["RedrivePolicy"])
            account, name = str(policy["deadLetterTargetArn"]).split(":")[4:6]
        except (KeyError, Malformed):
            raise SettingsError("the queue has no dead-letter queue") from None
        with translated():
            found = source.client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
        return cls(source.client, found["QueueUrl"], wait_seconds=_WAIT_SECONDS)

    @property
    def arn(self) -> str:
        """The queue's ARN."""
        return self.attributes("QueueArn").get("QueueArn", "")

    def count(self) -> int:
        """Return the approximate number of waiting messages."""
        name: Final = "ApproximateNumberOfMessages"
        return int(self.attributes(name).get(name, 0))

    def take(self, limit: int) -> Iterator[list[Message]]:
        """Borrow up to ``limit`` messages, at most ten at a time and each only once."""
        seen: set[str] = set()
        empty = 0
        while len(seen) < limit and empty < _EMPTY_ANSWERS:
            received = self.borrow(min(MAX_BATCH, limit - len(seen)), BORROW_SECONDS)
            messages = [message for message in received if message.message_id not in seen]
            empty = 0 if messages else empty + 1
            seen |= {message.message_id for message in messages}
            if messages:
                yield messages

    @contextlib.contextmanager
    def borrowed(self, limit: int) -> Iterator[Iterator[Message]]:
        """Yield up to ``limit`` messages to look at; release them at the end of the block."""
        taken: list[Message] = []

        def messages() -> Iterator[Message]:
            for batch in self.take(limit):
                taken.extend(batch)
                yield from batch

        try:
            yield messages()
        finally:
            self.release(taken)
