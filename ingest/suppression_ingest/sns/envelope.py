"""The envelope in which SNS delivers an SES event.

A body is either an SNS envelope (JSON with ``Type``) or, with raw message delivery and
in files, the SES event itself. The set-up messages of SES come either way.
"""

import dataclasses
import re
from typing import Final

from suppression_ingest.errors import Malformed
from suppression_ingest.json_object import JsonObject, optional_text, parse_object, required_text
from suppression_ingest.ses import EVENT_PUBLISHING_SET_UP

NOTIFICATION: Final = "Notification"
#: Sent when an endpoint is subscribed and unsubscribed. Their URLs are never followed.
CONFIRMATIONS: Final = frozenset({"SubscriptionConfirmation", "UnsubscribeConfirmation"})

# SNS signs lines of text. Parts without a newline cannot be taken for one another.
_MESSAGE_ID = re.compile(r"[0-9A-Za-z-]{1,100}")
_ONE_LINE = ("MessageId", "Timestamp", "TopicArn")


@dataclasses.dataclass(frozen=True, slots=True)
class Envelope:
    """An opened envelope, not yet authenticated.

    ``message`` is what SES published. ``signed`` is the whole envelope, with the names
    of an HTTP delivery. Raw delivery has no envelope and no signature: ``signed`` is
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
    """Open the SNS envelope of a body; a body without one is an envelope's message.

    Source: "Amazon SNS message and JSON formats" in the SNS developer guide;
    the spelling of Lambda records from "Using AWS Lambda with Amazon SNS".

    Args:
        body: of an SQS message, an HTTP post, or a document in a file.

    Raises:
        Malformed: it is neither JSON nor a set-up message, or is an SNS envelope with
            a part missing or of the wrong type.
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

    Lambda records write ``SigningCertUrl``, and a null Subject that an HTTP delivery
    leaves out; SNS does not sign it then.
    """
    fields = {name: value for name, value in document.items() if value is not None}
    if "SigningCertUrl" in fields:
        fields.setdefault("SigningCertURL", fields["SigningCertUrl"])
    return fields
