"""The whole system in real processes (server, worker, queue), for acceptance tests and soaks."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from deploy.local.aws import StandIn, Wiring
from suppression import Check, SuppressionClient, WhenUnavailable
from tests.support.processes import BIN, DEADLINE, Process, Processes, eventually

#: Timeout of a client, in seconds; generous for a busy machine.
_CLIENT_SECONDS: Final = 30.0


class System:
    """A database, a queue behind a topic, a server and a worker.

    Args:
        processes: of the test.
        database_url: an empty database.
        stand_in: for SNS and SQS.
        wiring: topic and queues of this system only.
        folder: for the server's snapshots.
    """

    def __init__(
        self,
        processes: Processes,
        database_url: str,
        stand_in: StandIn,
        wiring: Wiring,
        folder: Path,
    ) -> None:
        self.processes = processes
        self.stand_in = stand_in
        self.wiring = wiring
        self.environment = {
            **stand_in.environment,
            "SUPPRESSION_DATABASE_URL": database_url,
            "SUPPRESSION_SNAPSHOT_DIRECTORY": str(folder / "snapshots"),
            "SUPPRESSION_QUEUE_URL": wiring.queue_url,
            "SUPPRESSION_TOPIC_ARNS": wiring.topic_arn,
            "SUPPRESSION_LISTEN": "127.0.0.1:0",
            # SQS may give messages to a killed worker's request until that times out.
            "SUPPRESSION_WAIT_SECONDS": "1",
        }
        self.address = ""

    def start_server(self, **settings: str) -> Process:
        """Start a server, and wait until it answers."""
        server = self.processes.start(
            "service", [BIN / "suppression-service", "serve"], self.environment | settings
        )
        self.address = server.line(r"listens on (\S+)")[1]
        self.environment["SUPPRESSION_LISTEN"] = self.address
        server.line("answering calls")
        return server

    def start_worker(self, **settings: str) -> Process:
        """Start a worker, and wait until it listens to the queue."""
        worker = self.processes.start(
            "ingest", [BIN / "suppression-ingest", "worker"], self.environment | settings
        )
        worker.line(r"\bstarted\b")
        return worker

    def client(self) -> SuppressionClient:
        """Return a client that raises on every failure; the caller closes it."""
        return SuppressionClient(
            self.address,
            when_unavailable=WhenUnavailable.RAISE,
            check_timeout=_CLIENT_SECONDS,
            timeout=_CLIENT_SECONDS,
        )

    def check(self, address: str, stream: str = "") -> Check:
        """Check against the newest state of the database."""
        with self.client() as client:
            newest = client.get_address(address).revision
            return client.check(address, stream=stream, min_revision=newest)

    def publish(self, event: dict[str, Any] | str, topic_arn: str = "") -> None:
        """Publish as SES does."""
        text = event if isinstance(event, str) else json.dumps(event)
        self.stand_in.sns.publish(TopicArn=topic_arn or self.wiring.topic_arn, Message=text)

    def send(self, body: str) -> None:
        """Put a body into the queue without SNS."""
        self.stand_in.sqs.send_message(QueueUrl=self.wiring.queue_url, MessageBody=body)

    def send_all(self, bodies: Sequence[str]) -> None:
        """Put many bodies into the queue without SNS."""
        for start in range(0, len(bodies), 10):
            entries: Any = [
                {"Id": str(number), "MessageBody": body}
                for number, body in enumerate(bodies[start : start + 10])
            ]
            self.stand_in.sqs.send_message_batch(QueueUrl=self.wiring.queue_url, Entries=entries)

    def settle(self, seconds: float = DEADLINE) -> None:
        """Wait until every message is stored, or in the dead-letter queue."""
        eventually("the queue is empty", lambda: not self._waiting(), seconds)

    def dead_letters(self) -> list[str]:
        """Return the bodies in the dead-letter queue."""
        answer = self.stand_in.sqs.receive_message(
            QueueUrl=self.wiring.dead_letter_url, MaxNumberOfMessages=10
        )
        return [message["Body"] for message in answer.get("Messages", [])]

    def _waiting(self) -> int:
        asked = self.stand_in.sqs.get_queue_attributes(
            QueueUrl=self.wiring.queue_url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        )
        return sum(map(int, asked["Attributes"].values()))
