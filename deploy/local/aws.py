"""A local stand-in for SNS and SQS, and the topic and queues that SES's feedback needs.

moto in server mode is a real process with a real socket. It signs the messages that it
delivers. Its topics and queues live as long as the process.
"""

import functools
import json
import socket
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

REGION: Final = "us-east-1"

#: Variables that boto3 would prefer to the stand-in's own keys, or mix with them.
OTHER_ACCESS: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")

#: How long a dead-letter queue keeps a message, in seconds: SQS's maximum. The time counts
#: from when the message was first sent, so it must be longer than the source queue's.
_RETENTION: Final = 14 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Wiring:
    """The topic that SES publishes to, and the queues behind it."""

    topic_arn: str
    queue_url: str
    dead_letter_url: str


def command(port: int) -> list[str]:
    """Return the command that runs the stand-in on a port of this machine."""
    return [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]


def free_port() -> int:
    """Return a free port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class StandIn:
    """A running stand-in.

    Args:
        endpoint_url: where it listens.
    """

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make boto3 and ingest use the stand-in; the keys are not real."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": REGION,
            # The name that boto3 reads.
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_EC2_METADATA_DISABLED": "true",
            # Its signing certificates have URLs of SNS, but only the stand-in serves them.
            "SUPPRESSION_CERTIFICATE_ENDPOINT": self.endpoint_url,
        }

    @functools.cached_property
    def sns(self) -> "SNSClient":
        """A client for its SNS."""
        return boto3.client("sns", **self._access())

    @functools.cached_property
    def sqs(self) -> "SQSClient":
        """A client for its SQS."""
        return boto3.client("sqs", **self._access())

    def _access(self) -> dict[str, Any]:
        return {
            "endpoint_url": self.endpoint_url,
            "region_name": REGION,
            "aws_access_key_id": "local",
            "aws_secret_access_key": "local",
        }

    def wire(
        self, name: str, *, visibility_seconds: int = 30, max_receive_count: int = 5
    ) -> Wiring:
        """Create a topic, a queue and a dead-letter queue, as in docs/how-to/aws-by-hand.md.

        Args:
            name: of the topic and the queue.
            visibility_seconds: after which SQS delivers a message that was not deleted again.
            max_receive_count: deliveries of a message before it goes to the dead-letter queue.
        """
        topic_arn = self.sns.create_topic(Name=name)["TopicArn"]
        queue_url, dead_letter_url = self.make_queues(
            name, visibility_seconds=visibility_seconds, max_receive_count=max_receive_count
        )
        self.subscribe(queue_url, topic_arn)
        return Wiring(topic_arn, queue_url, dead_letter_url)

    def make_queues(
        self, name: str, *, visibility_seconds: int = 30, max_receive_count: int = 5
    ) -> tuple[str, str]:
        """Create a queue and its dead-letter queue; return their URLs. See :meth:`wire`."""
        dead_letter_url = self._queue(f"{name}-dead", MessageRetentionPeriod=str(_RETENTION))
        redrive = {
            "deadLetterTargetArn": self._arn(dead_letter_url),
            "maxReceiveCount": max_receive_count,
        }
        queue_url = self._queue(
            name, VisibilityTimeout=str(visibility_seconds), RedrivePolicy=json.dumps(redrive)
        )
        return queue_url, dead_letter_url

    def subscribe(self, queue_url: str, topic_arn: str) -> None:
        """Allow a topic, and nothing else, to send to a queue; then subscribe the queue."""
        queue_arn = self._arn(queue_url)
        self.sqs.set_queue_attributes(
            QueueUrl=queue_url, Attributes={"Policy": _policy(queue_arn, topic_arn)}
        )
        self.sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn)

    def _queue(self, name: str, **attributes: str) -> str:
        made = self.sqs.create_queue(QueueName=name, Attributes=attributes)  # type: ignore[arg-type]
        return made["QueueUrl"]

    def _arn(self, queue_url: str) -> str:
        asked = self.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
        return asked["Attributes"]["QueueArn"]


def _policy(queue_arn: str, topic_arn: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
