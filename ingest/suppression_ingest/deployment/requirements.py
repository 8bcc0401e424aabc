"""The requirements of the wiring: provision creates it accordingly, and doctor checks it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_sesv2.literals import EventTypeType, SuppressionListReasonType
    from mypy_boto3_sesv2.type_defs import EventDestinationTypeDef

_HOUR: Final = 3_600
_DAY: Final = 24 * _HOUR

#: Without these events the list or the rates would be wrong: a bounce rate needs the number
#: of sends, and a delivery ends a run of soft bounces.
NEEDED_EVENTS: "Final[tuple[EventTypeType, ...]]" = ("BOUNCE", "COMPLAINT", "SEND", "DELIVERY")
#: The events above, and two about mail that was never sent: they are rare, and reported
#: nowhere else. DELIVERY_DELAY, SUBSCRIPTION, OPEN and CLICK would change nothing here.
PUBLISHED_EVENTS: "Final[tuple[EventTypeType, ...]]" = (
    *NEEDED_EVENTS,
    "REJECT",
    "RENDERING_FAILURE",
)

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


def missing_events(
    found: "Iterable[EventDestinationTypeDef]", topic_arn: str, needed: "Iterable[EventTypeType]"
) -> "list[EventTypeType]":
    """Return which events no enabled destination publishes to a topic."""
    published = {
        event
        for destination in to_topic(found, topic_arn)
        if destination.get("Enabled")
        for event in destination["MatchingEventTypes"]
    }
    return [event for event in needed if event not in published]


def to_topic(
    found: "Iterable[EventDestinationTypeDef]", topic_arn: str
) -> "list[EventDestinationTypeDef]":
    """Return the destinations that publish to a topic, enabled or not."""
    return [one for one in found if one.get("SnsDestination", {}).get("TopicArn") == topic_arn]


def locked_by_key(attributes: Mapping[str, str]) -> bool:
    """Whether a topic or a queue is encrypted with a key that no other service may use."""
    return attributes.get("KmsMasterKeyId", "").endswith(_UNUSABLE_KEYS)
