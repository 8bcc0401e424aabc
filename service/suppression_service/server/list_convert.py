"""Converts messages of ListService to values of the store, and back."""

import datetime as dt
import unicodedata
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from suppression.v1 import list_service_pb2 as rpc
from suppression.v1 import suppression_pb2 as pb
from suppression_service.address import MAX_ADDRESS, InvalidAddress, canonical
from suppression_service.server import convert
from suppression_service.server.auth import Role
from suppression_service.server.caller import Caller
from suppression_service.server.errors import InvalidField, stream_limit
from suppression_service.store import ImportOutcome, ImportRow, Suppression
from suppression_service.store.erasure import ERASED
from suppression_service.store.filters import Filter, Order, State
from suppression_service.store.schema import EPOCH

MAX_PAGE: Final = 1_000
DEFAULT_PAGE: Final = 100
MAX_ROWS: Final = 5_000
#: Occurrences of an imported entry, at most. Later feedback adds to them.
MAX_OCCURRENCES: Final = 1_000_000_000

# Clocks differ, and some providers write local time.
_CLOCK_TOLERANCE: Final = dt.timedelta(days=1)
_MAX_SOURCE_BYTES: Final = 4 * convert.MAX_NAME


def wanted(message: rpc.SuppressionFilter) -> Filter:
    """Return which entries a caller wants.

    Raises:
        InvalidField: a field cannot be used.
    """
    return Filter(
        reasons=tuple(sorted({convert.reason_in(reason) for reason in message.reasons})),
        stream=convert.stream_in(message.stream) if message.HasField("stream") else None,
        source=convert.text_in("source", message.source, _MAX_SOURCE_BYTES),
        domain=_domain(message.domain),
        address_prefix=_prefix(message.address_prefix),
        created_after=_optional_time("created_after", message, message.created_after),
        created_before=_optional_time("created_before", message, message.created_before),
        changed_after=_optional_time("changed_after", message, message.changed_after),
        changed_before=_optional_time("changed_before", message, message.changed_before),
        state=_state(message.state),
    )


def order(number: rpc.SuppressionOrder, wanted: Filter) -> Order:
    """Return the order that a caller wants.

    Raises:
        InvalidField: this server does not know it.
    """
    if number == rpc.SUPPRESSION_ORDER_UNSPECIFIED:
        return Order.CHANGED if wanted.changed_after or wanted.changed_before else Order.NEWEST
    try:
        return Order(number)
    except ValueError:
        raise InvalidField("order", "ORDER_UNKNOWN", "not an order of this service") from None


def page_size(number: int) -> int:
    """Return how many entries to list, at most :data:`MAX_PAGE`.

    Raises:
        InvalidField: the size is negative.
    """
    if number < 0:
        raise InvalidField("page_size", "PAGE_SIZE_NEGATIVE", "must not be negative")
    return min(number, MAX_PAGE) or DEFAULT_PAGE


def require_rows(message: rpc.ImportSuppressionsRequest) -> None:
    """Check the number of the rows of an import.

    Raises:
        InvalidField: there are none, or too many.
    """
    if not message.suppressions:
        raise InvalidField("suppressions", "ROWS_MISSING", "there are no rows")
    if len(message.suppressions) > MAX_ROWS:
        raise InvalidField("suppressions", "TOO_MANY_ROWS", f"at most {MAX_ROWS} rows a call")


def import_row(message: pb.Suppression, caller: Caller, now: dt.datetime) -> ImportRow:
    """Return a row of an import.

    Raises:
        InvalidField: the row cannot be used.
    """
    # Without a token file every call is permitted.
    is_admin = caller.token_role in (None, Role.ADMIN)
    if message.address.startswith(ERASED):
        raise InvalidField("address", "ADDRESS_ERASED", "an erased address is not known")
    key = convert.address_or_domain(message.address, message.domain)
    if message.include_subdomains and not message.domain:
        raise InvalidField("include_subdomains", "DOMAIN_MISSING", "only with a domain")
    removed = _past("removed_time", message, message.removed_time, now)
    if removed is not None and not is_admin:
        raise InvalidField(
            "removed_time", "ROLE_TOO_LOW", "only role admin imports removed entries"
        )
    first = _past("first_seen_time", message, message.first_seen_time, now)
    last = _past("last_seen_time", message, message.last_seen_time, now)
    times = [time for time in (first, last) if time is not None]
    entry = Suppression(
        address=key,
        stream=convert.stream_in(message.stream),
        reason=convert.reason_in(message.reason),
        source=_source(message.source, caller)
        if is_admin
        else convert.source_in(message.source, caller),
        detail=message.detail,
        message_id=message.message_id,
        feedback_id=message.feedback_id,
        first_seen=min(times, default=now),
        last_seen=max(times, default=now),
        occurrences=_occurrences(message.occurrences, is_removed=removed is not None),
        expires=_optional_time("expire_time", message, message.expire_time),
        removed=removed,
        removed_by=_name("removed_by", message.removed_by) if removed else "",
        removal_detail=message.removal_detail if removed else "",
        revision=0,
        include_subdomains=message.include_subdomains,
    )
    return ImportRow(entry, is_dated=bool(times))


