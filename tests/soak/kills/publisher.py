"""SES events in random order, some twice, put into the queue as in raw message delivery.

Only ``make soak`` uses envelopes: the stand-in for SNS makes a new key for each, which
costs more than everything else.
"""

import random
import threading
import time
from typing import Any, Final, Self

from botocore.exceptions import BotoCoreError, ClientError

from deploy.local.aws import StandIn
from tests.soak.feedback_events import as_text, feedback_events

#: Events in a second, with a fifth of them repeated.
RATE: Final = 15
_PAUSE: Final = 0.2


class Publisher:
    """Publishes events in a thread, evenly over some time.

    Args:
        stand_in: for SQS.
        queue_url: of the queue.
        seconds: over which it publishes.
        seed: of the events and their order.
    """

    def __init__(self, stand_in: StandIn, queue_url: str, seconds: float, seed: int) -> None:
        chance = random.Random(f"{seed} feedback")
        self._events = list(feedback_events(int(seconds * RATE), chance))
        self._seconds = seconds
        self._chance = chance
        self._sqs = stand_in.sqs
        self._queue_url = queue_url
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._publish_on)
        self._numbers: set[int] = set()
        #: How many notifications were published, and how many of them were repetitions.
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
        """The published events, once each, by the time at which they happened."""
        return [self._events[number] for number in sorted(self._numbers)]

    @property
    def readers(self) -> set[str]:
        """The addresses of the published events."""
        return {event["mail"]["destination"][0] for event in self.happened}

    def _publish_on(self) -> None:
        order = self._chance.sample(range(len(self._events)), len(self._events))
        began = time.monotonic()
        for position, number in enumerate(order):
            due = began + position * self._seconds / len(order)
            if self._over.wait(max(0.0, due - time.monotonic())):
                return
            self._publish(number)
            if self._chance.random() < 0.2:
                self._publish(self._chance.choice([*self._numbers]))

    def _publish(self, number: int) -> None:
        self.repetitions += number in self._numbers
        body = as_text(self._events[number])
        # The queue may store it although the answer gets lost, so it counts from now on.
        self._numbers.add(number)
        while not (self._accepted(body) or self._over.wait(_PAUSE)):
            """Try again."""
        self.published += 1

    def _accepted(self, body: str) -> bool:
        try:
            self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=body)
        except (BotoCoreError, ClientError):
            return False
        return True
