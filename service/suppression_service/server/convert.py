"""Converts messages of the contract to values of the store, and back.

Requests are checked field by field. A field that cannot be used raises InvalidField.
"""

import datetime as dt
from typing import Final, cast

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression_service.address import (
    DomainTooBroad,
    InvalidAddress,
    InvalidDomain,
    canonical,
    canonical_domain,
)
from suppression_service.server.caller import Caller
from suppression_service.server.errors import InvalidField
from suppression_service.store import (
    Erasure,
    Event,
    MalformedRevision,
    NewSuppression,
    Reason,
    Removal,
    Revision,
    Suppression,
)
from suppression_service.store.models import domain_key

MAX_PAGE: Final = 10_000
DEFAULT_PAGE: Final = 1_000
MAX_WAIT: Final = dt.timedelta(seconds=60)
MAX_TTL: Final = dt.timedelta(days=3650)
MAX_NAME: Final = 100
MAX_DETAIL: Final = 1_000
_DEFAULT_SOURCE: Final = "api"


def is_essential(mail_class: pb.MailClass) -> bool:
    """Whether the mail may be sent in spite of complaints and unsubscribes.

    Raises:
        InvalidField: this server does not know the mail class.
    """
    if mail_class == pb.MAIL_CLASS_ESSENTIAL:
        return True
    if mail_class in (pb.MAIL_CLASS_UNSPECIFIED, pb.MAIL_CLASS_ORDINARY):
        return False
    raise InvalidField("mail_class", "MAIL_CLASS_UNKNOWN", "not a mail class of this service")


def revision_in(field: str, text: str, database_id: str) -> int:
    """Return the number of a revision of this database; 0 for an empty text.

    Raises:
        InvalidField: the text is not a revision, or is one of another database.
    """
    if not text:
        return 0
    try:
        revision = Revision.parse(text)
    except MalformedRevision:
        raise InvalidField(
            field, "REVISION_MALFORMED", "not a revision that this service returned"
        ) from None
    if revision.database_id != database_id:
        raise InvalidField(field, "REVISION_FOREIGN", "a revision of another database")
    return revision.value


def new_suppression(
    request: rpc.SuppressRequest, caller: Caller, now: dt.datetime
) -> NewSuppression:
    """Return the entry that a Suppress asks for.

    Raises:
        InvalidField: a field cannot be used.
    """
    key = address_or_domain(request.address, request.domain)
    if request.include_subdomains and not request.domain:
        raise InvalidField("include_subdomains", "DOMAIN_MISSING", "only with a domain")
    return NewSuppression(
        address=key,
        include_subdomains=request.include_subdomains,
        reason=reason_in(request.reason),
        stream=stream_in(request.stream),
        source=source_in(request.source, caller),
        detail=text_in("detail", request.detail, MAX_DETAIL, allowed="\n\t"),
        expires=now + _ttl(request.ttl) if request.HasField("ttl") else None,
    )


def removal(request: rpc.UnsuppressRequest, caller: Caller) -> Removal:
    """Return what an Unsuppress asks for.

    Raises:
        InvalidField: a field cannot be used.
    """
    reason = reason_in(request.reason) if request.HasField("reason") else None
    if caller.token_name and reason in (None, Reason.COMPLAINT) and not request.detail.strip():
        raise InvalidField("detail", "DETAIL_MISSING", "say why, since it can be a complaint")
    return Removal(
        address=address_or_domain(request.address, request.domain),
        reason=reason,
        stream=stream_in(request.stream) if request.HasField("stream") else None,
        source=source_in(request.source, caller),
        detail=text_in("detail", request.detail, MAX_DETAIL, allowed="\n\t"),
    )


def erasure(request: rpc.EraseAddressRequest) -> Erasure:
    """Return what an EraseAddress asks for.

    Raises:
        InvalidField: a field cannot be used.
    """
    return Erasure(
        address=address_in(request.address),
        detail=text_in("detail", request.detail, MAX_DETAIL, allowed="\n\t"),
    )


def address_in(text: str) -> str:
    """Return the canonical form of an address.

    Raises:
        InvalidField: the text is not an address; the message says why without repeating it.
    """
    try:
        return canonical(text)
    except InvalidAddress as error:
        raise InvalidField("address", "ADDRESS_INVALID", str(error)) from None


def address_or_domain(address: str, domain: str) -> str:
    """Return the canonical address, or the key of the canonical domain, whichever is given.

    Raises:
        InvalidField: both are given, or neither, or it is not one; the message does not repeat it.
    """
    if bool(address) == bool(domain):
        raise InvalidField("address", "ADDRESS_OR_DOMAIN", "give either an address or a domain")
    return domain_key(domain_in(domain)) if domain else address_in(address)


def domain_in(text: str) -> str:
    """Return the canonical form of a domain.

    Raises:
        InvalidField: the text is not a domain that can be suppressed.
    """
    try:
        return canonical_domain(text)
    except DomainTooBroad as error:
        raise InvalidField("domain", "DOMAIN_TOO_BROAD", str(error)) from None
    except InvalidDomain as error:
        raise InvalidField("domain", "DOMAIN_INVALID", str(error)) from None


