"""SES events: both JSON formats are read into one class.

Sources: "Amazon SNS notification contents for Amazon SES" (``notificationType``,
what identities publish) and "Examples of event data that Amazon SES publishes to
Amazon SNS" (``eventType``, what configuration sets publish) in the SES guide.
"""

import dataclasses
import datetime as dt
import hashlib
import json
from typing import Final

from suppression_ingest.errors import Malformed, Unrecognised
from suppression_ingest.json_object import (
    JsonObject,
    optional_object,
    optional_text,
    parse_timestamp,
    required_text,
)
from suppression_ingest.recipients import Recipient, named_recipients
from suppression_ingest.subscription import Subscription, subscription_of

#: The name of this provider in the store.
PROVIDER: Final = "ses"

BOUNCE: Final = "Bounce"
COMPLAINT: Final = "Complaint"
SEND: Final = "Send"
DELIVERY: Final = "Delivery"
SUBSCRIPTION: Final = "Subscription"

#: The plain text that SES publishes when a configuration set's events are set up.
EVENT_PUBLISHING_SET_UP: Final = "Successfully validated SNS topic for Amazon SES event publishing."
# The kind of the message that SES publishes when an identity's notifications are set up.
_NOTIFICATIONS_SET_UP: Final = "AmazonSnsSubscriptionSucceeded"

_DISCRIMINATORS: Final = ("eventType", "notificationType")
# Events whose details are in a member that is not named like the event.
_MEMBERS: Final = {"Rendering Failure": "failure"}


@dataclasses.dataclass(frozen=True, slots=True)
class SesEvent:
    """What happened to a sent message, as SES reports it.

    ``kind`` is SES's own name, known to this program or not. ``type`` and ``sub_type``
    belong to a bounce or a complaint. ``recipients`` are those that the bounce or complaint
    names. Those of ``mail.destination`` are not used: they may have received the message.
    A Subscription is its only recipient's, if the message had no other.
    ``reached`` are the recipients of a send or a delivery. ``identity`` is the same for
    every copy of the event, in both formats.
    """

    kind: str
    happened: dt.datetime
    identity: str
    type: str = ""
    sub_type: str = ""
    recipients: tuple[Recipient, ...] = ()
    reached: tuple[str, ...] = ()
    feedback_id: str = ""
    message_id: str = ""
    configuration_set: str = ""
    tenant: str = ""
    subscription: Subscription | None = None


def is_set_up(document: JsonObject) -> bool:
    """Whether a document is what SES publishes when an identity's notifications are set up."""
    return document.get("notificationType") == _NOTIFICATIONS_SET_UP


def is_event(document: JsonObject) -> bool:
    """Whether a document has the mark of an SES event, whole or broken."""
    return not document.keys().isdisjoint(_DISCRIMINATORS)


def parse_event(document: JsonObject, received: dt.datetime, published: str = "") -> SesEvent:
    """Parse an SES event.

    Args:
        document: the event that SES published.
        received: the current time. No event happened later.
        published: when its carrier accepted it (ISO 8601); empty if not known. The event did
            not happen later.

    Raises:
        Malformed: the SES event is broken.
        Unrecognised: it is an event of another program.
    """
    name = next(name for name in _DISCRIMINATORS if name in document)
    kind = required_text(document, name)
    if kind not in {BOUNCE, COMPLAINT} and "mail" not in document:
        raise Unrecognised(f"JSON with {name}, but without the mail that each event of SES has")
    return _Reader(document, kind, published, received).event()


