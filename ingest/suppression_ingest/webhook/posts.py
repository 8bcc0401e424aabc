"""The checks of a post before the pipeline: password, headers, body.

They are needed because strangers can reach the endpoint.
"""

import asyncio
import base64
import binascii
import contextlib
import hmac
from collections.abc import Collection, Iterator
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request

from suppression_ingest.errors import ForeignTopic, Malformed
from suppression_ingest.json_object import optional_text
from suppression_ingest.sns.envelope import Envelope
from suppression_ingest.webhook.refusals import (
    BodyTimeout,
    HeaderMismatch,
    Overloaded,
    RawDelivery,
    TooLarge,
    WrongPassword,
)

#: Seconds for a whole body to arrive. SNS sends it at once.
BODY_SECONDS: Final = 5.0
#: The most bytes of all bodies that one process handles at a time.
MEMORY_BUDGET: Final = 64 * 1024 * 1024
#: The header that asks for a password.
CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="suppression-ingest"'}

_TOPIC: Final = "x-amz-sns-topic-arn"
# Headers that repeat a part of the envelope.
_REPEATED: Final = {
    "x-amz-sns-message-type": "Type",
    "x-amz-sns-message-id": "MessageId",
    _TOPIC: "TopicArn",
}


# --- password ----------------------------------------------------------------------------------
#
# SNS gets the password in the endpoint's URL. It posts without the password first. If the
# answer is 401 with a realm, it posts again with the password (RFC 7235, 2.1). So the first
# post is no failure.
# Source: "Fanout Amazon SNS notifications to HTTPS endpoints" in the SNS developer guide.


def lacks_password(headers: Headers, password: str) -> bool:
    """Whether a post has no credentials although a password is needed."""
    return bool(password) and "authorization" not in headers


def check_password(headers: Headers, password: str) -> None:
    """Check that a post has the password, if one is needed. Any user name is accepted.

    Raises:
        WrongPassword: it has another password, or invalid credentials.
    """
    if not password:
        return
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    given = _decoded_password(encoded) if scheme.lower() == "basic" else b""
    if not hmac.compare_digest(given, password.encode()):
        raise WrongPassword("the password of the post is wrong")


def _decoded_password(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded.strip(), validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""


# --- headers -----------------------------------------------------------------------------------


def check_topic_header(headers: Headers, topics: Collection[str]) -> None:
    """Refuse a post for another topic before any of its body is read.

    Raises:
        ForeignTopic: the header names a topic that is not on the allowlist.
    """
    topic = headers.get(_TOPIC)
    if topic is not None and topic not in topics:
        raise ForeignTopic("the topic is not on the allowlist")


def check_envelope(headers: Headers, envelope: Envelope, *, raw_allowed: bool) -> None:
    """Check that headers and envelope agree, or that a raw delivery is allowed.

    Only the envelope is signed. A header that contradicts it comes from a forger, or from
    a proxy that must not change headers.

    Raises:
        HeaderMismatch: a header contradicts the envelope.
        RawDelivery: there is no envelope, and raw delivery is not enabled.
        ForeignTopic: a raw delivery does not name its topic.
    """
    if envelope.signed is None:
        _check_raw(headers, allowed=raw_allowed)
        return
    if headers.get("x-amz-sns-rawdelivery", "").lower() == "true":
        raise HeaderMismatch("an envelope in what the headers call a raw delivery")
    for header, member in _REPEATED.items():
        if headers.get(header, "") not in ("", optional_text(envelope.signed, member)):
            raise HeaderMismatch(f"{header} is not the {member} of the envelope")


def _check_raw(headers: Headers, *, allowed: bool) -> None:
    if not allowed:
        raise RawDelivery(
            "there is no envelope: switch raw delivery off in the subscription, "
            "or on here (SUPPRESSION_WEBHOOK_RAW)"
        )
    if _TOPIC not in headers:
        raise ForeignTopic("a raw delivery that names no topic")


# --- body --------------------------------------------------------------------------------------


class MemoryBudget:
    """The memory budget that the bodies of all posts share.

    Args:
        size: its size in bytes.
    """

    def __init__(self, size: int = MEMORY_BUDGET) -> None:
        self._left = size

    @contextlib.contextmanager
    def reserving(self) -> Iterator["Reservation"]:
        """Yield a reservation that can grow. It is released at the end of the block."""
        reservation = Reservation(self)
        try:
            yield reservation
        finally:
            self._left += reservation.size

    def take(self, size: int) -> None:
        """Take bytes for a reservation.

        Raises:
            Overloaded: there are not enough.
        """
        if size > self._left:
            raise Overloaded("too many posts at a time")
        self._left -= size


class Reservation:
    """One post's share of a memory budget."""

    def __init__(self, budget: MemoryBudget) -> None:
        self._budget = budget
        #: Bytes reserved so far.
        self.size = 0

    def grow(self, size: int) -> None:
        """Reserve more bytes.

        Raises:
            Overloaded: there are not enough.
        """
        self._budget.take(size)
        self.size += size


async def read_text(request: Request, limit: int, reservation: Reservation) -> str:
    """Return the body as text. Its content type is not checked: SNS sends text/plain.

    Args:
        request: a request of which nothing has been read.
        limit: the most bytes, whatever the headers say.
        reservation: grows with the body.

    Raises:
        TooLarge: the body or its Content-Length is larger.
        BodyTimeout: it does not arrive in time.
        Overloaded: there is no memory for it now.
        Malformed: it is not UTF-8.
        ClientDisconnect: the peer has disconnected.
    """
    # Bytes are counted too, in case the length is missing or wrong.
    length = request.headers.get("content-length", "")
    if length.isdecimal() and len(length) < 20 and int(length) > limit:
        raise TooLarge("the post is larger than the limit")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _read(request, limit, reservation)
    except TimeoutError:
        raise BodyTimeout("the post did not arrive in time") from None
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None


async def _read(request: Request, limit: int, reservation: Reservation) -> bytes:
    chunks = []
    async for chunk in request.stream():
        reservation.grow(len(chunk))
        if reservation.size > limit:
            raise TooLarge("the post is larger than the limit")
        chunks.append(chunk)
    return b"".join(chunks)
