"""Publishing rates and counts to CloudWatch, a chore of the worker.

Every value is a gauge at the beginning of its five minutes. So what is published
twice, by a second worker or after a restart, is the same value at the same moment;
whoever watches takes the Maximum.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, Self

from suppression_ingest.aws.failures import translated
from suppression_ingest.aws.session import client_for_queue
from suppression_ingest.rates import cloudwatch_names
from suppression_ingest.rates.rates import Rates, by_set
from suppression_ingest.signals import StopSignal
from suppression_service.store import DailyCount, Store

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

#: Between two values.
EVERY: Final = dt.timedelta(minutes=5)
#: Values that one call takes at most (CloudWatch's limit is 1,000).
MAX_VALUES: Final = 500

_DAY: Final = dt.timedelta(days=1)
_ANSWER_SECONDS: Final = 5
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class RatePublisher:
    """Publishes every five minutes.

    Args:
        client: of CloudWatch; it does not try again by itself.
        store: holds the counts.
        stop: may break off a call.
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
        """Return a publisher that reaches CloudWatch through boto3's own settings, ``AWS_*``.

        Args:
            queue_url: tells the region: the alarms are beside the queue.
            store: holds the counts.
            stop: may break off a call.

        Raises:
            SettingsError: an ``AWS_*`` setting is wrong, or the region is not known.
        """
        return cls(client_for_queue(queue_url, "cloudwatch", _ANSWER_SECONDS), store, stop)

    def run(self, *, idle: bool) -> None:  # noqa: ARG002 - alarms wait for it
        """Publish, if it is time.

        Raises:
            AwsError: CloudWatch does not answer, or refuses; the same moment is tried again.
            StoreUnavailable: the database does not answer.
        """
        now = self._now()
        moment = now - (now - _EPOCH) % EVERY
        if moment == self._published:
            return
        counts = self._store.daily_counts(moment.date() - _DAY)
        values = list(values_at(moment, counts))
        for start in range(0, len(values), MAX_VALUES):
            self._put(values[start : start + MAX_VALUES])
        self._published = moment

    def _put(self, values: list[Any]) -> None:
        with translated(), self._stop.interruptible():
            self._client.put_metric_data(Namespace=cloudwatch_names.NAMESPACE, MetricData=values)


def values_at(moment: dt.datetime, counts: Iterable[DailyCount]) -> Iterator[dict[str, Any]]:
    """Return what to publish: of the whole account, and of each configuration set.

    Args:
        moment: that the values are of.
        counts: of its day and the day before.
    """
    counts = [count for count in counts if count.day <= moment.date()]
    today = [count for count in counts if count.day == moment.date()]
    yield from _values(moment, [], Rates.of(today), Rates.of(counts))
    of_today = by_set(today)
    for name, rates in by_set(counts).items():
        value = name or cloudwatch_names.NO_CONFIGURATION_SET
        dimensions = [{"Name": cloudwatch_names.CONFIGURATION_SET, "Value": value}]
        yield from _values(moment, dimensions, of_today.get(name, Rates()), rates)


def _values(
    moment: dt.datetime, dimensions: list[dict[str, str]], today: Rates, both_days: Rates
) -> Iterator[dict[str, Any]]:
    gauges = {
        cloudwatch_names.BOUNCE_RATE: both_days.bounce_rate,
        cloudwatch_names.COMPLAINT_RATE: both_days.complaint_rate,
        cloudwatch_names.SENDS: today.sends,
        cloudwatch_names.DELIVERIES: today.deliveries,
        cloudwatch_names.HARD_BOUNCES: today.hard_bounces,
        cloudwatch_names.SOFT_BOUNCES: today.soft_bounces,
        cloudwatch_names.COMPLAINTS: today.complaints,
    }
    for name, value in gauges.items():
        if value is not None:
            unit = "Count" if isinstance(value, int) else "None"
            yield {
                "MetricName": name,
                "Dimensions": dimensions,
                "Timestamp": moment,
                "Value": float(value),
                "Unit": unit,
            }
