"""SES events: both JSON formats are read into one class.

Sources: "Amazon SNS notification contents for Amazon SES" (``notificationType``,
what identities publish) and "Examples of event data that Amazon SES publishes to
Amazon SNS" (``eventType``, what configuration sets publish) in the SES guide.
"""

import dataclasses
import datetime as dt
import enum
import hashlib
from typing import Final

from suppression_ingest.errors import Malformed
from suppression_ingest.json_object import (
    JsonObject,
    optional_object,
    optional_text,
    parse_object,
    parse_timestamp,
    required_text,
)
from suppression_ingest.recipients import Recipient, named_recipients

#: The name of this provider in the store.
PROVIDER: Final = "ses"

BOUNCE: Final = "Bounce"
COMPLAINT: Final = "Complaint"
SEND: Final = "Send"
DELIVERY: Final = "Delivery"

#: The plain text that SES publishes when a configuration set's events are set up.
EVENT_PUBLISHING_SET_UP: Final = "Successfully validated SNS topic for Amazon SES event publishing."
# The kind of the message that SES publishes when an identity's notifications are set up.
_NOTIFICATIONS_SET_UP: Final = "AmazonSnsSubscriptionSucceeded"

_DISCRIMINATORS: Final = ("eventType", "notificationType")
# Events whose details are in a member that is not named like the event.
_MEMBERS: Final = {"Rendering Failure": "failure"}


class NotAnEvent(enum.StrEnum):
    """Well-formed messages that are not about sent mail."""

    #: SES or SNS confirms that the topic works.
    SET_UP = "set-up"
    #: Plain text, or JSON of another program.
    FOREIGN = "not an SES event"


@dataclasses.dataclass(frozen=True, slots=True)
class SesEvent:
    """What happened to a sent message, as SES reports it.

    ``kind`` is SES's own name, known to this program or not. ``type`` and ``sub_type``
    belong to a bounce or a complaint. ``recipients`` are those that the bounce or complaint
    names. Those of ``mail.destination`` are not used: they may have received the message.
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


def parse_event(text: str, received: dt.datetime, published: str = "") -> SesEvent | NotAnEvent:
    """Parse an SES event.

    Args:
        text: the text that SES published.
        received: the current time. No event happened later.
        published: when SNS accepted it (ISO 8601); empty if not known. The event did not
            happen later.

    Returns:
        The event, or the type of text that is not an event.

    Raises:
        Malformed: the SES event is broken or cut off.
    """
    if text.strip() == EVENT_PUBLISHING_SET_UP:
        return NotAnEvent.SET_UP
    if not text.lstrip().startswith("{"):
        return NotAnEvent.FOREIGN
    document = parse_object(text)
    name = next((name for name in _DISCRIMINATORS if name in document), None)
    if name is None:
        return NotAnEvent.FOREIGN
    kind = required_text(document, name)
    if kind == _NOTIFICATIONS_SET_UP:
        return NotAnEvent.SET_UP
    return _Reader(text, document, kind, published, received).event()


class _Reader:
    """Reads one document. Holds the parts that several fields of the event need."""

    def __init__(
        self,
        text: str,
        document: JsonObject,
        kind: str,
        published: str,
        received: dt.datetime,
    ) -> None:
        self._text = text
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
            configuration_set=self._configuration_set(),
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
            case _:
                return "", "", ()

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
        encoded = self._text.encode(errors="replace")
        return hashlib.blake2b(encoded, digest_size=16).hexdigest()

    def _own_time(self) -> str:
        return optional_text(self._details, "timestamp")

    def _sent_time(self) -> str:
        return optional_text(self._mail, "timestamp")

    def _configuration_set(self) -> str:
        """Return the configuration set. Events that identities publish lack it. Tags hold lists."""
        tags = self._mail.get("tags")
        names = tags.get("ses:configuration-set") if isinstance(tags, dict) else None
        first = names[0] if isinstance(names, list) and names else names
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
