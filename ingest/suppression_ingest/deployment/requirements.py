"""Requirements of the wiring: provision creates it so, doctor checks it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_sesv2.literals import EventTypeType, SuppressionListReasonType
    from mypy_boto3_sesv2.type_defs import EventDestinationTypeDef

_HOUR: Final = 3_600
_DAY: Final = 24 * _HOUR

#: Without these the list, or its rates, would be wrong: a bounce rate needs the number of
#: sends, and a delivery ends a run of soft bounces.
NEEDED_EVENTS: "Final[tuple[EventTypeType, ...]]" = ("BOUNCE", "COMPLAINT", "SEND", "DELIVERY")
#: Those, and the two about mail that was never sent: rare, and reported nowhere else.
#: No DELIVERY_DELAY, SUBSCRIPTION, OPEN or CLICK: they change nothing here.
PUBLISHED_EVENTS: "Final[tuple[EventTypeType, ...]]" = (
    *NEEDED_EVENTS,
    "REJECT",
    "RENDERING_FAILURE",
)

#: The reasons for the account's own suppression list.
SUPPRESSED: "Final[tuple[SuppressionListReasonType, ...]]" = ("BOUNCE", "COMPLAINT")

#: The signature that SNS is to use: SHA-256. Its default is SHA-1 (version 1).
SIGNATURE_VERSION: Final = "2"

#: Seconds that the queue keeps messages: when it is created, and at least.
RETENTION: Final = 7 * _DAY
LEAST_RETENTION: Final = 4 * _DAY
#: SQS's longest, for dead letters: it counts from when SNS delivered.
DEAD_LETTER_RETENTION: Final = 14 * _DAY

#: Seconds until a message that was received and not deleted comes again: longer than a
#: batch takes with a slow database, short enough to make up for a worker that died.
VISIBILITY: Final = 120
LEAST_VISIBILITY: Final = 30
MOST_VISIBILITY: Final = _HOUR

#: Seconds of the long poll (SQS's longest).
LONG_POLL: Final = 20

#: Receives after which a message is a dead letter, and at least.
RECEIVES: Final = 5
LEAST_RECEIVES: Final = 3
MOST_RECEIVES: Final = 100

#: The longest that a message waits in a queue whose worker runs, in seconds.
LONGEST_WAIT: Final = 900

# The keys that AWS manages cannot be opened to another service.
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
