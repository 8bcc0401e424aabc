"""The alarms: their metrics and thresholds, and the steps that create or complete them."""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import botocore.session

from suppression_ingest.aws.session import Aws
from suppression_ingest.deployment import state
from suppression_ingest.deployment.names import name_in
from suppression_ingest.deployment.plan import Step, call, change, create, keep, warn
from suppression_ingest.deployment.requirements import LONGEST_WAIT
from suppression_ingest.rates import cloudwatch

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.literals import ComparisonOperatorType, StatisticType
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef

_HOUR: Final = 3_600
_DAY: Final = 24 * _HOUR

#: The highest thresholds that still leave time to act: SES reviews an account from 5 %
#: bounces and 0.1 % complaints.
_HIGHEST_BOUNCE_RATE: Final = 0.045
_HIGHEST_COMPLAINT_RATE: Final = 0.0009

# The arguments that decide when an alarm rings.
_TUNABLE: Final = (
    "Statistic",
    "ExtendedStatistic",
    "Unit",
    "Period",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
)
# The arguments that decide who is notified, besides AlarmActions. The operator chooses them.
_NOTIFICATIONS: Final = ("OKActions", "InsufficientDataActions", "ActionConfiguration")
_SIGNS: Final = {"Grea": "above", "Less": "below"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm.

    ``worst`` is the loosest threshold that is accepted when somebody tunes the alarm by
    hand: the highest one, or the lowest one for an alarm that rings below its threshold.
    ``missing`` is how CloudWatch treats a period without data.
    """

    name: str
    about: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: "StatisticType" = "Maximum"
    period: int
    periods: int = 1
    comparison: "ComparisonOperatorType" = "GreaterThanThreshold"
    threshold: float
    worst: float
    missing: str

    def arguments(self, actions: Sequence[str]) -> dict[str, Any]:
        """Return the arguments of put_metric_alarm that create it."""
        return {
            "AlarmName": self.name,
            "AlarmDescription": self.about,
            "ActionsEnabled": True,
            "AlarmActions": list(actions),
            "Namespace": self.namespace,
            "MetricName": self.metric,
            "Dimensions": [{"Name": n, "Value": value} for n, value in self.dimensions.items()],
            "Statistic": self.statistic,
            "Period": self.period,
            "EvaluationPeriods": self.periods,
            "ComparisonOperator": self.comparison,
            "Threshold": self.threshold,
            "TreatMissingData": self.missing,
        }

    def differences(self, found: "MetricAlarmTypeDef") -> list[str]:
        """Describe how an existing alarm differs from this one."""
        own, present = self.arguments(()), {**found}
        if present.get("DatapointsToAlarm") == present.get("EvaluationPeriods"):
            present.pop("DatapointsToAlarm", None)  # all of them is the default
        differences = [
            f"{name} {present.get(name, 'none')} instead of {own.get(name, 'none')}"
            for name in _TUNABLE
            if present.get(name) != own.get(name)
        ]
        return differences if found.get("ActionsEnabled") else [*differences, _SWITCHED_OFF]

    def reset(self, found: "MetricAlarmTypeDef", actions: Sequence[str]) -> dict[str, Any]:
        """Return the arguments that reset an existing alarm, and add actions.

        Only its notifications stay. Its other options may conflict with those of this alarm,
        such as ExtendedStatistic with Statistic.
        """
        kept = {name: value for name, value in found.items() if name in _NOTIFICATIONS and value}
        return {**kept, **self.arguments(_together(found, actions))}

    def faults(self, found: "MetricAlarmTypeDef") -> list[str]:
        """Describe why an existing alarm on the same metric does not do its work."""
        faults = []
        if found.get("ComparisonOperator", "")[:4] != self.comparison[:4]:
            faults.append("it looks in the wrong direction")
        elif self._beyond(found.get("Threshold", 0.0)):
            faults.append(f"its threshold is {found.get('Threshold')}, {self.worst} at worst")
        if self.missing == "breaching" and found.get("TreatMissingData") != "breaching":
            faults.append("it takes missing data for good news (TreatMissingData=breaching)")
        if not found.get("ActionsEnabled"):
            faults.append(f"its {_SWITCHED_OFF}")
        return faults

    def _beyond(self, threshold: float) -> bool:
        if self.comparison.startswith("Less"):
            return threshold < self.worst
        return threshold > self.worst


_SWITCHED_OFF: Final = "actions are switched off"


def with_actions(found: "MetricAlarmTypeDef", actions: Sequence[str]) -> dict[str, Any]:
    """Return the arguments that leave an existing alarm as it is, and add actions."""
    # CloudWatch refuses Metrics together with MetricName, even if it is an empty list.
    present = {name: value for name, value in found.items() if name in _accepted() and value != []}
    return {**present, "AlarmActions": _together(found, actions)}


def _together(found: "MetricAlarmTypeDef", actions: Sequence[str]) -> list[str]:
    return [*(one for one in found.get("AlarmActions", []) if one not in actions), *actions]


@functools.cache
def _accepted() -> frozenset[str]:
    """Return the arguments of put_metric_alarm that this version of botocore knows."""
    model = botocore.session.get_session().get_service_model("cloudwatch")
    shape = model.operation_model("PutMetricAlarm").input_shape
    return frozenset(shape.members if shape else ())


# --- the alarms of one wiring ------------------------------------------------------------------


def alarms_of(
    prefix: str, queue_arn: str, dead_letter_arn: str, set_: str, rule: str = ""
) -> tuple[Alarm, ...]:
    """Return the alarms of a wiring; ``rule`` is the rule of EventBridge, if there is one."""
    return (
        *_official_rates(prefix),
        *_own_rates(prefix, set_),
        *_queue_alarms(prefix, name_in(queue_arn), name_in(dead_letter_arn)),
        *([_rule_alarm(prefix, rule)] if rule else []),
    )


def _official_rates(prefix: str) -> tuple[Alarm, ...]:
    # SES writes these metrics only after mail was sent. Until then the state does not change,
    # as in "Creating reputation monitoring alarms using CloudWatch" in the SES guide.
    return tuple(
        Alarm(
            name=f"{prefix}-official-{what}-rate",
            about=f"The {what} rate as SES counts it. SES reviews an account from {review}.",
            namespace="AWS/SES",
            metric=metric,
            dimensions={},
            period=_HOUR,
            threshold=threshold,
            worst=worst,
            missing="ignore",
        )
        for what, metric, threshold, worst, review in (
            ("bounce", "Reputation.BounceRate", 0.03, _HIGHEST_BOUNCE_RATE, "5 %"),
            ("complaint", "Reputation.ComplaintRate", 0.0008, _HIGHEST_COMPLAINT_RATE, "0.1 %"),
        )
    )


def _own_rates(prefix: str, configuration_set: str) -> tuple[Alarm, ...]:
    # Missing data has an alarm of its own. Here it does not change the state.
    return tuple(
        Alarm(
            name=f"{prefix}-{configuration_set}-{what}-rate",
            about=f"The {what} rate of today and yesterday, known before SES's own.",
            namespace=cloudwatch.NAMESPACE,
            metric=metric,
            dimensions={cloudwatch.CONFIGURATION_SET: configuration_set},
            period=_HOUR,
            threshold=threshold,
            worst=worst,
            missing="ignore",
        )
        for what, metric, threshold, worst in (
            ("bounce", cloudwatch.BOUNCE_RATE, 0.02, _HIGHEST_BOUNCE_RATE),
            ("complaint", cloudwatch.COMPLAINT_RATE, 0.0005, _HIGHEST_COMPLAINT_RATE),
        )
    )


def _queue_alarms(prefix: str, queue: str, dead_letters: str) -> tuple[Alarm, ...]:
    # SQS stops writing metrics of a queue that nobody uses for six hours. That is no fault,
    # except for the alarm on missing feedback.
    return (
        Alarm(
            name=f"{prefix}-age",
            about="Feedback waits: the worker is down, or does not keep up.",
            namespace="AWS/SQS",
            metric="ApproximateAgeOfOldestMessage",
            dimensions={"QueueName": queue},
            period=300,
            periods=3,
            threshold=LONGEST_WAIT,
            worst=4 * _HOUR,
            missing="notBreaching",
        ),
        Alarm(
            name=f"{prefix}-dead-letters",
            about="There are dead letters: suppression-ingest dead-letters list says why.",
            namespace="AWS/SQS",
            metric="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": dead_letters},
            period=300,
            threshold=0,
            worst=10,
            missing="notBreaching",
        ),
        Alarm(
            name=f"{prefix}-silence",
            about="No feedback for a day: nothing was sent, or SES's events do not arrive.",
            namespace="AWS/SQS",
            metric="NumberOfMessagesSent",
            dimensions={"QueueName": queue},
            statistic="Sum",
            period=_DAY,
            comparison="LessThanThreshold",
            threshold=1,
            worst=1,
            missing="breaching",
        ),
    )


def _rule_alarm(prefix: str, rule: str) -> Alarm:
    # EventBridge gives an event up at once when it lacks a permission, else after 24 hours.
    return Alarm(
        name=f"{prefix}-failed-invocations",
        about="EventBridge cannot send to the queue, and drops feedback: see the queue's policy.",
        namespace="AWS/Events",
        metric="FailedInvocations",
        dimensions={"RuleName": rule},
        statistic="Sum",
        period=300,
        threshold=0,
        worst=0,
        missing="notBreaching",
    )


# --- steps -------------------------------------------------------------------------------------


class AlarmSteps:
    """Compares the wanted alarms with the existing ones.

    Args:
        aws: the account.
        topics: the topics to notify when an alarm rings.
        reset: reset the alarms that were tuned by hand.
    """

    def __init__(self, aws: Aws, topics: Sequence[str], *, reset: bool) -> None:
        self._aws = aws
        self._topics = topics
        self._reset = reset

    def steps(self, alarms: Iterable[Alarm]) -> Iterator[Step]:
        """Yield the steps."""
        for alarm in alarms:
            yield from self._steps_of(alarm)

    def _steps_of(self, alarm: Alarm) -> Iterator[Step]:
        on_metric = state.alarms_on(self._aws, alarm.namespace, alarm.metric, alarm.dimensions)
        found = next((one for one in on_metric if one["AlarmName"] == alarm.name), None)
        what, topics = f"alarm {alarm.name}", self._topics
        bound = f"{alarm.metric} {_SIGNS[alarm.comparison[:4]]} {alarm.threshold:g}"
        if found is None:
            yield create(what, bound, _put_alarm(self._aws, alarm.arguments(topics)))
            return
        tuned = alarm.differences(found)
        missing_topics = set(topics) - set(found.get("AlarmActions", []))
        if tuned and self._reset:
            put = _put_alarm(self._aws, alarm.reset(found, topics))
            yield change(what, f"reset: {'; '.join(tuned)}", put)
            return
        if missing_topics:
            yield change(
                what, "notify the alarm topic", _put_alarm(self._aws, with_actions(found, topics))
            )
        if tuned:
            yield warn(what, f"{'; '.join(tuned)}; kept without --reset-alarms")
        elif not missing_topics:
            yield keep(what, bound)


def _put_alarm(aws: Aws, arguments: dict[str, Any]) -> Callable[[], None]:
    return call(aws.cloudwatch.put_metric_alarm, **arguments)
