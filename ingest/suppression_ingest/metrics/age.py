"""The age of the oldest message that is being processed, of the queue or of posts."""

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from suppression_ingest.aws.sqs import Message

#: Seconds for which a post still counts after its answer. SNS pauses before it posts again
#: what could not be stored, and the metric must not fall to 0 in the pause.
RECENT_SECONDS: Final = 600.0

_NAME: Final = "suppression_ingest_oldest_message_age_seconds"


class OldestMessage(Collector):
    """The age of the oldest message of the last receive, until it was stored.

    It grows while the database is unavailable, and is 0 after an empty receive.

    Args:
        now: seconds since 1970.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._sent: float | None = None
        self._age = 0.0

    def received(self, messages: Iterable[Message]) -> None:
        """Measure the messages of a new receive."""
        self._sent = min((message.sent for message in messages if message.sent), default=None)
        self._age = 0.0

    def stored(self) -> None:
        """Stop measuring: the age does not change until the next receive."""
        self._age, self._sent = self.seconds, None

    @property
    def seconds(self) -> float:
        """The age."""
        sent = self._sent
        return self._age if sent is None else max(0.0, self._now() - sent)

    def collect(self) -> Iterator[Metric]:
        """Yield the age."""
        yield GaugeMetricFamily(
            _NAME,
            "Time since the oldest message that was last received came into the queue, "
            "until it was stored; 0 when none waits.",
            value=self.seconds,
        )


class _Answered(NamedTuple):
    at: float
    age: float


class OldestPost(Collector):
    """The age of the oldest message among the posts of the last minutes, until its answer.

    It grows while SNS repeats a post that cannot be stored. It is 0 if there were no posts
    in the last minutes.

    Args:
        now: seconds since 1970.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._in_hand: dict[object, float] = {}
        self._lately: deque[_Answered] = deque()

    @contextlib.contextmanager
    def processing(self, sent: float) -> Iterator[None]:
        """Count a message as being processed for the length of the block.

        Args:
            sent: when SNS accepted it, in seconds since 1970.
        """
        post = object()
        self._in_hand[post] = sent
        try:
            yield
        finally:
            del self._in_hand[post]
            self._remember(_Answered(self._now(), self._now() - sent))

    @property
    def seconds(self) -> float:
        """The age."""
        now = self._now()
        while self._lately and self._lately[0].at < now - RECENT_SECONDS:
            self._lately.popleft()
        waiting = (now - sent for sent in self._in_hand.values())
        return max([0.0, *waiting, *(answered.age for answered in self._lately)])

    def collect(self) -> Iterator[Metric]:
        """Yield the age."""
        yield GaugeMetricFamily(
            _NAME,
            "Time since SNS took the oldest message that was posted within the last 10 minutes, "
            "until it was answered; 0 when none was.",
            value=self.seconds,
        )

    def _remember(self, answered: _Answered) -> None:
        # Younger ones that were answered before it can never be the oldest again.
        while self._lately and self._lately[-1].age <= answered.age:
            self._lately.pop()
        self._lately.append(answered)
