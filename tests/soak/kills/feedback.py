"""SES's part: events in disorder, some of them twice, through SNS into the queue."""

import random
import threading
import time
from typing import Any, Final, Self

from botocore.exceptions import BotoCoreError, ClientError

from deploy.local.aws import StandIn
from tests.soak.happenings import as_text, disordered, happenings

#: Events in a second, a fifth of them repeated on top. The stand-in signs each.
RATE: Final = 15
_PAUSE: Final = 0.2


class Feedback:
    """Publishes in a thread, evenly over some time.

    Args:
        stand_in: plays SNS and SQS.
        topic_arn: where to.
        seconds: how long.
        seed: of what happens and of its order.
    """

    def __init__(self, stand_in: StandIn, topic_arn: str, seconds: float, seed: int) -> None:
        chance = random.Random(f"{seed} feedback")
        #: What happens, in the order in which it does.
        self.happened: list[dict[str, Any]] = list(happenings(int(seconds * RATE), chance))
        self._bodies = disordered([as_text(event) for event in self.happened], chance)
        self._step = seconds / len(self._bodies)
        self._sns = stand_in.sns
        self._topic_arn = topic_arn
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._publish_on)
        self.published = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def wait(self, patience: float) -> None:
        """Wait until all is published."""
        self._thread.join(patience)
        assert not self._thread.is_alive(), f"only {self.published} events are published"

    @property
    def readers(self) -> set[str]:
        """The addresses that it is about."""
        return {event["mail"]["destination"][0] for event in self.happened}

    @property
    def repetitions(self) -> int:
        """How many of the events are published twice."""
        return len(self._bodies) - len(self.happened)

    def _publish_on(self) -> None:
        began = time.monotonic()
        for number, body in enumerate(self._bodies):
            while not self._over.wait(max(0.0, began + number * self._step - time.monotonic())):
                if self._published(body):
                    break
            else:
                return

    def _published(self, body: str) -> bool:
        try:
            self._sns.publish(TopicArn=self._topic_arn, Message=body)
        except (BotoCoreError, ClientError):
            time.sleep(_PAUSE)
            return False
        self.published += 1
        return True
