"""The steps for the alarms."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from suppression_ingest.aws.session import Aws
from suppression_ingest.deployment import reading
from suppression_ingest.deployment.alarms import Alarm, put_back
from suppression_ingest.deployment.plan import Step, change, create, keep, look
from suppression_ingest.deployment.steps import call

_SIGNS: Final = {"Grea": "above", "Less": "below"}


class AlarmSteps:
    """Which alarms are lacking, and what is lacking of each.

    Args:
        aws: the account.
        topics: to be told when one rings.
        reset: whether to put back those that were tuned by hand.
    """

    def __init__(self, aws: Aws, topics: Sequence[str], *, reset: bool) -> None:
        self._aws = aws
        self._topics = topics
        self._reset = reset

    def steps(self, alarms: Iterable[Alarm]) -> Iterator[Step]:
        """Give the steps."""
        for alarm in alarms:
            yield from self._steps_of(alarm)

    def _steps_of(self, alarm: Alarm) -> Iterator[Step]:
        watching = reading.alarms_on(self._aws, alarm.namespace, alarm.metric, alarm.dimensions)
        found = next((one for one in watching if one["AlarmName"] == alarm.name), None)
        what, topics = f"alarm {alarm.name}", self._topics
        bound = f"{alarm.metric} {_SIGNS[alarm.comparison[:4]]} {alarm.threshold:g}"
        if found is None:
            yield create(what, bound, _put_alarm(self._aws, alarm.wanted(topics)))
            return
        tuned = alarm.tuned(found)
        untold = set(topics) - set(found.get("AlarmActions", []))
        if tuned and self._reset:
            put = _put_alarm(self._aws, alarm.anew(found, topics))
            yield change(what, f"put back: {'; '.join(tuned)}", put)
            return
        if untold:
            yield change(
                what, "tell the alarm topic", _put_alarm(self._aws, put_back(found, topics))
            )
        if tuned:
            yield look(what, f"{'; '.join(tuned)}; stays so without --reset-alarms")
        elif not untold:
            yield keep(what, bound)


def _put_alarm(aws: Aws, arguments: dict[str, Any]) -> Callable[[], None]:
    return call(aws.cloudwatch.put_metric_alarm, **arguments)
