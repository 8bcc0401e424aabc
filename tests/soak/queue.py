"""A queue in memory that speaks enough of SQS: what is not deleted comes again."""

import json
import random
import threading
import time
from typing import Any, Final

from tests.benchmarks.queue_fake import QueueFake

#: Seconds after which what was received and not deleted comes again.
VISIBILITY: Final = 2.0


class LendingQueue(QueueFake):
    """Lends messages in no order.

    Args:
        bodies: of the messages.
        certificate: PEM, for every GET.
        chance: for the order.
    """

    def __init__(self, bodies: list[str], certificate: bytes, chance: random.Random) -> None:
        super().__init__([], certificate)
        self._chance = chance
        self._waiting = list(enumerate(bodies))
        self._lent: dict[int, tuple[float, str]] = {}
        self._changed = threading.Condition()
        #: How many were deleted, and how many came again because they were not in time.
        self.deleted = 0
        self.lent_again = 0

    @property
    def left(self) -> int:
        """How many messages are not deleted."""
        return len(self._waiting) + len(self._lent)

    def wait_for_deleted(self, number: int, patience: float) -> bool:
        """Wait until so many are deleted, or all; return whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: self.deleted >= number or not self.left, patience)

    def answer(self, method: bytes, target: bytes, body: bytes) -> bytes:
        if method == b"GET":
            return self._certificate
        with self._changed:
            match target:
                case b"AmazonSQS.ReceiveMessage":
                    return json.dumps({"Messages": self._lend()}).encode()
                case b"AmazonSQS.DeleteMessageBatch":
                    for entry in json.loads(body)["Entries"]:
                        self._delete(int(entry["ReceiptHandle"]))
                    self._changed.notify_all()
            return b'{"Successful":[],"Failed":[]}'

    def _lend(self) -> list[dict[str, Any]]:
        now = time.monotonic()
        late = [number for number, (until, _) in self._lent.items() if until < now]
        for number in late:
            self._waiting.insert(
                self._chance.randint(0, len(self._waiting)), (number, self._lent.pop(number)[1])
            )
        self.lent_again += len(late)
        lent = [self._waiting.pop() for _ in range(min(10, len(self._waiting)))]
        self._lent.update({number: (now + VISIBILITY, body) for number, body in lent})
        return [
            {"MessageId": f"m{number}", "ReceiptHandle": str(number), "Body": body}
            for number, body in lent
        ]

    def _delete(self, number: int) -> None:
        if self._lent.pop(number, None):
            self.deleted += 1
        elif gone := [entry for entry in self._waiting if entry[0] == number]:
            self._waiting.remove(gone[0])
            self.deleted += 1
