"""The envelope in which SNS delivers an SES event: JSON with a ``Type``."""

import dataclasses
import re
from collections.abc import Callable
from typing import Final

from suppression_ingest.errors import Malformed
from suppression_ingest.json_object import JsonObject, optional_text, required_text

NOTIFICATION: Final = "Notification"
#: Types that SNS sends when an endpoint is subscribed or unsubscribed. The URLs in them are
#: never fetched.
CONFIRMATIONS: Final = frozenset({"SubscriptionConfirmation", "UnsubscribeConfirmation"})

# SNS signs lines of text. Without newlines, one part cannot be taken for another.
_MESSAGE_ID = re.compile(r"[0-9A-Za-z-]{1,100}")
_ONE_LINE = ("MessageId", "Timestamp", "TopicArn")


@dataclasses.dataclass(frozen=True, slots=True)
class Envelope:
    """An opened envelope, not yet authenticated.

    ``message`` is the published text. ``signed`` is the whole envelope, with the names of an
    HTTP delivery; it is None in :data:`NO_ENVELOPE`.
    """

    message: str = ""
    type: str = NOTIFICATION
    message_id: str = ""
    topic_arn: str = ""
    timestamp: str = ""
    signed: JsonObject | None = None

    @property
    def certificate_url(self) -> str:
        """The URL of the certificate, as the envelope claims."""
        return optional_text(self.signed or {}, "SigningCertURL")


#: What stands for the envelope of an event that has none, as with raw delivery. Nothing is signed.
NO_ENVELOPE: Final = Envelope()

#: Raises a :class:`suppression_ingest.errors.Refused` for an envelope that must not be trusted.
EnvelopeCheck = Callable[[Envelope], None]


def is_envelope(document: JsonObject) -> bool:
    """Whether a document is an SNS envelope, whole or broken."""
    if "Type" not in document:
        return False
    return document["Type"] in (NOTIFICATION, *CONFIRMATIONS) or not document.keys().isdisjoint(
        {"Message", "TopicArn"}
    )


def open_envelope(document: JsonObject) -> Envelope:
    """Open an SNS envelope.

    Source: "Amazon SNS message and JSON formats" in the SNS developer guide;
    the spelling in Lambda records is from "Using AWS Lambda with Amazon SNS".

    Raises:
        Malformed: a part of the envelope is missing or has the wrong type.
    """
    fields = _as_posted(document)
    kind = required_text(fields, "Type")
    if kind != NOTIFICATION and kind not in CONFIRMATIONS:
        raise Malformed("an SNS envelope of an unknown type")
    if not isinstance(fields.get("Message"), str):
        raise Malformed("an SNS envelope whose Message is not a string")
    if any("\n" in required_text(fields, name) for name in _ONE_LINE):
        raise Malformed("an SNS envelope with a line break in a one-line part")
    if not _MESSAGE_ID.fullmatch(fields["MessageId"]):
        raise Malformed("an SNS envelope with an invalid MessageId")
    return Envelope(
        message=fields["Message"],
        type=kind,
        message_id=fields["MessageId"],
        topic_arn=fields["TopicArn"],
        timestamp=optional_text(fields, "Timestamp"),
        signed=fields,
    )


def _as_posted(document: JsonObject) -> JsonObject:
    """Return an envelope with the names of an HTTP delivery.

    Lambda records write ``SigningCertUrl``. They have a null Subject where an HTTP
    delivery has none; SNS does not sign a null Subject.
    """
    fields = {name: value for name, value in document.items() if value is not None}
    if "SigningCertUrl" in fields:
        fields.setdefault("SigningCertURL", fields["SigningCertUrl"])
    return fields
