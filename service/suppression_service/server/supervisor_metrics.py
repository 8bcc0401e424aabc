"""What the parent of the workers has to show itself."""

from collections.abc import Iterator
from typing import Protocol

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from suppression_service.server.settings import ServiceSettings


class Supervising(Protocol):
    """What is shown of the supervisor."""

    @property
    def replaced(self) -> int:
        """Workers that were started in the place of one that had died."""


class SupervisorMetrics(Collector):
    """What there is to know without asking a worker.

    Args:
        settings: of the service.
        supervisor: of the workers.
    """

    def __init__(self, settings: ServiceSettings, supervisor: Supervising) -> None:
        self._settings = settings
        self._supervisor = supervisor

    def collect(self) -> Iterator[Metric]:
        """Yield every family."""
        yield GaugeMetricFamily(
            "suppression_workers",
            "Worker processes that there should be.",
            value=self._settings.workers,
        )
        yield CounterMetricFamily(
            "suppression_workers_replaced",
            "Workers that died and were replaced.",
            value=self._supervisor.replaced,
        )
        yield GaugeMetricFamily(
            "suppression_max_staleness_seconds",
            "Lag at which a worker stops to answer.",
            value=self._settings.max_staleness,
        )
