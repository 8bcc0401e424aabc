"""How much waits in the queue, and how much was given up."""

from typing import TYPE_CHECKING, Final

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from suppression_ingest.aws.failures import translated
from suppression_ingest.aws.sqs import connect_client
from suppression_ingest.dead_letters.queue import DeadLetterQueue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

_STATES: Final[dict[str, "QueueAttributeNameType"]] = {
    "waiting": "ApproximateNumberOfMessages",
    "in_flight": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}


class QueueLook:
    """Asks SQS about a queue and its dead letters.

    Args:
        client: of SQS.
        url: the queue's.
    """

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url
        self._dead: DeadLetterQueue | None = None

    @classmethod
    def connect(cls, url: str) -> "QueueLook":
        """Return a look through boto3's own settings, ``AWS_*``; nothing is sent yet.

        Raises:
            SettingsError: an ``AWS_*`` setting is wrong, or the region is not known.
        """
        return cls(connect_client(url, wait_seconds=0), url)

    def queue(self) -> list[Metric]:
        """Return the messages of the queue, as SQS estimates them.

        Raises:
            AwsError: SQS does not answer, or forbids sqs:GetQueueAttributes.
        """
        with translated():
            answer = self._client.get_queue_attributes(
                QueueUrl=self._url, AttributeNames=[*_STATES.values()]
            )
        family = GaugeMetricFamily(
            "suppression_queue_messages",
            "Messages in the queue, as SQS estimates: waiting, in flight or delayed.",
            labels=("state",),
        )
        told_of = answer.get("Attributes", {})
        for state, name in _STATES.items():
            if name in told_of:
                family.add_metric((state,), int(told_of[name]))
        return [family]

    def dead_letters(self) -> list[Metric]:
        """Return how many messages were given up and still lie there.

        Raises:
            AwsError: SQS does not answer, or forbids.
            SettingsError: the queue gives nothing up.
        """
        self._dead = self._dead or DeadLetterQueue.find(self._url, "")
        return [
            GaugeMetricFamily(
                "suppression_dead_letters",
                "Messages in the dead-letter queue, as SQS estimates.",
                value=self._dead.count(),
            )
        ]
