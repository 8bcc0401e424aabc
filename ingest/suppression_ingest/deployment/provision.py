"""Creating the wiring, or completing what is there of it.

The whole plan is made by reading, before anything is done: ARNs can be told from
names. What is found is never weakened: a longer retention, a stricter policy, more
events and an alarm tuned by hand stay, and what is in the way is only pointed out.
"""

import dataclasses
from collections.abc import Sequence

from suppression_ingest.aws.session import Aws
from suppression_ingest.deployment import reading
from suppression_ingest.deployment.alarm_steps import AlarmSteps
from suppression_ingest.deployment.alarms import alarms_of
from suppression_ingest.deployment.names import Names, name_in
from suppression_ingest.deployment.plan import Step
from suppression_ingest.deployment.queue_steps import QueueSteps
from suppression_ingest.deployment.ses_steps import SesSteps
from suppression_ingest.deployment.topic_steps import SubscriptionSteps, TopicSteps, is_on
from suppression_ingest.errors import AwsError


@dataclasses.dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked for beyond the names.

    ``alarm_topics`` are told when an alarm rings; ``reset_alarms`` puts back alarms that
    were tuned by hand.
    """

    raw_delivery: bool = False
    alarm_topics: Sequence[str] = ()
    reset_alarms: bool = False


class Provision:
    """Plans what one wiring lacks.

    Args:
        aws: the account.
        names: of the wiring.
        wishes: what else is asked for.
    """

    def __init__(self, aws: Aws, names: Names, wishes: Wishes) -> None:
        self._aws = aws
        self._names = names
        self._wishes = wishes

    def plan(self) -> list[Step]:
        """Return every step, in the order in which it is to be done.

        Raises:
            AwsError: AWS does not tell what is there.
        """
        aws, names, wishes = self._aws, self._names, self._wishes
        queues = QueueSteps(aws, names)
        alarms = alarms_of(
            names.prefix, names.queue_arn, queues.dead_letter_arn, names.configuration_set
        )
        return [
            *TopicSteps(aws, names).steps(),
            *queues.steps(),
            *SubscriptionSteps(aws, names, raw=wishes.raw_delivery).steps(),
            *SesSteps(aws, names).steps(),
            *AlarmSteps(aws, wishes.alarm_topics, reset=wishes.reset_alarms).steps(alarms),
        ]

    def settings(self) -> dict[str, str]:
        """Return the settings to start the worker with, once the wiring is there.

        Raises:
            AwsError: AWS does not tell, or the queue is not there.
        """
        names = self._names
        queue = reading.queue_named(self._aws, name_in(names.queue_arn))
        if queue is None:
            raise AwsError("the queue is not there")
        settings = {
            "AWS_REGION": self._aws.region,
            # The name that boto3 itself reads.
            "AWS_DEFAULT_REGION": self._aws.region,
            "SUPPRESSION_QUEUE_URL": queue.url,
            "SUPPRESSION_TOPIC_ARNS": names.topic_arn,
            "SUPPRESSION_CONFIGURATION_SET": names.configuration_set,
            # Two of the alarms watch them.
            "SUPPRESSION_PUBLISH_RATES": "true",
        }
        subscription = reading.subscription(self._aws, names.topic_arn, names.queue_arn)
        if is_on((subscription or {}).get("RawMessageDelivery")):
            # Raw messages have no signature: the queue's policy is what is trusted.
            settings["SUPPRESSION_VERIFY_SIGNATURES"] = "false"
        return settings
