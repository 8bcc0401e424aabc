"""The Prometheus metrics of the synchronisation with SES's lists."""

import collections
import time
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

_PREFIX = "suppression_ingest_sync"


class SyncMetrics(Collector):
    """What became of each list. A list has series once a run with it has ended.

    Args:
        now: seconds since 1970.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._ended: dict[str, float] = {}
        self._failed: dict[str, bool] = {}
        self._differing: dict[str, Mapping[str, int]] = {}
        self._changes: dict[str, collections.Counter[str]] = {}

    def finished(self, name: str, differing: Mapping[str, int], changes: Mapping[str, int]) -> None:
        """A run with a list reached its end."""
        self._ended[name] = self._now()
        self._failed[name] = False
        self._differing[name] = differing
        self._changes.setdefault(name, collections.Counter()).update(changes)

    def failed(self, name: str) -> None:
        """A run with a list failed."""
        self._failed[name] = True

    def collect(self) -> Iterator[Metric]:
        """Yield every family."""
        ended = GaugeMetricFamily(
            f"{_PREFIX}_last_success_timestamp_seconds",
            "When the last run with a list of SES that did not fail ended.",
            labels=("list",),
        )
        for name, timestamp in [*self._ended.items()]:
            ended.add_metric((name,), timestamp)
        failed = GaugeMetricFamily(
            f"{_PREFIX}_failed", "1 if the last run with a list of SES failed.", labels=("list",)
        )
        for name, last_failed in [*self._failed.items()]:
            failed.add_metric((name,), last_failed)
        differing = GaugeMetricFamily(
            f"{_PREFIX}_differing_addresses",
            "Addresses about which our list and a list of SES differed when the last run began.",
            labels=("list", "difference"),
        )
        for name, numbers in [*self._differing.items()]:
            for difference, number in numbers.items():
                differing.add_metric((name, difference), number)
        changes = CounterMetricFamily(
            f"{_PREFIX}_changes",
            "Entries of both lists that runs changed, or could not change, by what happened.",
            labels=("list", "change"),
        )
        for name, numbers in [*self._changes.items()]:
            for change, number in numbers.items():
                changes.add_metric((name, change), number)
        yield from (ended, failed, differing, changes)
