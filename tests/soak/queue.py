"""A fake of SQS that delivers messages again until they are deleted."""

import json
import random
import threading
import time
from typing import Any, Final

from tests.benchmarks.queue_fake import QueueFake

#: Seconds after which a message that was received and not deleted is delivered again.
VISIBILITY: Final = 2.0


class RedeliveringQueue(QueueFake):
    """Delivers messages in random order, several times if they are not deleted in time.

    Args:
        bodies: of the messages.
        certificate: PEM, for every GET.
        chance: for the order.
    """

    def __init__(self, bodies: list[str], certificate: bytes, chance: random.Random) -> None:
        super().__init__([], certificate)
        self._chance = chance
        self._waiting = list(enumerate(bodies))
        self._in_flight: dict[int, tuple[float, str]] = {}
        self._changed = threading.Condition()
        #: How many were deleted, and how many were delivered again.
        self.deleted = 0
        self.redelivered = 0

    @property
    def left(self) -> int:
        """How many messages are not deleted."""
        return len(self._waiting) + len(self._in_flight)

    def wait_for_deleted(self, number: int, timeout: float) -> bool:
        """Wait until this many or all messages are deleted; return whether they are."""
        with self._changed:
            return self._changed.wait_for(lambda: self.deleted >= number or not self.left, timeout)

    def answer(self, method: bytes, target: bytes, body: bytes) -> bytes:
        if method == b"GET":
            return self._certificate
        with self._changed:
            match target:
                case b"AmazonSQS.ReceiveMessage":
                    return json.dumps({"Messages": self._receive()}).encode()
                case b"AmazonSQS.DeleteMessageBatch":
                    for entry in json.loads(body)["Entries"]:
                        self._delete(int(entry["ReceiptHandle"]))
                    self._changed.notify_all()
            return b'{"Successful":[],"Failed":[]}'

    def _receive(self) -> list[dict[str, Any]]:
        now = time.monotonic()
        late = [number for number, (until, _) in self._in_flight.items() if until < now]
        for number in late:
            self._waiting.insert(
                self._chance.randint(0, len(self._waiting)),
                (number, self._in_flight.pop(number)[1]),
            )
        self.redelivered += len(late)
        received = [self._waiting.pop() for _ in range(min(10, len(self._waiting)))]
        self._in_flight.update({number: (now + VISIBILITY, body) for number, body in received})
        return [
            {"MessageId": f"m{number}", "ReceiptHandle": str(number), "Body": body}
            for number, body in received
        ]

    def _delete(self, number: int) -> None:
        if self._in_flight.pop(number, None):
            self.deleted += 1
        elif gone := [entry for entry in self._waiting if entry[0] == number]:
            self._waiting.remove(gone[0])
            self.deleted += 1
