"""A worker between SES's topic and a list, without a server, for integration tests of ingest."""

import dataclasses
from typing import Any

from deploy.local.aws import StandIn, Wiring
from suppression_service.store import Store
from tests.support.processes import BIN, Process, Processes, eventually

Json = dict[str, Any]


@dataclasses.dataclass
class Feedback:
    """SES's topic, its queue, a list, and the workers that the test starts."""

    stand_in: StandIn
    wiring: Wiring
    processes: Processes
    database_url: str
    store: Store

    def publish(self, message: str) -> None:
        """Publish as SES does, but without a Subject, which the stand-in would not sign."""
        self.stand_in.sns.publish(TopicArn=self.wiring.topic_arn, Message=message)

    def enqueue(self, body: str) -> None:
        """Put a body into the queue without SNS."""
        self.stand_in.sqs.send_message(QueueUrl=self.wiring.queue_url, MessageBody=body)

    def start_worker(self, **environment: str) -> Process:
        settings = {
            **self.stand_in.environment,
            "SUPPRESSION_DATABASE_URL": self.database_url,
            "SUPPRESSION_QUEUE_URL": self.wiring.queue_url,
            "SUPPRESSION_TOPIC_ARNS": self.wiring.topic_arn,
        }
        command = (BIN / "suppression-ingest", "worker")
        return self.processes.start("worker", command, settings | environment)

    def in_queue(self) -> int:
        """Return how many messages the queue has, in flight or not."""
        return self._count(self.wiring.queue_url)

    def dead(self) -> int:
        """Return how many messages the dead-letter queue has."""
        return self._count(self.wiring.dead_letter_url)

    def _count(self, url: str) -> int:
        answer = self.stand_in.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        attributes = answer["Attributes"]
        waiting = int(attributes["ApproximateNumberOfMessages"])
        return waiting + int(attributes["ApproximateNumberOfMessagesNotVisible"])

    def wait_until_listed(self, address: str) -> None:
        eventually(f"{address} is listed", lambda: self.store.address(address).suppressions)

    def wait_until_empty(self) -> None:
        eventually("the queue is empty", lambda: not self.in_queue())

    def occurrences(self, address: str) -> list[int]:
        return [entry.occurrences for entry in self.store.address(address).suppressions]
