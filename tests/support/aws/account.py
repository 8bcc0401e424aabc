"""Changes to a fake AWS account, for tests of provision and doctor."""

import dataclasses
import datetime as dt
import json
from typing import Any, Final

from suppression_ingest.aws.session import Aws
from suppression_ingest.deployment import policies, state
from suppression_ingest.deployment.alarms import with_actions
from suppression_ingest.deployment.names import Names
from suppression_ingest.deployment.plan import Mark, Step
from suppression_ingest.deployment.provision import Options, Provision
from suppression_ingest.deployment.state import FoundQueue
from tests.support.aws.ses import SesFake

PREFIX: Final = "ses-feedback"
SET: Final = "transactional"
OPERATORS: Final = "arn:aws:sns:us-east-1:123456789012:operators"


@dataclasses.dataclass(frozen=True)
class Account:
    """An account, its SES apart."""

    aws: Aws
    ses: SesFake

    @property
    def names(self) -> Names:
        return Names.of(self.aws, PREFIX, SET)

    def plan(self, **options: Any) -> list[Step]:
        return Provision(self.aws, self.names, Options(**options)).plan()

    def provision(self, **options: Any) -> None:
        for step in self.plan(**options):
            if step.act:
                step.act()

    def work(self, **options: Any) -> list[str]:
        """What provisioning would do, and point out: all lines but those that keep."""
        return [str(step) for step in self.plan(**options) if step.mark is not Mark.KEEP]

    # --- topic ---------------------------------------------------------------------------------

    def topic(self) -> dict[str, str]:
        found = state.topic_attributes(self.aws, self.names.topic_arn)
        assert found is not None
        return found

    def set_topic(self, name: str, value: str) -> None:
        self.aws.sns.set_topic_attributes(
            TopicArn=self.names.topic_arn, AttributeName=name, AttributeValue=value
        )

    # --- queues --------------------------------------------------------------------------------

    def queue(self) -> FoundQueue:
        return self._queue(PREFIX)

    def dead_letters(self) -> FoundQueue:
        return self._queue(f"{PREFIX}-dead")

    def set_queue(self, **attributes: str) -> None:
        changed: Any = attributes
        self.aws.sqs.set_queue_attributes(QueueUrl=self.queue().url, Attributes=changed)

    def set_dead_letters(self, **attributes: str) -> None:
        changed: Any = attributes
        self.aws.sqs.set_queue_attributes(QueueUrl=self.dead_letters().url, Attributes=changed)

    def _queue(self, name: str) -> FoundQueue:
        found = state.queue_named(self.aws, name)
        assert found is not None
        return found

    # --- subscription --------------------------------------------------------------------------

    def subscription(self) -> dict[str, str]:
        names = self.names
        found = state.subscription(self.aws, names.topic_arn, names.queue_arn)
        assert found is not None
        return found

    def set_subscription(self, name: str, value: str) -> None:
        self.aws.sns.set_subscription_attributes(
            SubscriptionArn=self.subscription()["SubscriptionArn"],
            AttributeName=name,
            AttributeValue=value,
        )

    def unsubscribe(self) -> None:
        self.aws.sns.unsubscribe(SubscriptionArn=self.subscription()["SubscriptionArn"])

    # --- SES -----------------------------------------------------------------------------------

    @property
    def destinations(self) -> dict[str, Any]:
        return self.ses.configuration_sets[SET].destinations

    @property
    def destination(self) -> dict[str, Any]:
        [only] = self.destinations.values()
        found: dict[str, Any] = only
        return found

    # --- alarms --------------------------------------------------------------------------------

    def alarm(self, name: str) -> dict[str, Any]:
        [found] = self.aws.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return {**found}

    def tune(self, name: str, **changes: Any) -> None:
        """Change an alarm as somebody would in the console."""
        found: Any = self.alarm(name)
        self.aws.cloudwatch.put_metric_alarm(**{**with_actions(found, ()), **changes})


def asking_for_account(account: Account) -> str:
    """The queue's policy if SNS had to tell the topic's account."""
    names = account.names
    request = policies.with_account(policies.delivery(names.queue_arn, names.topic_arn))
    return policies.with_statement("", policies.statement_for(request))


def with_open_statement(policy: str, action: str) -> str:
    """A policy with a statement more that lets everybody in."""
    document = json.loads(policy)
    everybody = {
        "Sid": "Everybody",
        "Effect": "Allow",
        "Principal": "*",
        "Action": action,
        "Resource": "*",
    }
    return json.dumps({**document, "Statement": [*document["Statement"], everybody]})


#: After everything that happens in a test.
NOW = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)


def day(number: int) -> dt.datetime:
    return dt.datetime(2026, 3, number, tzinfo=dt.UTC)
