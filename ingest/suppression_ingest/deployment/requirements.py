"""The requirements of the wiring: provision creates it accordingly, and doctor checks it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from mypy_boto3_sesv2.literals import EventTypeType, SuppressionListReasonType
    from mypy_boto3_sesv2.type_defs import EventDestinationTypeDef

_HOUR: Final = 3_600
_DAY: Final = 24 * _HOUR

#: Without these events the list or the rates would be wrong: a bounce rate needs the number
#: of sends, and a delivery ends a run of soft bounces.
NEEDED_EVENTS: "Final[tuple[EventTypeType, ...]]" = ("BOUNCE", "COMPLAINT", "SEND", "DELIVERY")
#: The events above, unsubscribes by SES's subscription management, and two about mail that
#: was never sent: they are rare, and reported nowhere else. DELIVERY_DELAY, OPEN and CLICK
#: would change nothing here.
PUBLISHED_EVENTS: "Final[tuple[EventTypeType, ...]]" = (
    *NEEDED_EVENTS,
    "SUBSCRIPTION",
    "REJECT",
    "RENDERING_FAILURE",
)

# How EventBridge and SES call them. Source: "Monitoring SES events using Amazon EventBridge" in
# the SES guide.
_NAMES: "Final[dict[EventTypeType, tuple[str, str]]]" = {
    "BOUNCE": ("Email Bounced", "Bounce"),
    "COMPLAINT": ("Email Complaint Received", "Complaint"),
    "SEND": ("Email Sent", "Send"),
    "DELIVERY": ("Email Delivered", "Delivery"),
}

#: The reasons for the account's own suppression list.
SUPPRESSED: "Final[tuple[SuppressionListReasonType, ...]]" = ("BOUNCE", "COMPLAINT")

#: The version of SNS's signatures: 2 uses SHA-256. The default, 1, uses SHA-1.
SIGNATURE_VERSION: Final = "2"

#: Seconds that the queue keeps messages: in a new queue, and the least that is accepted.
RETENTION: Final = 7 * _DAY
LEAST_RETENTION: Final = 4 * _DAY
#: SQS's maximum, for dead letters: the time counts from SNS's delivery to the first queue.
DEAD_LETTER_RETENTION: Final = 14 * _DAY

#: The visibility timeout in seconds: longer than a batch takes with a slow database, and
#: short enough that messages of a dead worker are soon delivered again. Then the range that
#: is accepted.
VISIBILITY: Final = 120
LEAST_VISIBILITY: Final = 30
MOST_VISIBILITY: Final = _HOUR

#: Seconds of the long poll (SQS's maximum).
LONG_POLL: Final = 20

#: Receives after which a message becomes a dead letter: in a new queue, and the range that
#: is accepted.
RECEIVES: Final = 5
LEAST_RECEIVES: Final = 3
MOST_RECEIVES: Final = 100

#: The longest time that a message waits while the worker runs, in seconds.
LONGEST_WAIT: Final = 900

# AWS's managed keys cannot allow another service to use them.
_UNUSABLE_KEYS: Final = ("alias/aws/sns", "alias/aws/sqs")


#: The service through which SES's events reach the queue.
Via = Literal["sns", "eventbridge"]

#: What an event destination has that publishes to it.
Target = Mapping[str, Mapping[str, str]]


def to_topic(arn: str) -> Target:
    """Return what an event destination that publishes to a topic has."""
    return {"SnsDestination": {"TopicArn": arn}}


def to_bus(arn: str) -> Target:
    """Return what an event destination that publishes to a bus of EventBridge has."""
    return {"EventBridgeDestination": {"EventBusArn": arn}}


def leading_to(
    found: "Iterable[EventDestinationTypeDef]", target: Target
) -> "list[EventDestinationTypeDef]":
    """Return the destinations that publish to a target, enabled or not."""
    return [one for one in found if target.items() <= one.items()]


def missing_events(
    found: "Iterable[EventDestinationTypeDef]", target: Target, needed: "Iterable[EventTypeType]"
) -> "list[EventTypeType]":
    """Return which events no enabled destination publishes to a target."""
    published = {
        event
        for destination in leading_to(found, target)
        if destination.get("Enabled")
        for event in destination["MatchingEventTypes"]
    }
    return [event for event in needed if event not in published]


def rule_pattern(sets: Iterable[str]) -> dict[str, Any]:
    """Return the pattern of a rule that takes in the events of configuration sets.

    Which events SES publishes is for the event destination to say. The tag is in every event
    that a configuration set publishes.
    """
    tags = {"ses:configuration-set": list(sets)}
    return {"source": ["aws.ses"], "detail": {"mail": {"tags": tags}}}


def rule_sample(event: "EventTypeType", configuration_set_arn: str) -> dict[str, Any]:
    """Return an event of EventBridge that a rule must take in."""
    detail_type, event_type = _NAMES[event]
    _, _, _, region, account, name = configuration_set_arn.split(":")
    tags = {"ses:configuration-set": [name.partition("/")[2]]}
    return {
        "version": "0",
        "id": "00000000-0000-0000-0000-000000000000",
        "detail-type": detail_type,
        "source": "aws.ses",
        "account": account,
        "time": "2026-01-01T00:00:00Z",
        "region": region,
        "resources": [configuration_set_arn],
        "detail": {"eventType": event_type, "mail": {"tags": tags}},
    }


def locked_by_key(attributes: Mapping[str, str]) -> bool:
    """Whether a topic or a queue is encrypted with a key that no other service may use."""
    return attributes.get("KmsMasterKeyId", "").endswith(_UNUSABLE_KEYS)
