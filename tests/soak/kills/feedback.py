"""SES's part: events in disorder, some of them twice, as the queue gets them in raw delivery.

Envelopes are left to ``make soak``: the stand-in for SNS makes a new key for each of them,
which costs more than all the rest.
"""

import random
import threading
import time
from typing import Any, Final, Self

from botocore.exceptions import BotoCoreError, ClientError

from deploy.local.aws import StandIn
from tests.soak.happenings import as_text, happenings

#: Events in a second, with a fifth of them repeated.
RATE: Final = 15
_PAUSE: Final = 0.2


class Feedback:
    """Publishes in a thread, evenly over some time, as much as the queue takes.

    Args:
        stand_in: plays SQS.
        queue_url: where to.
        seconds: how long.
        seed: of what happens and of its order.
    """

    def __init__(self, stand_in: StandIn, queue_url: str, seconds: float, seed: int) -> None:
        chance = random.Random(f"{seed} feedback")
        self._events = list(happenings(int(seconds * RATE), chance))
        self._seconds = seconds
        self._chance = chance
        self._sqs = stand_in.sqs
        self._queue_url = queue_url
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._publish_on)
        self._numbers: set[int] = set()
        #: How many notifications went out, and how many of them were repetitions.
        self.published = 0
        self.repetitions = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def happened(self) -> list[dict[str, Any]]:
        """What was published, once each, in the order in which it happened."""
        return [self._events[number] for number in sorted(self._numbers)]

    @property
    def readers(self) -> set[str]:
        """The addresses that it is about."""
        return {event["mail"]["destination"][0] for event in self.happened}

    def _publish_on(self) -> None:
        order = self._chance.sample(range(len(self._events)), len(self._events))
        began = time.monotonic()
        for place, number in enumerate(order):
            due = began + place * self._seconds / len(order)
            if self._over.wait(max(0.0, due - time.monotonic())):
                return
            self._publish(number)
            if self._chance.random() < 0.2:
                self._publish(self._chance.choice([*self._numbers]))

    def _publish(self, number: int) -> None:
        self.repetitions += number in self._numbers
        body = as_text(self._events[number])
        # The queue may have it before its answer is lost, so it counts from here on.
        self._numbers.add(number)
        while not (self._taken(body) or self._over.wait(_PAUSE)):
            """Try again."""
        self.published += 1

    def _taken(self, body: str) -> bool:
        try:
            self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=body)
        except (BotoCoreError, ClientError):
            return False
        return True
