"""The answers of the service as plain Python values.

All times are aware and in UTC. Fields have the names of the contract.
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import partial
from itertools import repeat
from typing import Any, Final, NamedTuple, TypeVar

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from .enums import Reason, Verdict, WhenUnavailable
from .v1 import suppression_service_pb2 as pb


class Check(NamedTuple):
    """Whether one address may be mailed. True as a condition if it may.

    A tuple, because a batch makes thousands of them, and nothing else is as cheap to make.

    Attributes:
        address: as the caller gave it.
        verdict: the answer; ``UNSPECIFIED`` if there is none.
        reason: why not; ``UNSPECIFIED`` if it may be mailed.
        revision: the revision of the list that was read; opaque.
        as_of: when the server's replica was last known to be complete; None without an answer.
        assumed: the choice that was applied, because there is no answer; None if there is one.
            Of ``SEND_ESSENTIAL`` it is ``SEND`` or ``DO_NOT_SEND``, by the class of the mail.
    """

    address: str
    verdict: Verdict = Verdict.UNSPECIFIED
    reason: Reason = Reason.UNSPECIFIED
    revision: str = ""
    as_of: datetime | None = None
    assumed: WhenUnavailable | None = None

    @property
    def answered(self) -> bool:
        """Whether the service answered."""
        return self.assumed is None

    @property
    def send(self) -> bool:
        """Whether to send: the verdict is ``SEND``, or there is none and the choice is ``SEND``."""
        return self.verdict == Verdict.SEND or self.assumed is WhenUnavailable.SEND

    def __bool__(self) -> bool:
        # `if client.check(address):` is an easy mistake; it must not always be true.
        return self.send


@dataclass(frozen=True, slots=True)
class Suppression:
    """One entry of the list: one address or domain, for one reason, on one stream or for all mail.

    Attributes:
        address: in canonical form; "erased:" and a hash after an erasure; empty in an entry of
            a domain.
        stream: the stream that the entry applies to; empty for all mail.
        reason: why the address is suppressed.
        source: who made the entry.
        detail: the source's explanation.
        message_id: the SES id of the mail that bounced or was complained about.
        feedback_id: the SES id of the newest feedback behind the entry.
        first_seen_time: the time of the oldest feedback behind the entry.
        last_seen_time: the time of the newest feedback behind the entry.
        occurrences: how many pieces of feedback are behind the entry.
        expire_time: when the entry ends; None for never.
        removed_time: when it was removed; None if it was not.
        removed_by: who removed it.
        removal_detail: why it was removed.
        revision: the revision that last changed it; opaque.
        domain: whose addresses are all suppressed; empty in an entry of an address.
        include_subdomains: whether the entry of a domain applies to its subdomains too.
    """

    address: str
    stream: str
    reason: Reason
    source: str
    detail: str
    message_id: str
    feedback_id: str
    first_seen_time: datetime | None
    last_seen_time: datetime | None
    occurrences: int
    expire_time: datetime | None
    removed_time: datetime | None
    removed_by: str
    removal_detail: str
    revision: str
    domain: str
    include_subdomains: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One piece of feedback about one recipient.

    Attributes:
        kind: as SES names it, such as "Bounce".
        type: within the kind, such as "Permanent".
        sub_type: within the type, such as "NoEmail".
        feedback_id: the SES feedback id.
        message_id: the SES id of the mail.
        configuration_set: the configuration set that the mail was sent through.
        status: the enhanced status code (RFC 3463), such as "5.1.1".
        diagnostic: the text of the receiving server; do not trust it.
        event_time: when it happened.
        receive_time: when it was recorded.
        reason: the reason of the entry that it made; ``UNSPECIFIED`` if it made none.
    """

    kind: str
    type: str
    sub_type: str
    feedback_id: str
    message_id: str
    configuration_set: str
    status: str
    diagnostic: str
    event_time: datetime | None
    receive_time: datetime | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Suppressed:
    """The result of adding an entry.

    Attributes:
        suppression: the entry as it is now.
        created: whether the call added it; False if it was on the list already.
        revision: the revision of the write; checks at least this new see the entry.
    """

    suppression: Suppression
    created: bool
    revision: str


@dataclass(frozen=True, slots=True)
class Unsuppressed:
    """The result of removing entries.

    Attributes:
        removed: the entries that the call removed; empty if there were none.
        revision: the revision of the write; checks at least this new see the removal.
    """

    removed: tuple[Suppression, ...]
    revision: str


@dataclass(frozen=True, slots=True)
class Erased:
    """The result of an erasure.

    Attributes:
        suppressions: how many entries have lost the address; they still apply.
        events: how many pieces of feedback were deleted.
        revision: the revision of the write; opaque.
    """

    suppressions: int
    events: int
    revision: str


@dataclass(frozen=True, slots=True)
class AddressHistory:
    """The entries and the feedback of one address.

    Attributes:
        suppressions: every entry, removed and expired ones included.
        events: the feedback about it, newest first, at most 1,000.
        revision: the revision of the list that was read; opaque.
    """

    suppressions: tuple[Suppression, ...]
    events: tuple[Event, ...]
    revision: str


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of changes of the list.

    Attributes:
        changes: the entries as they are now, oldest change first; a removed one has
            ``removed_time`` set.
        through_revision: the ``after_revision`` of the next call. It moves on even if nothing
            changed.
    """

    changes: tuple[Suppression, ...]
    through_revision: str


def check(address: str, response: pb.CheckAddressResponse) -> Check:
    """Read the response about one address."""
    return Check(
        address,
        Verdict(response.verdict),
        Reason(response.reason),
        response.revision,
        _time(response, "as_of_time"),
    )


def checks(addresses: list[str], response: pb.BatchCheckResponse) -> list[Check]:
    """Read the response about many addresses, in their order.

    If the number of verdicts is wrong, nobody knows which verdict is of which address, so
    none of the addresses may be mailed.
    """
    values: list[int] = list(response.verdicts)
    if len(values) != len(addresses):
        values = [Verdict.UNSPECIFIED] * len(addresses)
    # Looking up a number in an enum is slow, and the same few numbers occur again and again.
    verdicts = {value: Verdict(value) for value in set(values)}
    reasons = {match.index: Reason(match.reason) for match in response.matches}
    rows = zip(
        addresses,
        map(verdicts.__getitem__, values),
        map(reasons.get, range(len(values)), repeat(Reason.UNSPECIFIED)),
        repeat(response.revision),
        repeat(_time(response, "as_of_time")),
        repeat(None),
        strict=False,
    )
    # The same as Check._make, without a Python call for each.
    return list(map(partial(tuple.__new__, Check), rows))


_Answer = TypeVar("_Answer")


def read(answer: type[_Answer], message: Message) -> _Answer:
    """Read a message into the dataclass that has its fields."""
    names = (field.name for field in fields(answer))  # type: ignore[arg-type]
    return answer(**{name: _value(message, name) for name in names})


_NESTED: Final[dict[str, type]] = {"Suppression": Suppression, "Event": Event}


def _value(message: Message, name: str) -> Any:
    value = getattr(message, name)
    if name == "reason":
        return Reason(value)
    if isinstance(value, Timestamp):
        return _time(message, name)
    if isinstance(value, Message):
        return read(_NESTED[value.DESCRIPTOR.name], value)
    if isinstance(value, str | int):
        return value
    return tuple(read(_NESTED[each.DESCRIPTOR.name], each) for each in value)


def _time(message: Message, name: str) -> datetime | None:
    if not message.HasField(name):
        return None
    stamp: Timestamp = getattr(message, name)
    return stamp.ToDatetime(UTC)
