"""The counts of a process, and its metrics.

The hot path only adds to plain integers. Once a second the process makes metrics of them
and reports these to its parent. Both happen on the event loop, so no locks are needed.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from prometheus_client import Metric
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from suppression.v1 import suppression_pb2 as pb
from suppression_service.server.checks import Checks
from suppression_service.server.errors import Code
from suppression_service.server.replica.follower import Follower
from suppression_service.server.rpc import METHODS

#: The upper bounds of the histogram's buckets, in seconds.
BOUNDS: Final = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
)
_BUCKET_LABELS: Final = (*map(floatToGoString, BOUNDS), "+Inf")

_OF_CALL: Final = ("grpc_type", "grpc_service", "grpc_method")
_NO_REASON: Final = "none"


def code_name(code: Code) -> str:
    """Return a status as Go spells it, as dashboards for ``grpc_server_handled_total`` expect."""
    match code:
        case Code.OK:
            return "OK"
        case Code.CANCELLED:
            return "Canceled"
        case _:
            return code.name.title().replace("_", "")


class CallCounts:
    """The calls of one method so far."""

    __slots__ = ("_buckets", "_seconds", "handled", "started")

    def __init__(self) -> None:
        self.started = 0
        #: The calls that ended, at the index of their status.
        self.handled = [0] * len(Code)
        self._buckets = [0] * len(_BUCKET_LABELS)
        self._seconds = 0.0

    def end(self, code: Code, seconds: float) -> None:
        """Count a call that ended with a status."""
        self.handled[code] += 1
        self._buckets[bisect_left(BOUNDS, seconds)] += 1
        self._seconds += seconds

    @property
    def seconds(self) -> float:
        """The duration of all calls together."""
        return self._seconds

    def buckets(self) -> Iterator[tuple[str, float]]:
        """Yield each upper bound, and how many calls took that long at most."""
        so_far = 0
        for le, count in zip(_BUCKET_LABELS, self._buckets, strict=True):
            so_far += count
            yield le, so_far


class ProcessMetrics(Collector):
    """The metrics of one process.

    Args:
        calls: the counts by method.
        checks: counts the verdicts.
        follower: has the replica.
        of_transport: returns the metrics of the transport.
    """

    def __init__(
        self,
        calls: Mapping[str, CallCounts],
        checks: Checks,
        follower: Follower,
        of_transport: Callable[[], Iterable[Metric]] = tuple,
    ) -> None:
        self._of_transport = of_transport
        self._calls = {
            ("unary", METHODS[name].containing_service.full_name, name): counts
            for name, counts in calls.items()
        }
        self._checks = checks
        self._follower = follower

    def collect(self) -> Iterator[Metric]:
        """Yield every family."""
        yield self._started()
        yield self._handled()
        yield self._handling()
        yield self._verdicts()
        yield from self._replica()
        yield from self._of_transport()

    def _started(self) -> Metric:
        family = CounterMetricFamily("grpc_server_started", "Calls that came in.", labels=_OF_CALL)
        for labels, counts in self._calls.items():
            family.add_metric(labels, counts.started)
        return family

    def _handled(self) -> Metric:
        family = CounterMetricFamily(
            "grpc_server_handled", "Calls that ended, by status.", labels=(*_OF_CALL, "grpc_code")
        )
        for labels, counts in self._calls.items():
            # All statuses, also those without a call: Prometheus sees no increase in a counter
            # that begins at 1, so no alert would fire.
            for code, count in zip(Code, counts.handled, strict=True):
                family.add_metric((*labels, code_name(code)), count)
        return family

    def _handling(self) -> Metric:
        family = HistogramMetricFamily(
            "grpc_server_handling_seconds",
            "Time from the decoded request to the answer, without gRPC's own.",
            labels=_OF_CALL,
        )
        for labels, counts in self._calls.items():
            family.add_metric(labels, list(counts.buckets()), counts.seconds)
        return family

    def _verdicts(self) -> Metric:
        family = CounterMetricFamily(
            "suppression_verdicts",
            "Addresses checked, by the verdict and its reason.",
            labels=("grpc_method", "verdict", "reason"),
        )
        counts_by_method = {
            "CheckAddress": self._checks.singles,
            "BatchCheck": self._checks.batches.tolist(),
        }
        for method, by_reason in counts_by_method.items():
            for reason, count in enumerate(by_reason):
                family.add_metric((method, *_verdict(reason)), count)
        return family

    def _replica(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "suppression_serving",
            "1 while the process has a list that is recent enough to answer from.",
            value=self._follower.replica is not None,
        )
        if (replica := self._follower.latest) is None:
            return
        yield GaugeMetricFamily(
            "suppression_replica_entries",
            "Entries in the process's copy of the list.",
            value=replica.entries,
        )
        yield GaugeMetricFamily(
            "suppression_replica_revision",
            "Revision of the database that the copy has.",
            value=replica.state.revision,
        )
        yield GaugeMetricFamily(
            "suppression_replica_lag_seconds",
            "Time since the copy was last synchronised with the database.",
            value=self._follower.lag,
        )


def _verdict(reason: int) -> tuple[str, str]:
    """Return verdict and reason as labels."""
    if not reason:
        return "send", _NO_REASON
    return "do_not_send", pb.Reason.Name(reason).removeprefix("REASON_").lower()
