"""SES events: both JSON shapes, read into one class.

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
    parse_timestamp,
    required_text,
)
from suppression_service.address import InvalidAddress, canonical

#: The provider, as the store names it.
PROVIDER: Final = "ses"

BOUNCE: Final = "Bounce"
COMPLAINT: Final = "Complaint"
SEND: Final = "Send"
DELIVERY: Final = "Delivery"

#: What SES publishes as plain text when a configuration set's events are set up.
EVENT_PUBLISHING_SET_UP: Final = "Successfully validated SNS topic for Amazon SES event publishing."
# The kind of what it publishes when an identity's notifications are.
_NOTIFICATIONS_SET_UP: Final = "AmazonSnsSubscriptionSucceeded"

#: Stands for a recipient that is not an address. It is recorded and never listed.
NO_ADDRESS: Final = ""
#: Characters of a bouncing host's answer that are kept.
MAX_DIAGNOSTIC: Final = 1_000

_DISCRIMINATORS: Final = ("eventType", "notificationType")
# Events whose details stand in a member that is not named like the event.
_MEMBERS: Final = {"Rendering Failure": "failure"}


class NotAnEvent(enum.StrEnum):
    """Well-formed messages that are not about sent mail."""

    #: SES or SNS confirms that the topic works.
    SET_UP = "set-up"
    #: Plain text, or the JSON of some other program.
    FOREIGN = "not an SES event"


@dataclasses.dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient that a bounce or a complaint names, as SES writes it."""

    address: str
    action: str = ""
    status: str = ""
    diagnostic: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class SesEvent:
    """What happened to a sent message, as SES reports it.

    ``kind`` is SES's own name for it, whether we know it or not. ``type`` and
    ``sub_type`` belong to a bounce or a complaint. ``recipients`` are those that it
    names, never those of ``mail.destination``, who may have got the message.
    ``reached`` are the recipients of a send or a delivery. ``identity`` is the same
    for every copy of the event, whichever way it comes.
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
    """Parse an SES event.

    Args:
        text: what SES published.
        published: when SNS accepted it (ISO 8601), used for an event without a
            timestamp; empty if not known.

    Returns:
        The event, or what the text is instead.

    Raises:
        Malformed: it is a broken SES event, or the beginning of one.
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
    """Reads one document; holds the parts that several fields of the event need."""

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
        """Return when it happened, or else the nearest time that is known.

        A send has no timestamp of its own and is as old as its mail. Other events
        are younger than their mail, so the time when SNS accepted them is nearer.
        """
        times = [self._own_time(), self._published, self._sent_time()]
        for text in times[::-1] if self._kind == SEND else times:
            if text:
                return self._not_before_its_mail(parse_timestamp(text))
        raise Malformed("no timestamp")

    def _not_before_its_mail(self, reported: dt.datetime) -> dt.datetime:
        """Return when a bounce or complaint happened: never before its mail was sent.

        The host that reports it also dates it, and its clock may be slow; SES dates
        the mail. Sources: "Bounce object" and "Complaint object" in the SES guide.
        """
        if self._kind not in {BOUNCE, COMPLAINT}:
            return reported
        try:
            return max(reported, parse_timestamp(self._sent_time()))
        except Malformed:  # no reason to refuse feedback with a timestamp of its own
            return reported

    def _identity(self) -> str:
        """Return what every copy of this event has in common.

        SES names bounces and complaints by a feedbackId, the same in what the
        identity and the configuration set publish. Other events come from
        configuration sets alone and are identified by message and time. SNS's
        MessageId would not do: it differs between two publications of one event,
        and a saved event without its envelope has none.
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
        """Return the configuration set; what identities publish lacks it. Tags hold lists."""
        tags = self._mail.get("tags")
        names = tags.get("ses:configuration-set") if isinstance(tags, dict) else None
        first = names[0] if isinstance(names, list) and names else names
        return first if isinstance(first, str) else ""


def _recipients(details: JsonObject, name: str) -> tuple[Recipient, ...]:
    listed = details.get(name)
    if not isinstance(listed, list):
        raise Malformed(f"{name} is missing or not a list")
    return tuple(map(_recipient, listed))


def _recipient(listed: object) -> Recipient:
    """Read one recipient; anything but an object is a recipient without an address.

    A broken recipient must not hide the others that the event names.
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


def recipient_address(text: str) -> str:
    """Return the canonical address of a recipient, or :data:`NO_ADDRESS`.

    SES repeats what the sender or the bouncing host wrote: an addr-spec,
    ``Name <addr-spec>``, nothing at all, or something that is not an address.
    """
    try:
        return canonical(_addr_spec(text.strip()))
    except InvalidAddress:
        return NO_ADDRESS


def _addr_spec(text: str) -> str:
    return text[text.rfind("<") + 1 : -1] if text.endswith(">") else text
