"""The alarms: what each watches, when it rings, and what it makes of silence."""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import botocore.session

from suppression_ingest.deployment.names import name_in
from suppression_ingest.deployment.requirements import LONGEST_WAIT
from suppression_ingest.rates import cloudwatch_names

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.literals import ComparisonOperatorType, StatisticType
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef

_DAY: Final = 24 * 3_600

#: SES reviews an account from 5 % bounces and 0.1 % complaints: the highest thresholds
#: that still leave time to act.
_HIGHEST_BOUNCES: Final = 0.045
_HIGHEST_COMPLAINTS: Final = 0.0009

# What makes an alarm ring.
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
# Who is told, and how, apart from AlarmActions: the operator's business.
_TOLD: Final = ("OKActions", "InsufficientDataActions", "ActionConfiguration")


@dataclasses.dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm.

    ``worst`` is the threshold that is still sane when somebody tunes it by hand:
    none above it, or below it for an alarm that rings when there is too little.
    ``missing`` is what CloudWatch makes of a period without data.
    """

    name: str
    about: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: "StatisticType"
    period: int
    periods: int
    comparison: "ComparisonOperatorType"
    threshold: float
    worst: float
    missing: str

    def wanted(self, actions: Sequence[str]) -> dict[str, Any]:
        """Return the arguments that make the alarm."""
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

    def tuned(self, found: "MetricAlarmTypeDef") -> list[str]:
        """Return how an alarm that exists differs, in words."""
        wanted, present = self.wanted(()), {**found}
        if present.get("DatapointsToAlarm") == present.get("EvaluationPeriods"):
            present.pop("DatapointsToAlarm", None)  # all of them, as without it
        differing = [
            f"{name} {present.get(name, 'none')} instead of {wanted.get(name, 'none')}"
            for name in _TUNABLE
            if present.get(name) != wanted.get(name)
        ]
        return differing if found.get("ActionsEnabled") else [*differing, "actions switched off"]

    def anew(self, found: "MetricAlarmTypeDef", actions: Sequence[str]) -> dict[str, Any]:
        """Return the arguments that make an alarm again that exists, with actions more.

        Only who is told stays: what else it was given may not go together with what it
        should have, as ExtendedStatistic with Statistic.
        """
        told = {name: value for name, value in found.items() if name in _TOLD and value}
        return {**told, **self.wanted(_together(found, actions))}

    def faults(self, found: "MetricAlarmTypeDef") -> list[str]:
        """Return why an alarm that watches the same does not do its work, in words."""
        faults = []
        if found.get("ComparisonOperator", "")[:4] != self.comparison[:4]:
            faults.append("it looks in the wrong direction")
        elif self._beyond(found.get("Threshold", 0.0)):
            faults.append(f"its threshold is {found.get('Threshold')}, {self.worst} at worst")
        if self.missing == "breaching" and found.get("TreatMissingData") != "breaching":
            faults.append("it takes missing data for good news (TreatMissingData=breaching)")
        if not found.get("ActionsEnabled"):
            faults.append("its actions are switched off")
        return faults

    def _beyond(self, threshold: float) -> bool:
        if self.comparison.startswith("Less"):
            return threshold < self.worst
        return threshold > self.worst


def alarms_of(prefix: str, queue_arn: str, dead_letter_arn: str, set_: str) -> tuple[Alarm, ...]:
    """Return the alarms of a wiring."""
    return (
        *_official_rates(prefix),
        *_own_rates(prefix, set_),
        *_queue_alarms(prefix, name_in(queue_arn), name_in(dead_letter_arn)),
    )


def put_back(found: "MetricAlarmTypeDef", actions: Sequence[str]) -> dict[str, Any]:
    """Return the arguments that leave an alarm as it is, with actions more."""
    # Of Metrics, even an empty list cannot stand beside MetricName.
    present = {name: value for name, value in found.items() if name in _taken() and value != []}
    return {**present, "AlarmActions": _together(found, actions)}


def _together(found: "MetricAlarmTypeDef", actions: Sequence[str]) -> list[str]:
    return [*(one for one in found.get("AlarmActions", []) if one not in actions), *actions]


@functools.cache
def _taken() -> frozenset[str]:
    """Return what put_metric_alarm takes: all that this version of botocore can read."""
    model = botocore.session.get_session().get_service_model("cloudwatch")
    taken = model.operation_model("PutMetricAlarm").input_shape
    return frozenset(taken.members if taken else ())


def _official_rates(prefix: str) -> tuple[Alarm, ...]:
    # SES writes them only after mail was sent: until then the state stays what it was, as
    # "Creating reputation monitoring alarms using CloudWatch" in its guide has it.
    return tuple(
        Alarm(
            name=f"{prefix}-official-{what}-rate",
            about=f"The {what} rate as SES counts it. SES reviews an account from {review}.",
            namespace="AWS/SES",
            metric=metric,
            dimensions={},
            statistic="Maximum",
            period=3_600,
            periods=1,
            comparison="GreaterThanThreshold",
            threshold=threshold,
            worst=worst,
            missing="ignore",
        )
        for what, metric, threshold, worst, review in (
            ("bounce", "Reputation.BounceRate", 0.03, _HIGHEST_BOUNCES, "5 %"),
            ("complaint", "Reputation.ComplaintRate", 0.0008, _HIGHEST_COMPLAINTS, "0.1 %"),
        )
    )


def _own_rates(prefix: str, configuration_set: str) -> tuple[Alarm, ...]:
    # Silence has an alarm of its own; here it is no reason to ring, nor to be relieved.
    return tuple(
        Alarm(
            name=f"{prefix}-{configuration_set}-{what}-rate",
            about=f"The {what} rate of today and yesterday, known before SES's own.",
            namespace=cloudwatch_names.NAMESPACE,
            metric=metric,
            dimensions={cloudwatch_names.CONFIGURATION_SET: configuration_set},
            statistic="Maximum",
            period=3_600,
            periods=1,
            comparison="GreaterThanThreshold",
            threshold=threshold,
            worst=worst,
            missing="ignore",
        )
        for what, metric, threshold, worst in (
            ("bounce", cloudwatch_names.BOUNCE_RATE, 0.02, _HIGHEST_BOUNCES),
            ("complaint", cloudwatch_names.COMPLAINT_RATE, 0.0005, _HIGHEST_COMPLAINTS),
        )
    )


def _queue_alarms(prefix: str, queue: str, dead_letters: str) -> tuple[Alarm, ...]:
    # SQS stops writing for a queue that nobody touches for six hours: that is no fault,
    # except where silence is what is watched for.
    return (
        Alarm(
            name=f"{prefix}-age",
            about="Feedback waits: the worker is down, or does not keep up.",
            namespace="AWS/SQS",
            metric="ApproximateAgeOfOldestMessage",
            dimensions={"QueueName": queue},
            statistic="Maximum",
            period=300,
            periods=3,
            comparison="GreaterThanThreshold",
            threshold=LONGEST_WAIT,
            worst=4 * 3_600,
            missing="notBreaching",
        ),
        Alarm(
            name=f"{prefix}-dead-letters",
            about="Messages were given up: suppression-ingest dead-letters tells why.",
            namespace="AWS/SQS",
            metric="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": dead_letters},
            statistic="Maximum",
            period=300,
            periods=1,
            comparison="GreaterThanThreshold",
            threshold=0,
            worst=10,
            missing="notBreaching",
        ),
        Alarm(
            name=f"{prefix}-silence",
            about="No feedback for a day: nothing was sent, or SES is not heard any more.",
            namespace="AWS/SQS",
            metric="NumberOfMessagesSent",
            dimensions={"QueueName": queue},
            statistic="Sum",
            period=_DAY,
            periods=1,
            comparison="LessThanThreshold",
            threshold=1,
            worst=1,
            missing="breaching",
        ),
    )
