"""The preferences that a Subscription event of SES reports.

SES publishes one when a recipient changes them by an unsubscribe link or a List-Unsubscribe
header. Source: "Subscription object" in "Contents of event data that Amazon SES publishes
to Amazon SNS" in the SES guide.
"""

import dataclasses
from collections.abc import Mapping
from typing import Final

from suppression_ingest.errors import Malformed
from suppression_ingest.json_object import JsonObject, as_object, optional_object, optional_text

_OPTED_OUT: Final = {"OptIn": False, "OptOut": True}


@dataclasses.dataclass(frozen=True, slots=True)
class Preferences:
    """What a recipient wants: nothing of the contact list, or topics (opted out or not)."""

    unsubscribed_from_all: bool = False
    opted_out: Mapping[str, bool] = dataclasses.field(default_factory=dict)

    def wants(self, topic: str) -> bool:
        """Whether the recipient has not left the topic."""
        return not (self.unsubscribed_from_all or self.opted_out.get(topic, False))


@dataclasses.dataclass(frozen=True, slots=True)
class Subscription:
    """A change of a recipient's preferences."""

    contact_list: str
    old: Preferences
    new: Preferences


def subscription_of(details: JsonObject) -> Subscription:
    """Read the details of a Subscription event.

    Raises:
        Malformed: preferences are not readable. They may be an unsubscribe.
    """
    return Subscription(
        contact_list=optional_text(details, "contactList"),
        old=_preferences(optional_object(details, "oldTopicPreferences")),
        new=_preferences(optional_object(details, "newTopicPreferences")),
    )


def _preferences(fields: JsonObject) -> Preferences:
    from_all = fields.get("unsubscribeAll") or False
    topics = fields.get("topicSubscriptionStatus") or []
    if not isinstance(from_all, bool) or not isinstance(topics, list):
        raise Malformed("topic preferences of wrong types")
    return Preferences(from_all, dict(map(_topic, map(as_object, topics))))


def _topic(fields: JsonObject) -> tuple[str, bool]:
    name, status = optional_text(fields, "topicName"), optional_text(fields, "subscriptionStatus")
    if not name or status not in _OPTED_OUT:
        raise Malformed("a topic preference without a topic, or with an unknown status")
    return name, _OPTED_OUT[status]
