"""How old the oldest message is that the worker has in hand."""

import time
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ingest.sqs import QueuedMessage


class OldestMessage(Collector):
    """The age of the oldest message of the last receive, until it was stored.

    It grows while the database is away, and is 0 after a receive that brought none.

    Args:
        now: seconds since 1970.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._sent: float | None = None
        self._age = 0.0

    def received(self, messages: Iterable[QueuedMessage]) -> None:
        """Begin with what a receive brought."""
        self._sent = min((message.sent for message in messages if message.sent), default=None)
        self._age = 0.0

    def stored(self) -> None:
        """End: the age stays what it is until the next receive."""
        self._age, self._sent = self.seconds, None

    @property
    def seconds(self) -> float:
        """The age."""
        sent = self._sent
        return self._age if sent is None else max(0.0, self._now() - sent)

    def collect(self) -> Iterator[Metric]:
        """Yield the age."""
        yield GaugeMetricFamily(
            "suppression_ingest_oldest_message_age_seconds",
            "Time since the oldest message that was last received came into the queue, "
            "until it was stored; 0 when none waits.",
            value=self.seconds,
        )