def import_result(result: ImportOutcome | InvalidField) -> rpc.ImportResult:
    """Return what became of a row as a protobuf message."""
    if result is ImportOutcome.STREAM_LIMIT:
        result = stream_limit()
    if isinstance(result, InvalidField):
        return rpc.ImportResult(
            outcome=rpc.IMPORT_OUTCOME_REFUSED,
            refusal=rpc.ImportRefusal(
                field=result.field, reason=result.reason, message=result.description
            ),
        )
    return _RESULTS[result]


_RESULTS: Final = {
    ImportOutcome.CREATED: rpc.ImportResult(outcome=rpc.IMPORT_OUTCOME_CREATED),
    ImportOutcome.UPDATED: rpc.ImportResult(outcome=rpc.IMPORT_OUTCOME_UPDATED),
    ImportOutcome.UNCHANGED: rpc.ImportResult(outcome=rpc.IMPORT_OUTCOME_UNCHANGED),
    ImportOutcome.KEPT_REMOVED: rpc.ImportResult(outcome=rpc.IMPORT_OUTCOME_KEPT_REMOVED),
}


def _domain(text: str) -> str:
    """Return the domain of a filter: any that an address can have."""
    if not text:
        return ""
    try:
        return canonical(f"a@{text.strip()}").rpartition("@")[2]
    except InvalidAddress as error:
        raise InvalidField("domain", "DOMAIN_INVALID", str(error)) from None


def _prefix(text: str) -> str:
    prefix = convert.text_in("address_prefix", text, MAX_ADDRESS)
    return unicodedata.normalize("NFC", prefix.strip().lower())


def _state(number: rpc.SuppressionState) -> State | None:
    if number == rpc.SUPPRESSION_STATE_UNSPECIFIED:
        return None
    try:
        return State(number)
    except ValueError:
        raise InvalidField("state", "STATE_UNKNOWN", "not a state of this service") from None


def _optional_time(
    field: str, message: rpc.SuppressionFilter | pb.Suppression, time: Timestamp
) -> dt.datetime | None:
    if not message.HasField(field):
        return None
    try:
        # A tenth of what Timestamp.ToDatetime takes.
        return EPOCH + dt.timedelta(seconds=time.seconds, microseconds=time.nanos // 1_000)
    except OverflowError:
        raise InvalidField(field, "TIME_OUT_OF_RANGE", "not a time") from None


def _past(
    field: str, message: pb.Suppression, time: Timestamp, now: dt.datetime
) -> dt.datetime | None:
    """Return a time that cannot be in the future; None if it is unset."""
    if (past := _optional_time(field, message, time)) is None:
        return None
    if past > now + _CLOCK_TOLERANCE:
        raise InvalidField(field, "TIME_IN_FUTURE", "more than a day in the future")
    return min(past, now)


def _occurrences(number: int, *, is_removed: bool) -> int:
    """Return the occurrences of a row; an entry that was removed may have had none."""
    if not 0 <= number <= MAX_OCCURRENCES:
        raise InvalidField(
            "occurrences", "OCCURRENCES_OUT_OF_RANGE", f"0 to {MAX_OCCURRENCES:,} are accepted"
        )
    return number if is_removed else max(number, 1)


def _source(given: str, caller: Caller) -> str:
    """Return the source as it stands, if there is one."""
    return _name("source", given) or convert.source_in("", caller)


def _name(field: str, text: str) -> str:
    """Return a name that was stored before: cut to characters, not to bytes."""
    return convert.text_in(field, text, _MAX_SOURCE_BYTES)[: convert.MAX_NAME]
