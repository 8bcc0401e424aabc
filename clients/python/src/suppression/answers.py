"""What the service answers, in plain Python.

All times are aware and in UTC. Fields have the names of the proto.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import partial
from itertools import repeat
from typing import Any, NamedTuple, TypeVar

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from .enums import Reason, Verdict, WhenUnavailable
from .v1 import suppression_service_pb2 as pb


class Check(NamedTuple):
    """Whether one address may be mailed. True as a condition if it may.

    A tuple, since a batch makes thousands, and nothing else is as cheap to make.

    Attributes:
        address: as it was asked about.
        verdict: what the service said; ``UNSPECIFIED`` if it could not be asked.
        reason: why not; ``UNSPECIFIED`` if there is nothing against it.
        revision: the state of the list that this was read from; opaque.
        as_of: when the list in the server's memory was last known to be
            complete; None if the service could not be asked.
        assumed: the policy that stands in for an answer; None if there is one.
    """

    address: str
    verdict: Verdict = Verdict.UNSPECIFIED
    reason: Reason = Reason.UNSPECIFIED
    revision: str = ""
    as_of: datetime | None = None
    assumed: WhenUnavailable | None = None

    @property
    def answered(self) -> bool:
        """Whether the service answered at all."""
        return self.assumed is None

    @property
    def send(self) -> bool:
        """Whether to send: the service said so, or could not be asked and the policy says so."""
        return self.verdict == Verdict.SEND or self.assumed is WhenUnavailable.SEND

    def __bool__(self) -> bool:
        # `if client.check(address):` is an easy slip; it must not mean "always".
        return self.send


@dataclass(frozen=True, slots=True)
class Suppression:
    """One entry of the list: one address, for one reason, on one stream or all mail.

    Attributes:
        address: in canonical form; "erased:" and a hash if it was erased.
        stream: the stream that the entry holds for; empty for all mail.
        reason: why the entry stands.
        source: who made it.
        detail: what the source had to say.
        message_id: the SES id of the mail that was bounced or complained about.
        feedback_id: the SES id of the newest feedback behind the entry.
        first_seen_time: when the first of the facts behind it happened.
        last_seen_time: when the newest of the facts behind it happened.
        occurrences: how many pieces of feedback stand behind it.
        expire_time: when it stops holding; None for never.
        removed_time: when it was taken off the list; None if it was not.
        removed_by: who took it off.
        removal_detail: why it was taken off.
        revision: the revision that last changed it; opaque.
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


@dataclass(frozen=True, slots=True)
class Event:
    """One piece of feedback about one recipient, as it was received.

    Attributes:
        kind: as SES names it, such as "Bounce".
        type: within the kind, such as "Permanent".
        sub_type: within the type, such as "NoEmail".
        feedback_id: the SES feedback id.
        message_id: the SES id of the mail that it is about.
        configuration_set: what the mail was sent through.
        status: the enhanced status code (RFC 3463), such as "5.1.1".
        diagnostic: what the receiving server said; text from outside.
        event_time: when it happened.
        receive_time: when it was recorded.
        reason: what it suppressed the address for; ``UNSPECIFIED``: nothing.
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
    """What became of an entry.

    Attributes:
        suppression: the entry as it now stands.
        created: whether the call made it stand; False where it stood before.
        revision: what the call wrote; checks at least this new see the entry.
    """

    suppression: Suppression
    created: bool
    revision: str


@dataclass(frozen=True, slots=True)
class Unsuppressed:
    """What was taken off the list.

    Attributes:
        removed: the entries that the call removed; none where nothing stood.
        revision: what the call wrote; checks at least this new see the removal.
    """

    removed: tuple[Suppression, ...]
    revision: str


@dataclass(frozen=True, slots=True)
class Erased:
    """What was forgotten of a person.

    Attributes:
        suppressions: how many entries have lost the address; they stand as before.
        events: how many pieces of feedback were forgotten.
        revision: what the call wrote; opaque.
    """

    suppressions: int
    events: int
    revision: str


@dataclass(frozen=True, slots=True)
class AddressHistory:
    """Everything that is known of one address.

    Attributes:
        suppressions: every entry, removed and expired ones included.
        events: the feedback about it, newest first, at most 1,000.
        revision: the state of the list that this was read from; opaque.
    """

    suppressions: tuple[Suppression, ...]
    events: tuple[Event, ...]
    revision: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed on the list.

    Attributes:
        changes: the entries as they now stand, oldest change first; a removed
            one has ``removed_time`` set.
        through_revision: the ``after_revision`` of the next call. Moves on even
            where nothing changed.
    """

    changes: tuple[Suppression, ...]
    through_revision: str


def check(address: str, response: pb.CheckAddressResponse) -> Check:
    """Read the answer about one address."""
    return Check(
        address,
        Verdict(response.verdict),
        Reason(response.reason),
        response.revision,
        _time(response, "as_of_time"),
    )


def checks(addresses: list[str], response: pb.BatchCheckResponse) -> list[Check]:
    """Read the answer about many addresses, in their order.

    An answer with another number of verdicts than there were questions leaves
    open which is whose, so none of them counts and nothing may be sent.
    """
    values: list[int] = list(response.verdicts)
    if len(values) != len(addresses):
        values = [Verdict.UNSPECIFIED] * len(addresses)
    # An enum is slow to look a number up in, and the same few come again and again.
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
    # What Check._make does, without a call of Python's for each.
    return list(map(partial(tuple.__new__, Check), rows))


def suppressed(response: pb.SuppressResponse) -> Suppressed:
    """Read the answer to Suppress."""
    return Suppressed(_read(Suppression, response.suppression), response.created, response.revision)


def unsuppressed(response: pb.UnsuppressResponse) -> Unsuppressed:
    """Read the answer to Unsuppress."""
    return Unsuppressed(_suppressions(response.removed), response.revision)


def erased(response: pb.EraseAddressResponse) -> Erased:
    """Read the answer to EraseAddress."""
    return Erased(response.suppressions, response.events, response.revision)


def history(response: pb.GetAddressResponse) -> AddressHistory:
    """Read the answer to GetAddress."""
    return AddressHistory(
        _suppressions(response.suppressions),
        tuple(_read(Event, event) for event in response.events),
        response.revision,
    )


def changes(response: pb.ListChangesResponse) -> Changes:
    """Read the answer to ListChanges."""
    return Changes(_suppressions(response.changes), response.through_revision)


_Read = TypeVar("_Read", Suppression, Event)


def _suppressions(messages: Iterable[Message]) -> tuple[Suppression, ...]:
    return tuple(_read(Suppression, message) for message in messages)


def _read(kind: type[_Read], message: Message) -> _Read:
    return kind(**{field.name: _value(message, field.name) for field in fields(kind)})


def _value(message: Message, name: str) -> Any:
    value = getattr(message, name)
    if name == "reason":
        return Reason(value)
    return _time(message, name) if isinstance(value, Timestamp) else value


def _time(message: Message, name: str) -> datetime | None:
    if not message.HasField(name):
        return None
    stamp: Timestamp = getattr(message, name)
    return stamp.ToDatetime(UTC)
