"""The envelope in which SNS delivers an SES event.

A body is an SNS envelope (JSON with ``Type``). With raw message delivery and in files, it
can also be the SES event itself. SES's set-up messages have both forms.
"""

import dataclasses
import re
from typing import Final

from suppression_ingest.errors import Malformed
from suppression_ingest.json_object import JsonObject, optional_text, parse_object, required_text
from suppression_ingest.ses import EVENT_PUBLISHING_SET_UP

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

    ``message`` is the text that SES published. ``signed`` is the whole envelope, with the
    names of an HTTP delivery. Raw delivery has no envelope and no signature: ``signed`` is
    None, and the other fields are empty.
    """

    message: str
    type: str = NOTIFICATION
    message_id: str = ""
    topic_arn: str = ""
    timestamp: str = ""
    signed: JsonObject | None = None

    @property
    def certificate_url(self) -> str:
        """The URL of the certificate, as the envelope claims."""
        return optional_text(self.signed or {}, "SigningCertURL")


def open_envelope(body: str) -> Envelope:
    """Open the SNS envelope of a body. A body without one becomes the envelope's message.

    Source: "Amazon SNS message and JSON formats" in the SNS developer guide;
    the spelling in Lambda records is from "Using AWS Lambda with Amazon SNS".

    Args:
        body: the body of an SQS message or HTTP post, or a document in a file.

    Raises:
        Malformed: it is neither JSON nor a set-up message, or a part of the SNS envelope is
            missing or has the wrong type.
    """
    if body.strip() == EVENT_PUBLISHING_SET_UP:
        return Envelope(body)
    document = parse_object(body)
    return _from_sns(document) if _is_from_sns(document) else Envelope(body)


def _is_from_sns(document: JsonObject) -> bool:
    """Whether a document is an SNS envelope, whole or broken."""
    if "Type" not in document:
        return False
    return document["Type"] in (NOTIFICATION, *CONFIRMATIONS) or not document.keys().isdisjoint(
        {"Message", "TopicArn"}
    )


def _from_sns(document: JsonObject) -> Envelope:
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