def stream_in(text: str) -> str:
    """Return the name of a stream.

    Raises:
        InvalidField: it is too long or holds control characters.
    """
    return text and text_in("stream", text, MAX_NAME)


def page_size(request: rpc.ListChangesRequest) -> int:
    """Return about how many changes to list, at most :data:`MAX_PAGE`.

    Raises:
        InvalidField: the size is negative.
    """
    if request.page_size < 0:
        raise InvalidField("page_size", "PAGE_SIZE_NEGATIVE", "must not be negative")
    return min(request.page_size, MAX_PAGE) or DEFAULT_PAGE


def max_wait(request: rpc.ListChangesRequest) -> dt.timedelta:
    """Return how long to wait for a change, at most :data:`MAX_WAIT`.

    Raises:
        InvalidField: the wait is negative.
    """
    wait = _duration("max_wait", request.max_wait)
    if wait < dt.timedelta():
        raise InvalidField("max_wait", "MAX_WAIT_NEGATIVE", "must not be negative")
    return min(wait, MAX_WAIT)


def _ttl(duration: Duration) -> dt.timedelta:
    ttl = _duration("ttl", duration)
    if ttl <= dt.timedelta():
        raise InvalidField("ttl", "TTL_NOT_POSITIVE", "must be more than nothing")
    if ttl > MAX_TTL:
        raise InvalidField("ttl", "TTL_TOO_LONG", f"at most {MAX_TTL.days} days; unset is for ever")
    return ttl


def _duration(field: str, duration: Duration) -> dt.timedelta:
    try:
        return duration.ToTimedelta()
    except (ValueError, OverflowError):
        raise InvalidField(field, "DURATION_OUT_OF_RANGE", "not a duration") from None


def reason_in(number: pb.Reason) -> Reason:
    """Return the reason of an entry.

    Raises:
        InvalidField: there is none, or no entry has it.
    """
    if number == pb.REASON_UNSPECIFIED:
        raise InvalidField("reason", "REASON_MISSING", "give a reason")
    if number == pb.REASON_INVALID_ADDRESS:
        raise InvalidField("reason", "REASON_NOT_STORABLE", "INVALID_ADDRESS is only an answer")
    try:
        return Reason(number)
    except ValueError:
        raise InvalidField("reason", "REASON_UNKNOWN", "not a reason of this service") from None


def source_in(given: str, caller: Caller) -> str:
    """Return the token's name, which callers cannot forge, and the source that they gave."""
    source = text_in("source", given, MAX_NAME)
    return "/".join(filter(None, (caller.token_name, source)))[:MAX_NAME] or _DEFAULT_SOURCE


def text_in(field: str, text: str, limit: int, *, allowed: str = "") -> str:
    """Return a text of a request.

    Args:
        field: the name of its field.
        text: the text.
        limit: bytes, at most.
        allowed: control characters that it may have.

    Raises:
        InvalidField: it is too long or has other control characters.
    """
    if len(text.encode()) > limit:
        raise InvalidField(field, "TEXT_TOO_LONG", f"at most {limit} bytes")
    if not text.isprintable() and any(
        character < " " and character not in allowed for character in text
    ):
        raise InvalidField(field, "TEXT_HAS_CONTROLS", "control characters are not accepted")
    return text


def timestamp(time: dt.datetime | None) -> Timestamp | None:
    """Return a time as the protobuf type; None stays unset."""
    if time is None:
        return None
    message = Timestamp()
    message.FromDatetime(time)
    return message


def proto_reason(reason: Reason | None) -> pb.Reason:
    """Return a reason as the proto's number; None is REASON_UNSPECIFIED."""
    return cast("pb.Reason", int(reason or 0))


def suppression(entry: Suppression, database_id: str) -> pb.Suppression:
    """Return an entry as a protobuf message."""
    return pb.Suppression(
        address="" if entry.domain else entry.address,
        domain=entry.domain,
        include_subdomains=entry.include_subdomains,
        stream=entry.stream,
        reason=proto_reason(entry.reason),
        source=entry.source,
        detail=entry.detail,
        message_id=entry.message_id,
        feedback_id=entry.feedback_id,
        first_seen_time=timestamp(entry.first_seen),
        last_seen_time=timestamp(entry.last_seen),
        occurrences=entry.occurrences,
        expire_time=timestamp(entry.expires),
        removed_time=timestamp(entry.removed),
        removed_by=entry.removed_by,
        removal_detail=entry.removal_detail,
        revision=str(Revision(database_id, entry.revision)),
    )


def event(record: Event) -> pb.Event:
    """Return a piece of feedback as a protobuf message."""
    return pb.Event(
        kind=record.kind,
        type=record.type,
        sub_type=record.sub_type,
        feedback_id=record.feedback_id,
        message_id=record.message_id,
        configuration_set=record.configuration_set,
        status=record.status,
        diagnostic=record.diagnostic,
        event_time=timestamp(record.happened),
        receive_time=timestamp(record.received),
        reason=proto_reason(record.reason),
    )
