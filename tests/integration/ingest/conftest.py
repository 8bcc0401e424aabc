import dataclasses
import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.aws import StandIn, Wiring
from suppression_service.store import Store
from tests.processes import BIN, Process, Processes, eventually

Json = dict[str, Any]


@dataclasses.dataclass
class Feedback:
    """SES's topic with a queue behind it, a list, and workers in between."""

    stand_in: StandIn
    wiring: Wiring
    processes: Processes
    database_url: str
    store: Store

    def publish(self, message: str) -> None:
        """Publish as SES does, but without a Subject, which the stand-in would not sign."""
        self.stand_in.sns.publish(TopicArn=self.wiring.topic_arn, Message=message)

    def enqueue(self, body: str) -> None:
        """Put a body into the queue past SNS."""
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
        """How many messages the queue holds, on loan or not."""
        return self._count(self.wiring.queue_url)

    def dead(self) -> int:
        """How many messages the dead-letter queue holds."""
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


@pytest.fixture
def feedback(stand_in: StandIn, processes: Processes, sqlite_url: str) -> Iterator[Feedback]:
    """What is not deleted comes again after a second, and twice at most."""
    name = f"t{secrets.token_hex(6)}"
    wiring = stand_in.wire(name, visibility_seconds=1, max_receive_count=2)
    store = Store.open(sqlite_url, migrate_first=True)
    yield Feedback(stand_in, wiring, processes, sqlite_url, store)
    store.close()


@pytest.fixture
def bounce_of() -> Callable[[str], str]:
    """Make a bounce of an address, as a configuration set publishes it."""
    path = Path(__file__).parents[2] / "data" / "ses" / "bounce-event.json"
    sample: Json = json.loads(path.read_text())

    def make(address: str) -> str:
        bounced = [{"emailAddress": address, "action": "failed", "status": "5.1.1"}]
        details = {"bouncedRecipients": bounced, "feedbackId": secrets.token_hex(8)}
        return json.dumps(sample | {"bounce": sample["bounce"] | details})

    return make
