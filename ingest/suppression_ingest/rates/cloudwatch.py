"""Publishing rates and counts to CloudWatch, a housekeeping task of the worker.

Every metric exists once for each configuration set and once, without a dimension, for
the whole account. Each value is a gauge. Its timestamp is the beginning of its five
minutes, so several workers, or a restarted one, publish the same value at the same
timestamp. So read the Maximum, never the Sum.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, Self

from suppression_ingest.aws.failures import translated
from suppression_ingest.aws.session import client_for_queue
from suppression_ingest.rates.rates import Rates, by_set
from suppression_ingest.signals import StopSignal
from suppression_service.store import DailyCount, Store

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

#: Time between two values.
INTERVAL: Final = dt.timedelta(minutes=5)
#: Values that one call takes at most (CloudWatch's limit is 1,000).
MAX_VALUES: Final = 500

_DAY: Final = dt.timedelta(days=1)
_ANSWER_SECONDS: Final = 5
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

# --- names of the metrics ------------------------------------------------------------------------

NAMESPACE: Final = "Suppression"
#: The dimension of the metrics of one configuration set.
CONFIGURATION_SET: Final = "ConfigurationSet"
#: Its value for mail without a configuration set; a dimension cannot be empty.
NO_CONFIGURATION_SET: Final = "(none)"

#: Hard bounces per send of today and yesterday (UTC), from 0 to 1; missing without sends.
BOUNCE_RATE: Final = "BounceRate"
#: Complaints per send of today and yesterday (UTC), from 0 to 1; missing without sends.
COMPLAINT_RATE: Final = "ComplaintRate"

#: Counts of today (UTC), so far.
SENDS: Final = "Sends"
DELIVERIES: Final = "Deliveries"
HARD_BOUNCES: Final = "HardBounces"
SOFT_BOUNCES: Final = "SoftBounces"
COMPLAINTS: Final = "Complaints"


class RatePublisher:
    """Publishes every five minutes.

    Args:
        client: a client of CloudWatch that does not retry.
        store: holds the counts.
        stop: may interrupt a call.
        now: the clock.
    """

    def __init__(
        self,
        client: "CloudWatchClient",
        store: Store,
        stop: StopSignal,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._client = client
        self._store = store
        self._stop = stop
        self._now = now
        self._published = _EPOCH

    @classmethod
    def connect(cls, queue_url: str, store: Store, stop: StopSignal) -> Self:
        """Return a publisher that reaches CloudWatch with boto3's settings, ``AWS_*``.

        Args:
            queue_url: the queue whose region to publish in.
            store: holds the counts.
            stop: may interrupt a call.

        Raises:
            SettingsError: an ``AWS_*`` setting is wrong, or the region is not known.
        """
        return cls(client_for_queue(queue_url, "cloudwatch", _ANSWER_SECONDS), store, stop)

    def run(self, *, idle: bool) -> None:  # noqa: ARG002 - due at any time
        """Publish if five minutes have passed.

        Raises:
            AwsError: CloudWatch does not answer, or refuses. A later run tries again.
            StoreUnavailable: the database does not answer.
        """
        now = self._now()
        timestamp = now - (now - _EPOCH) % INTERVAL
        if timestamp == self._published:
            return
        counts = self._store.daily_counts(timestamp.date() - _DAY)
        values = list(values_at(timestamp, counts))
        for start in range(0, len(values), MAX_VALUES):
            self._put(values[start : start + MAX_VALUES])
        self._published = timestamp

    def _put(self, values: list[Any]) -> None:
        with translated(), self._stop.interruptible():
            self._client.put_metric_data(Namespace=NAMESPACE, MetricData=values)


def values_at(timestamp: dt.datetime, counts: Iterable[DailyCount]) -> Iterator[dict[str, Any]]:
    """Yield the values for the whole account and for each configuration set.

    Args:
        timestamp: the timestamp of the values.
        counts: the counts of that day and the day before.
    """
    counts = [count for count in counts if count.day <= timestamp.date()]
    today = [count for count in counts if count.day == timestamp.date()]
    yield from _values(timestamp, [], Rates.of(today), Rates.of(counts))
    of_today = by_set(today)
    for name, rates in by_set(counts).items():
        value = name or NO_CONFIGURATION_SET
        dimensions = [{"Name": CONFIGURATION_SET, "Value": value}]
        yield from _values(timestamp, dimensions, of_today.get(name, Rates()), rates)


def _values(
    timestamp: dt.datetime, dimensions: list[dict[str, str]], today: Rates, both_days: Rates
) -> Iterator[dict[str, Any]]:
    gauges = {
        BOUNCE_RATE: both_days.bounce_rate,
        COMPLAINT_RATE: both_days.complaint_rate,
        SENDS: today.sends,
        DELIVERIES: today.deliveries,
        HARD_BOUNCES: today.hard_bounces,
        SOFT_BOUNCES: today.soft_bounces,
        COMPLAINTS: today.complaints,
    }
    for name, value in gauges.items():
        if value is not None:
            unit = "Count" if isinstance(value, int) else "None"
            yield {
                "MetricName": name,
                "Dimensions": dimensions,
                "Timestamp": timestamp,
                "Value": float(value),
                "Unit": unit,
            }
