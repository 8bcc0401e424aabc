"""Reading the resources that exist in AWS; None for a resource that does not exist.

Every function raises :class:`suppression_ingest.errors.AwsError` when AWS refuses, or
does not answer.
"""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from suppression_ingest.aws.failures import is_absent, translated
from suppression_ingest.aws.session import Aws
from suppression_ingest.deployment import requirements

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef
    from mypy_boto3_events.type_defs import TargetOutputTypeDef
    from mypy_boto3_sesv2.literals import EventTypeType
    from mypy_boto3_sesv2.type_defs import (
        EventDestinationTypeDef,
        GetAccountResponseTypeDef,
        GetConfigurationSetResponseTypeDef,
    )

#: Identities in one request (SES's limit).
_IDENTITIES: Final = 100


@dataclasses.dataclass(frozen=True, slots=True)
class FoundQueue:
    """A queue that exists."""

    url: str
    attributes: Mapping[str, str]

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.attributes["QueueArn"]

    @property
    def waiting(self) -> int:
        """The approximate number of messages that nobody has received."""
        return int(self.attributes.get("ApproximateNumberOfMessages", 0))

    def number(self, attribute: str) -> int:
        """Return an attribute that is a number."""
        return int(self.attributes[attribute])


def topic_attributes(aws: Aws, arn: str) -> dict[str, str] | None:
    """Return the attributes of a topic."""
    with translated():
        try:
            return aws.sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        except ClientError as error:
            if is_absent(error):
                return None
            raise


def queue_named(aws: Aws, name: str) -> FoundQueue | None:
    """Return a queue of this account."""
    with translated():
        try:
            url = aws.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        except ClientError as error:
            if is_absent(error):
                return None
            raise
    return queue_at(aws, url)


def queue_at(aws: Aws, url: str) -> FoundQueue | None:
    """Return the queue of a URL."""
    with translated():
        try:
            answer = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        except ClientError as error:
            if is_absent(error):
                return None
            raise
    # Both moto and SQS give every attribute as text.
    return FoundQueue(url, {str(name): value for name, value in answer["Attributes"].items()})


def sources_of(aws: Aws, dead_letter_url: str) -> list[str]:
    """Return the ARNs of the queues whose dead letters go to a queue."""
    with translated():
        pages = aws.sqs.get_paginator("list_dead_letter_source_queues")
        urls = [
            url for page in pages.paginate(QueueUrl=dead_letter_url) for url in page["queueUrls"]
        ]
    found = [queue_at(aws, url) for url in urls]
    return [queue.arn for queue in found if queue]


def subscription(aws: Aws, topic_arn: str, queue_arn: str) -> dict[str, str] | None:
    """Return the attributes of a queue's subscription to a topic."""
    with translated():
        try:
            pages = aws.sns.get_paginator("list_subscriptions_by_topic")
            arns = [
                one["SubscriptionArn"]
                for page in pages.paginate(TopicArn=topic_arn)
                for one in page["Subscriptions"]
                if one["Protocol"] == "sqs" and one["Endpoint"] == queue_arn
            ]
            if not arns:
                return None
            if not arns[0].startswith("arn:"):
                return {"PendingConfirmation": "true"}
            return aws.sns.get_subscription_attributes(SubscriptionArn=arns[0])["Attributes"]
        except ClientError as error:
            if is_absent(error):
                return None
            raise


@dataclasses.dataclass(frozen=True, slots=True)
class FoundRule:
    """A rule of EventBridge's default bus that exists, and its targets."""

    name: str
    arn: str
    pattern: str
    enabled: bool
    targets: "Sequence[TargetOutputTypeDef]"

    def target(self, queue_arn: str) -> "TargetOutputTypeDef | None":
        """Return the target that is a queue; None if it has none."""
        return next((one for one in self.targets if one["Arn"] == queue_arn), None)


def rule_named(aws: Aws, name: str) -> FoundRule | None:
    """Return a rule of the default bus."""
    with translated():
        try:
            found = aws.events.describe_rule(Name=name)
            # A rule has five targets at most: one page.
            targets = aws.events.list_targets_by_rule(Rule=name)["Targets"]
        except ClientError as error:
            if is_absent(error):
                return None
            raise
    enabled = found["State"].startswith("ENABLED")
    return FoundRule(found["Name"], found["Arn"], found.get("EventPattern", ""), enabled, targets)