class _Reader:
    """Reads one document. Holds the parts that several fields of the event need."""

    def __init__(
        self, document: JsonObject, kind: str, published: str, received: dt.datetime
    ) -> None:
        self._document = document
        self._kind = kind
        self._published = _time_or_none(published)
        self._received = received
        self._mail = optional_object(document, "mail")
        member = _MEMBERS.get(kind, kind[:1].lower() + kind[1:])
        if kind in {BOUNCE, COMPLAINT} and member not in document:
            raise Malformed(f"a {kind} without its details")
        self._details = optional_object(document, member)

    def event(self) -> SesEvent:
        kind_of_feedback, sub_type, recipients = self._feedback()
        return SesEvent(
            kind=self._kind,
            happened=self._happened(),
            identity=self._identity(),
            type=kind_of_feedback,
            sub_type=sub_type,
            recipients=recipients,
            reached=self._reached(),
            feedback_id=optional_text(self._details, "feedbackId"),
            message_id=optional_text(self._mail, "messageId"),
            configuration_set=self._tag("ses:configuration-set"),
            tenant=self._tag("ses:tenant-name"),
            subscription=subscription_of(self._details) if self._kind == SUBSCRIPTION else None,
        )

    def _feedback(self) -> tuple[str, str, tuple[Recipient, ...]]:
        details = self._details
        match self._kind:
            case "Bounce":
                type_ = required_text(details, "bounceType")
                sub_type = optional_text(details, "bounceSubType")
                return type_, sub_type, named_recipients(details, "bouncedRecipients")
            case "Complaint":
                type_ = optional_text(details, "complaintFeedbackType")
                sub_type = optional_text(details, "complaintSubType")
                return type_, sub_type, named_recipients(details, "complainedRecipients")
            case "Subscription":
                return "", "", self._only_recipient()
            case _:
                return "", "", ()

    def _only_recipient(self) -> tuple[Recipient, ...]:
        sent_to = _texts(self._mail.get("destination"))
        return (Recipient(sent_to[0]),) if len(sent_to) == 1 else ()

    def _reached(self) -> tuple[str, ...]:
        match self._kind:
            case "Send":
                return _texts(self._mail.get("destination"))
            case "Delivery":
                return _texts(self._details.get("recipients"))
            case _:
                return ()

    def _happened(self) -> dt.datetime:
        """Return when it happened: neither before its mail nor after its publication or receipt.

        The reporting host sets the time of a bounce or complaint, and its clock may be wrong
        by years. SES sets the time of the mail, SNS the time of publication. Sources: "Bounce
        object" and "Complaint object" in the SES guide.
        """
        sent = _time_or_none(self._sent_time())
        told = self._told(sent)
        if self._kind in {BOUNCE, COMPLAINT} and sent:
            told = max(told, sent)
        return min(told, self._published or told, self._received)

    def _told(self, sent: dt.datetime | None) -> dt.datetime:
        """Return the time that the event tells, or else the nearest known time.

        A send has no timestamp: the time of its mail is used. Other events happen after
        their mail was sent, so the time when SNS accepted them is nearer.
        """
        own = _time_or_none(self._own_time())
        times = (sent, own) if self._kind == SEND else (own, self._published, sent)
        return next((time for time in times if time), self._received)

    def _identity(self) -> str:
        """Return an identity that is the same for every copy of this event.

        Bounces and complaints have a feedbackId, which is the same in the copies that the
        identity and the configuration set publish. Only configuration sets publish other
        events; these are identified by message and time. SNS's MessageId is unusable: two
        publications of one event have different ones, and a saved event without its
        envelope has none.
        """
        if feedback_id := optional_text(self._details, "feedbackId"):
            return feedback_id
        if message_id := optional_text(self._mail, "messageId"):
            return f"{message_id} {self._own_time() or self._sent_time()}"
        try:
            # The same text for the same event, whatever carried it.
            encoded = json.dumps(self._document, sort_keys=True).encode()
        except RecursionError:
            raise Malformed("nested too deeply") from None
        return hashlib.blake2b(encoded, digest_size=16).hexdigest()

    def _own_time(self) -> str:
        return optional_text(self._details, "timestamp")

    def _sent_time(self) -> str:
        return optional_text(self._mail, "timestamp")

    def _tag(self, name: str) -> str:
        """Return the first value of a tag. Events that identities publish have no tags."""
        tags = self._mail.get("tags")
        values = tags.get(name) if isinstance(tags, dict) else None
        first = values[0] if isinstance(values, list) and values else values
        return first if isinstance(first, str) else ""


def _time_or_none(text: str) -> dt.datetime | None:
    """Return a time, or None: an event whose time cannot be read is an event all the same."""
    try:
        return parse_timestamp(text)
    except Malformed:
        return None


def _texts(listed: object) -> tuple[str, ...]:
    members = listed if isinstance(listed, list) else []
    return tuple(member for member in members if isinstance(member, str))
