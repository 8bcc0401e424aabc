"""moto's server, with what it takes in and forgets.

That is EventBridge's answer whether a pattern takes in an event, a topic's signature version,
a queue's redrive allow policy, a queue's policy
whenever another attribute is set, the topics of an identity's own notifications, and a
message that arrives while another is deleted. Run as a module, with moto's own arguments.
"""

import json
from typing import Any, Final

from moto.events.models import EventPattern
from moto.events.responses import EventsHandler
from moto.server import main
from moto.ses.models import SESBackend
from moto.sns.models import SNSBackend
from moto.sns.responses import SNSResponse
from moto.sqs.models import Queue

Json = dict[str, Any]

_KINDS: Final = ("Bounce", "Complaint", "Delivery")

_create_topic: Any = SNSBackend.create_topic
_topic_attributes: Any = SNSResponse.get_topic_attributes
_set_attributes: Any = vars(Queue)["_set_attributes"]
_queue_attributes: Any = vars(Queue)["attributes"]
_delete_message: Any = Queue.delete_message
_notification_attributes: Any = SESBackend.get_identity_notification_attributes


def _created_topic(self: SNSBackend, name: str, attributes: Any = None, tags: Any = None) -> Any:
    topic = _create_topic(self, name, attributes, tags)
    if version := (attributes or {}).get("SignatureVersion"):
        topic.signature_version = version
    return topic


def _deleted_message(self: Queue, receipt_handle: str) -> None:
    # It replaces a list to which other threads append at the same time.
    with self._messages_lock:
        _delete_message(self, receipt_handle)


def _told_topic(self: SNSResponse) -> Any:
    answer = _topic_attributes(self)
    topic = self.backend.get_topic(self._get_param("TopicArn"))
    if version := getattr(topic, "signature_version", None):
        answer.result["Attributes"]["SignatureVersion"] = version
    return answer


def _set_queue(self: Queue, attributes: Json, now: float | None = None) -> None:
    kept = {} if "Policy" in attributes else {"Policy": self.policy}
    _set_attributes(self, {**attributes, **kept}, now)


def _told_queue(self: Queue) -> Json:
    attributes: Json = _queue_attributes.__get__(self)
    if policy := getattr(self, "redrive_allow_policy", None):
        attributes["RedriveAllowPolicy"] = policy
    return attributes


def _told_identities(self: SESBackend, identities: list[str]) -> dict[str, Json]:
    answer: dict[str, Json] = _notification_attributes(self, identities)
    for identity, attributes in answer.items():
        topics = self.sns_topics.get(identity, {})
        attributes |= {f"{kind}Topic": topics[kind] for kind in _KINDS if kind in topics}
    return answer


def _tested_pattern(self: EventsHandler) -> tuple[str, Json]:
    pattern = EventPattern.load(self._get_param("EventPattern"))
    event = json.loads(self._get_param("Event"))
    return json.dumps({"Result": pattern.matches_event(event)}), {}


_PATCHES: Final = (
    (EventsHandler, "test_event_pattern", _tested_pattern),
    (SNSBackend, "create_topic", _created_topic),
    (SNSResponse, "get_topic_attributes", _told_topic),
    (Queue, "_set_attributes", _set_queue),
    (Queue, "attributes", property(_told_queue)),
    (Queue, "delete_message", _deleted_message),
    (SESBackend, "get_identity_notification_attributes", _told_identities),
)

if __name__ == "__main__":
    for owner, name, patched in _PATCHES:
        setattr(owner, name, patched)
    main()
