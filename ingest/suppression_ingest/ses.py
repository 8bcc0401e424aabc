"""SES events: both JSON shapes, read into one.

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
    as_object,
    optional_object,
    optional_text,
    parse_object,
    required_text,
)
from suppression_ingest.moment import moment_of

BOUNCE: Final = "Bounce"
COMPLAINT: Final = "Complaint"
SEND: Final = "Send"
DELIVERY: Final = "Delivery"

#: What SES publishes as plain text when a configuration set's events are set up.
EVENT_PUBLISHING_SET_UP: Final = "Successfully validated SNS topic for Amazon SES event publishing."
# The kind of what it publishes when an identity's notifications are.
_NOTIFICATIONS_SET_UP: Final = "AmazonSnsSubscriptionSucceeded"

#: Characters of a host's answer that are kept; the rest is rarely read.
MAX_DIAGNOSTIC: Final = 1_000

_DISCRIMINATORS: Final = ("eventType", "notificationType")
# Where the member with the details is not called like the event.
_MEMBERS: Final = {"Rendering Failure": "failure"}


class NotAnEvent(enum.StrEnum):
    """Messages that are sound and tell nothing about sent mail."""

    #: SES telling that publishing to the topic works.
    SET_UP = "set-up"
    #: Prose, or the JSON of some other program.
    FOREIGN = "not an SES event"


@dataclasses.dataclass(frozen=True, slots=True)
class Recipient:
    """One of the recipients that a bounce or a complaint names, as SES writes it."""

    address: str
    action: str = ""
    status: str = ""
    diagnostic: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class SesEvent:
    """What happened to a message, as SES tells it.

    ``kind`` is the discriminator's value, known or not. ``type`` and ``sub_type``
    are those of a bounce or a complaint, and ``recipients`` whom it names: never
    anybody from ``mail.destination``, who may have got the message. ``reached`` is
    whom a send or a delivery is about. ``identity`` stays the same however often and
    by whichever way the event comes.
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


def parse_event(text: str, published: str = "") -> SesEvent | NotAnEvent:
    """Read an SES event.

    Args:
        text: what SES published.
        published: when SNS took it (ISO 8601), for an event that names no time;
            empty where that is not known.

    Returns:
        The event, or what the text is instead.

    Raises:
        Malformed: it is an SES event, or the beginning of one, and broken.
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
    return _Reader(text, document, kind, published).event()


class _Reader:
    """Reads one document; holds what several parts of the event are read from."""

    def __init__(self, text: str, document: JsonObject, kind: str, published: str) -> None:
        self._text = text
        self._kind = kind
        self._published = published
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
                return type_, sub_type, _recipients(details, "bouncedRecipients")
            case "Complaint":
                type_ = optional_text(details, "complaintFeedbackType")
                sub_type = optional_text(details, "complaintSubType")
                return type_, sub_type, _recipients(details, "complainedRecipients")
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
        """Return when it happened; where that is missing, the nearest time that is known.

        A send has no time of its own and is as old as its mail. Others that have
        none came later than that, so the time when SNS took them is nearer.
        """
        times = [self._own_time(), self._published, self._sent_time()]
        for text in times[::-1] if self._kind == SEND else times:
            if text:
                return self._not_before_its_mail(moment_of(text))
        raise Malformed("no timestamp")

    def _not_before_its_mail(self, told: dt.datetime) -> dt.datetime:
        """Return when feedback happened; other events, as told.

        Bounces and complaints are dated by whoever reports them, whose clock may be
        slow; SES dates the mail. Sources: "Bounce object" and "Complaint object" in
        the SES guide.
        """
        if self._kind not in {BOUNCE, COMPLAINT}:
            return told
        try:
            return max(told, moment_of(self._sent_time()))
        except Malformed:  # no reason to refuse feedback that has a time of its own
            return told

    def _identity(self) -> str:
        """Return what makes this event the same when it comes again.

        SES names bounces and complaints by a feedbackId, the same in what the
        identity and the configuration set publish. Other events come from
        configuration sets alone and are told apart by message and time. The
        MessageId of SNS would not do: two subscriptions of SES to one topic, and
        a saved event without its envelope, have different ones or none.
        """
        if feedback_id := optional_text(self._details, "feedbackId"):
            return feedback_id
        if message_id := optional_text(self._mail, "messageId"):
            return f"{message_id} {self._own_time() or self._sent_time()}"
        octets = self._text.encode(errors="replace")
        return hashlib.blake2b(octets, digest_size=16).hexdigest()

    def _own_time(self) -> str:
        return optional_text(self._details, "timestamp")

    def _sent_time(self) -> str:
        return optional_text(self._mail, "timestamp")

    def _configuration_set(self) -> str:
        """Return the configuration set; identities do not tell it. Tags hold lists."""
        tags = self._mail.get("tags")
        names = tags.get("ses:configuration-set") if isinstance(tags, dict) else None
        first = names[0] if isinstance(names, list) and names else names
        return first if isinstance(first, str) else ""


def _recipients(details: JsonObject, name: str) -> tuple[Recipient, ...]:
    listed = details.get(name)
    if not isinstance(listed, list):
        raise Malformed(f"{name} is missing or no list")
    return tuple(map(_recipient, listed))


def _recipient(listed: object) -> Recipient:
    """Read one recipient; what is not even an object is one without an address.

    The others that the event names must not go unheard for its sake.
    """
    if not isinstance(listed, dict):
        return Recipient("")
    fields = as_object(listed)
    return Recipient(
        address=optional_text(fields, "emailAddress"),
        action=optional_text(fields, "action"),
        status=optional_text(fields, "status"),
        diagnostic=optional_text(fields, "diagnosticCode")[:MAX_DIAGNOSTIC],
    )


def _texts(listed: object) -> tuple[str, ...]:
    members = listed if isinstance(listed, list) else []
    return tuple(member for member in members if isinstance(member, str))
