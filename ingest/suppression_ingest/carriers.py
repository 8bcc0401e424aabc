"""The carriers of SES events: what a body holds, down to each single event.

SES publishes to SNS, EventBridge or Firehose. Each of them, and a Lambda function in between,
wraps the event in its own JSON, and one may wrap another:

- an SNS envelope, whose ``Message`` is a text that is opened in turn;
- an EventBridge event of the source ``aws.ses``, with the SES event in ``detail``;
- the ``Records`` of a Lambda function that SQS or SNS has invoked;
- an array, or one value a line (Firehose);
- the SES event itself.

A body can therefore carry several events. Each is authenticated by all SNS envelopes around it.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from suppression_ingest.errors import Malformed, PayloadInS3, Refused, Unrecognised
from suppression_ingest.json_object import JsonObject, optional_text, parse_values
from suppression_ingest.ses import EVENT_PUBLISHING_SET_UP, is_event, is_set_up
from suppression_ingest.sns.envelope import (
    NO_ENVELOPE,
    NOTIFICATION,
    Envelope,
    EnvelopeCheck,
    is_envelope,
    open_envelope,
)

#: The most carriers around an event. Real ones have two or three.
MAX_DEPTH: Final = 8
#: The most events of a body. 1 MiB, the longest message of SQS, holds about 2,000 of SES's.
MAX_EVENTS: Final = 5_000

#: The source of SES's events. EventBridge accepts it from SES alone: the names that begin with
#: "aws." are reserved. Source: "PutEventsRequestEntry" in the EventBridge API reference.
EVENTBRIDGE_SOURCE: Final = "aws.ses"

# White space of JSON, and the byte order mark.
_BLANK: Final = "\ufeff \t\r\n"

# Source: the constants of amazon-sqs-java-extended-client-lib, and of its older versions.
_S3_POINTERS: Final = (
    "software.amazon.payloadoffloading.PayloadS3Pointer",
    "com.amazon.sqs.javamessaging.MessageS3Pointer",
)

# What other JSON is, by members that it has.
_OTHERS: Final = (
    ({"AlarmName", "NewStateValue"}, "an alarm of CloudWatch"),
    ({"Service", "Event", "Bucket"}, "a test event of S3"),
    ({"requestContext", "responsePayload"}, "a result of a Lambda function"),
    ({"MessageId", "Body"}, "a saved SQS message, not its body"),
)
# The other services whose Lambda records look like those of SQS and SNS.
_RECORD_SOURCES: Final = {
    "aws:s3": "S3",
    "aws:ses": "SES's receipt of mail",
    "aws:kinesis": "Kinesis",
    "aws:dynamodb": "DynamoDB",
}


@dataclasses.dataclass(frozen=True, slots=True)
class SetUp:
    """A message that SES or SNS sends when a topic is set up, and a warning for an operator."""

    warning: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Carried:
    """One event of a body, or what stands in its place.

    ``content`` is an SES event, a set-up message, or why this part of the body is refused.
    ``envelope`` is the outermost SNS envelope around it. ``published`` is when the innermost
    carrier got it (ISO 8601), or empty.
    """

    content: JsonObject | SetUp | Refused
    envelope: Envelope = NO_ENVELOPE
    published: str = ""


def opened(
    body: str, authenticate: EnvelopeCheck, checks: Sequence[EnvelopeCheck] = ()
) -> list[Carried]:
    """Return the events of a body, in order; at least one.

    Args:
        body: the body of an SQS message or HTTP post, or a document in a file.
        authenticate: checks each SNS envelope before it is opened.
        checks: made before that, on the outermost envelopes; and once on :data:`NO_ENVELOPE` if
            anything comes without one. A body of which this is refused is not read any further.
    """
    try:
        parts = list(islice(_Opener(authenticate, checks).text(body, Carried({})), MAX_EVENTS + 1))
    except _NoEnvelope as error:
        return [Carried(error.refusal)]
    if len(parts) > MAX_EVENTS:
        return [Carried(Malformed(f"more than {MAX_EVENTS:,} events in one message"))]
    return parts


class _NoEnvelope(Exception):
    """The body needs an SNS envelope, and has none."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class _Opener:
    """Opens carriers. ``around`` is what is known from the carriers outside.

    Every value yields at least one part, so :data:`MAX_EVENTS` limits the work too.
    """

    def __init__(self, authenticate: EnvelopeCheck, checks: Sequence[EnvelopeCheck]) -> None:
        self._authenticate = authenticate
        self._checks = checks
        self._without_envelope = False

    def text(self, text: str, around: Carried, depth: int = 0) -> Iterator[Carried]:
        """Yield the events of a text."""
        text = text.strip(_BLANK)
        if text.startswith(("{", "[")):
            for value in parse_values(text):
                yield from self._value(value, around, depth)
        elif text == EVENT_PUBLISHING_SET_UP:
            self._check_bare(around)
            yield dataclasses.replace(around, content=SetUp())
        else:
            yield dataclasses.replace(around, content=Unrecognised("a text that is not JSON"))

    def _value(self, value: Any, around: Carried, depth: int) -> Iterator[Carried]:
        """Yield the events of a JSON value; one that is refused hides no others."""
        try:
            if isinstance(value, Malformed):
                raise value
            if depth > MAX_DEPTH:
                raise Malformed("carriers in carriers, nested too deeply")
            if isinstance(value, dict) and is_envelope(value):
                yield from self._envelope(value, around, depth)
            else:
                self._check_bare(around)
                yield from self._bare(value, around, depth)
        except Refused as refusal:
            yield dataclasses.replace(around, content=refusal)

    def _bare(self, value: Any, around: Carried, depth: int) -> Iterator[Carried]:
        """Yield the events of a JSON value that is not an SNS envelope."""
        match value:
            case [str(name), *_] if name in _S3_POINTERS:
                raise PayloadInS3("a pointer to S3: send the message itself through the queue")
            case [] | {"Records": []}:
                raise Unrecognised("a carrier without any event in it")
            case list():
                for member in value:
                    yield from self._value(member, around, depth + 1)
            case {"Records": list(records)}:
                for record in records:
                    yield from self._record(record, around, depth + 1)
            case dict():
                yield _event(value, around)
            case _:
                raise Unrecognised("JSON that is not an object")

    def _record(self, record: Any, around: Carried, depth: int) -> Iterator[Carried]:
        """Yield the events of a Lambda record."""
        match record:
            case {"Sns": dict(envelope)}:
                yield from self._value(envelope, around, depth)
            case {"body": str(body)}:
                yield from self.text(body, around, depth)
            case _:
                yield dataclasses.replace(around, content=Unrecognised(_record_name(record)))

    def _envelope(self, document: JsonObject, around: Carried, depth: int) -> Iterator[Carried]:
        """Yield the events of an SNS envelope, once it is authenticated."""
        envelope = open_envelope(document)
        outermost = around.envelope is NO_ENVELOPE
        inside = Carried({}, envelope if outermost else around.envelope, envelope.timestamp)
        try:
            self._check(envelope, self._checks if outermost else ())
        except Refused as refusal:
            yield dataclasses.replace(inside, content=refusal)
            return
        if envelope.type == NOTIFICATION:
            yield from self.text(envelope.message, inside, depth + 1)
        else:
            yield dataclasses.replace(inside, content=SetUp(f"a {envelope.type} by SNS"))

    def _check_bare(self, around: Carried) -> None:
        """Check once whether a part of the body may come without an SNS envelope around it."""
        if around.envelope is not NO_ENVELOPE or self._without_envelope:
            return
        try:
            self._check(NO_ENVELOPE, self._checks)
        except Refused as refusal:
            raise _NoEnvelope(refusal) from None
        self._without_envelope = True

    def _check(self, envelope: Envelope, checks: Sequence[EnvelopeCheck]) -> None:
        for check in (*checks, self._authenticate):
            check(envelope)


