"""Metrics that are slow to read: polled in the background, not during a scrape.

A scrape returns the values of the last poll. While a poll fails, its metrics are left out.
This is logged once.
"""

import contextlib
import dataclasses
import datetime as dt
import functools
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

import structlog
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from suppression_ingest.aws.dead_letter_queue import DeadLetterQueue
from suppression_ingest.aws.sqs import Queue
from suppression_ingest.errors import IngestError
from suppression_ingest.rates.rates import Rates, by_set
from suppression_service.config import SettingsError
from suppression_service.store import Store, StoreError

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

#: Seconds between two polls.
INTERVAL_SECONDS: Final = 30.0

_DAY: Final = dt.timedelta(days=1)
_STATES: Final[dict[str, "QueueAttributeNameType"]] = {
    "waiting": "ApproximateNumberOfMessages",
    "in_flight": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}

#: Returns metrics; may block. Raises IngestError or StoreError if it cannot read them.
Poll = Callable[[], list[Metric]]

_log = structlog.get_logger(__name__)


class PolledMetrics(Collector):
    """Polls at an interval, in a thread of its own.

    Args:
        polls: by the name of each in the log.
        interval: seconds between two polls.
    """

    def __init__(self, polls: Mapping[str, Poll], interval: float = INTERVAL_SECONDS) -> None:
        self._polls = polls
        self._interval = interval
        self._found: dict[str, list[Metric]] = {}
        self._failing: set[str] = set()
        self._end = threading.Event()

    @contextlib.contextmanager
    def polling(self) -> Iterator[None]:
        """Poll for the length of the block. Its end does not wait for a poll under way."""
        threading.Thread(target=self._run, name="metrics", daemon=True).start()
        try:
            yield
        finally:
            self._end.set()

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of the last polls."""
        for families in list(self._found.values()):
            yield from families

    def poll(self) -> None:
        """Poll everything once."""
        for name, poll in self._polls.items():
            try:
                self._found[name] = poll()
            except (IngestError, SettingsError, StoreError) as error:
                self._leave_out(name, str(error))
            except Exception as error:  # noqa: BLE001 - old values must not stay for ever
                self._leave_out(name, f"{type(error).__name__} in the program")
            else:
                self._failing.discard(name)

    def _run(self) -> None:
        while not self._end.is_set():
            self.poll()
            self._end.wait(self._interval)

    def _leave_out(self, name: str, cause: str) -> None:
        self._found.pop(name, None)
        if name not in self._failing:
            _log.warning("left out of the metrics", metrics=name, cause=cause)
        self._failing.add(name)


def queue_depth(queue: Queue) -> Poll:
    """Return a poll of the messages in a queue, as SQS estimates them.

    It raises AwsError if SQS does not answer, or forbids ``sqs:GetQueueAttributes``.
    """

    def poll() -> list[Metric]:
        family = GaugeMetricFamily(
            "suppression_queue_messages",
            "Messages in the queue, as SQS estimates: waiting, in flight or delayed.",
            labels=("state",),
        )
        found = queue.attributes(*_STATES.values())
        for state, name in _STATES.items():
            if name in found:
                family.add_metric((state,), int(found[name]))
        return [family]

    return poll


def dead_letter_count(queue_url: str) -> Poll:
    """Return a poll of the messages in a queue's dead-letter queue, as SQS estimates them.

    It raises AwsError if SQS does not answer, and SettingsError if the queue has no
    dead-letter queue.
    """
    find = functools.cache(DeadLetterQueue.find)

    def poll() -> list[Metric]:
        return [
            GaugeMetricFamily(
                "suppression_dead_letters",
                "Messages in the dead-letter queue, as SQS estimates.",
                value=find(queue_url).count(),
            )
        ]

    return poll


def recent_mail(
    store: Store, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
) -> Poll:
    """Return a poll of the counts of today and yesterday, by configuration set.

    It returns counts and not rates, because counts of several configuration sets can be
    added. It raises StoreUnavailable if the database cannot answer.
    """

    def poll() -> list[Metric]:
        family = GaugeMetricFamily(
            "suppression_recent_mail",
            "Mail of today and yesterday (UTC) in the list's database, by what became of it.",
            labels=("configuration_set", "what"),
        )
        counts = store.daily_counts(now().date() - _DAY)
        for name, rates in (by_set(counts) or {"": Rates()}).items():
            for what, count in dataclasses.asdict(rates).items():
                family.add_metric((name, what), count)
        return [family]

    return poll