def rewrites(target: "TargetOutputTypeDef") -> bool:
    """Whether a target gets something else than the events of its rule, or SES's part of them."""
    whole = target.get("InputPath", "$") in ("$", "$.detail")
    return not whole or "Input" in target or "InputTransformer" in target


def rules_to(aws: Aws, queue_arn: str) -> list[FoundRule]:
    """Return the first rules of the default bus that send to a queue."""
    with translated():
        names = aws.events.list_rule_names_by_target(TargetArn=queue_arn)["RuleNames"]
    found = [rule_named(aws, name) for name in names]
    return [rule for rule in found if rule]


def held_back(
    aws: Aws, rule: FoundRule, events: "Iterable[EventTypeType]", configuration_set_arn: str
) -> "list[EventTypeType]":
    """Return which events of a configuration set a rule does not take in, by EventBridge itself."""

    def taken_in(event: "EventTypeType") -> bool:
        sample = json.dumps(requirements.rule_sample(event, configuration_set_arn))
        answer = aws.events.test_event_pattern(EventPattern=rule.pattern, Event=sample)
        return answer["Result"]

    with translated():
        return [event for event in events if not (rule.pattern and taken_in(event))]


def configuration_set(aws: Aws, name: str) -> "GetConfigurationSetResponseTypeDef | None":
    """Return a configuration set."""
    with translated():
        try:
            return aws.ses.get_configuration_set(ConfigurationSetName=name)
        except ClientError as error:
            if is_absent(error):
                return None
            raise


def configuration_set_names(aws: Aws) -> list[str]:
    """Return the names of the first configuration sets."""
    with translated():
        return aws.ses.list_configuration_sets(PageSize=20).get("ConfigurationSets", [])


def destinations(aws: Aws, name: str) -> "list[EventDestinationTypeDef]":
    """Return the event destinations of a configuration set; none where it does not exist."""
    with translated():
        try:
            answer = aws.ses.get_configuration_set_event_destinations(ConfigurationSetName=name)
        except ClientError as error:
            if is_absent(error):
                return []
            raise
    return answer.get("EventDestinations", [])


def account(aws: Aws) -> "GetAccountResponseTypeDef":
    """Return SES's attributes of the account."""
    with translated():
        return aws.ses.get_account()


def alarms_on(
    aws: Aws, namespace: str, metric: str, dimensions: Mapping[str, str]
) -> "list[MetricAlarmTypeDef]":
    """Return the alarms that watch a metric."""
    with translated():
        answer = aws.cloudwatch.describe_alarms_for_metric(
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        )
    return answer["MetricAlarms"]


def subscription_topics(aws: Aws) -> list[str]:
    """Return the topics of the account's contact list as ``LIST/TOPIC``; ``LIST`` if it has none.

    SES allows one contact list per account. Source: "Using list management" in the SES guide.
    """
    with translated():
        lists = aws.ses.list_contact_lists().get("ContactLists", [])
        names = [one["ContactListName"] for one in lists]
        found = [(name, aws.ses.get_contact_list(ContactListName=name)) for name in names]
    return [
        full_name
        for name, one in found
        for full_name in [f"{name}/{topic['TopicName']}" for topic in one.get("Topics", [])]
        or [name]
    ]


def identity_topics(aws: Aws) -> dict[str, set[str]]:
    """Return the topics to which the first identities publish feedback, by identity."""
    with translated():
        listed = aws.ses.list_email_identities(PageSize=_IDENTITIES).get("EmailIdentities", [])
        names = [identity["IdentityName"] for identity in listed]
        if not names:
            return {}
        answer = aws.ses_v1.get_identity_notification_attributes(Identities=names)
    topics = {
        name: _topics(attributes) for name, attributes in answer["NotificationAttributes"].items()
    }
    return {name: arns for name, arns in topics.items() if arns}


def _topics(attributes: Mapping[str, Any]) -> set[str]:
    kinds: Sequence[str] = ("BounceTopic", "ComplaintTopic")
    return {attributes[kind] for kind in kinds if attributes.get(kind)}
