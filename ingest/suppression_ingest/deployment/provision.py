"""Creating the wiring, or completing what exists of it.

The whole plan is made before anything is changed. This is possible because ARNs follow from
names. Nothing that exists is weakened: a longer retention, a stricter policy, more events
and an alarm tuned by hand stay. The plan only warns about those that are a problem.
"""

import dataclasses
from collections.abc import Iterable, Sequence

from suppression_ingest.aws.session import Aws
from suppression_ingest.deployment import policies, state
from suppression_ingest.deployment.alarms import AlarmSteps, alarms_of
from suppression_ingest.deployment.delivery_steps import (
    QueueSteps,
    SubscriptionSteps,
    TopicSteps,
    is_on,
)
from suppression_ingest.deployment.names import Names, name_in
from suppression_ingest.deployment.plan import Step
from suppression_ingest.deployment.requirements import Via, to_bus, to_topic
from suppression_ingest.deployment.rule_steps import RuleSteps
from suppression_ingest.deployment.ses_steps import SesSteps
from suppression_ingest.errors import AwsError


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """The choices besides the names.

    ``via`` is the service through which SES's events reach the queue.
    ``alarm_topics`` are notified when an alarm rings; ``reset_alarms`` resets alarms that
    were tuned by hand.
    """

    via: Via = "sns"
    raw_delivery: bool = False
    alarm_topics: Sequence[str] = ()
    reset_alarms: bool = False


class Provision:
    """Plans what to create and to change for one wiring.

    Args:
        aws: the account.
        names: the names of the wiring's parts.
        options: the other choices.
    """

    def __init__(self, aws: Aws, names: Names, options: Options) -> None:
        self._aws = aws
        self._names = names
        self._options = options

    def plan(self) -> list[Step]:
        """Return every step, in the order in which to carry them out.

        Raises:
            AwsError: AWS does not answer, or refuses.
        """
        aws, names, options = self._aws, self._names, self._options
        by_rule = options.via == "eventbridge"
        queues = QueueSteps(aws, names, self._delivery)
        alarms = alarms_of(
            names.prefix,
            names.queue_arn,
            queues.dead_letter_arn,
            names.configuration_set,
            name_in(names.rule_arn) if by_rule else "",
        )
        target = to_bus(names.bus_arn) if by_rule else to_topic(names.topic_arn)
        return [
            *([] if by_rule else TopicSteps(aws, names).steps()),
            *queues.steps(),
            *(RuleSteps(aws, names).steps() if by_rule else self._subscription()),
            *SesSteps(aws, names, target).steps(),
            *AlarmSteps(aws, options.alarm_topics, reset=options.reset_alarms).steps(alarms),
        ]

    def _subscription(self) -> Iterable[Step]:
        raw = self._options.raw_delivery
        return SubscriptionSteps(self._aws, self._names, raw=raw).steps()

    @property
    def _delivery(self) -> policies.Request:
        names = self._names
        if self._options.via == "eventbridge":
            return policies.rule_delivery(names.queue_arn, names.rule_arn)
        return policies.delivery(names.queue_arn, names.topic_arn)

    def settings(self) -> dict[str, str]:
        """Return the settings to start the worker with, once the wiring exists.

        Raises:
            AwsError: AWS does not answer, or the queue does not exist.
        """
        names = self._names
        queue = state.queue_named(self._aws, name_in(names.queue_arn))
        if queue is None:
            raise AwsError("the queue is not there")
        settings = {
            "AWS_REGION": self._aws.region,
            # boto3 itself reads this name.
            "AWS_DEFAULT_REGION": self._aws.region,
            "SUPPRESSION_QUEUE_URL": queue.url,
            "SUPPRESSION_CONFIGURATION_SET": names.configuration_set,
            # Two of the alarms need these metrics.
            "SUPPRESSION_PUBLISH_RATES": "true",
        }
        if self._options.via == "eventbridge":
            return settings | {"SUPPRESSION_VIA": "eventbridge"}
        settings["SUPPRESSION_TOPIC_ARNS"] = names.topic_arn
        subscription = state.subscription(self._aws, names.topic_arn, names.queue_arn)
        if is_on((subscription or {}).get("RawMessageDelivery")):
            # Raw messages have no signature: the queue's policy is trusted instead.
            settings["SUPPRESSION_VERIFY_SIGNATURES"] = "false"
        return settings