def _event(document: JsonObject, around: Carried) -> Carried:
    """Return the event in a document that is neither an SNS envelope nor Lambda records."""
    if "detail-type" in document and "source" in document:
        published = optional_text(document, "time") or around.published
        return Carried(_detail_of(document), around.envelope, published)
    if is_set_up(document):
        return dataclasses.replace(around, content=SetUp())
    if not is_event(document):
        return dataclasses.replace(around, content=Unrecognised(_name_of(document)))
    return dataclasses.replace(around, content=document)


def _detail_of(document: JsonObject) -> JsonObject | Refused:
    if document["source"] != EVENTBRIDGE_SOURCE:
        return Unrecognised("an EventBridge event of another source than aws.ses")
    detail = document.get("detail")
    if not isinstance(detail, dict) or not is_event(detail):
        return Unrecognised("an EventBridge event of SES that is not about sent mail")
    return detail


def _name_of(document: JsonObject) -> str:
    names = (name for members, name in _OTHERS if members <= document.keys())
    return next(names, "JSON without eventType or notificationType")


def _record_name(record: Any) -> str:
    source = record.get("eventSource") if isinstance(record, dict) else None
    name = _RECORD_SOURCES.get(source) if isinstance(source, str) else None
    return f"a Lambda record of {name or 'another service than SQS or SNS'}"
