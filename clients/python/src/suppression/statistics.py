"""Statistics and the status of the system, as plain Python values.

All times are aware and in UTC. Fields have the names of the contract.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

from google.protobuf.message import Message

from .enums import Dimension, Reason, ReplyCategory, Role
from .v1 import statistics_service_pb2

# The stubs are typed, but their enums are numbers of types of their own.
_pb: Any = statistics_service_pb2


@dataclass(frozen=True, slots=True)
class StatisticsFilter:
    """Which counts to add up. A count must match every field that is set.

    Attributes:
        reason: counts of this reason.
        domain: counts of recipients at exactly this domain.
        configuration_set: counts of mail that was sent with this configuration set.
        stream: counts of this stream; empty text for mail of no stream, None for every stream.
        source: counts of this source.
        category: counts of this category of replies.
    """

    reason: Reason = Reason.UNSPECIFIED
    domain: str = ""
    configuration_set: str = ""
    stream: str | None = None
    source: str = ""
    category: ReplyCategory = ReplyCategory.UNSPECIFIED


@dataclass(frozen=True, slots=True)
class StatisticsRow:
    """Counts for one value of each dimension that was asked for; other dimensions are unset.

    Attributes:
        day: the day (UTC).
        reason: of the entries that the feedback or the request led to.
        sub_type: of a bounce or a complaint, as SES names it.
        status: the enhanced status code of a bounce (RFC 3463).
        domain: of the recipient.
        configuration_set: that the mail was sent with.
        stream: that the mail belongs to.
        source: who reported the feedback or made the entry.
        category: of the reply of the receiving mail server.
        sends: mail that was sent, to each recipient; None if not known for these dimensions.
        deliveries: mail that was delivered, to each recipient; None like ``sends``.
        hard_bounces: bounces that count as hard bounces.
        soft_bounces: bounces that count as soft bounces.
        complaints: complaints.
        suppressions: entries that became active; None if not known for these dimensions.
        removals: entries that were removed; None like ``suppressions``.
    """

    day: date | None = None
    reason: Reason = Reason.UNSPECIFIED
    sub_type: str = ""
    status: str = ""
    domain: str = ""
    configuration_set: str = ""
    stream: str = ""
    source: str = ""
    category: ReplyCategory = ReplyCategory.UNSPECIFIED
    sends: int | None = None
    deliveries: int | None = None
    hard_bounces: int = 0
    soft_bounces: int = 0
    complaints: int = 0
    suppressions: int | None = None
    removals: int | None = None

    @property
    def bounce_rate(self) -> float | None:
        """Hard bounces divided by sends; None without sends."""
        return self.hard_bounces / self.sends if self.sends else None

    @property
    def complaint_rate(self) -> float | None:
        """Complaints divided by sends; None without sends."""
        return self.complaints / self.sends if self.sends else None


@dataclass(frozen=True, slots=True)
class ReplyExample:
    """A reply of a receiving mail server, without what identifies a person or a mail.

    Attributes:
        category: of the reply.
        domain: of the recipient.
        status: the enhanced status code (RFC 3463).
        text: the reply, masked.
        last_day: the last day (UTC) on which it was seen.
    """

    category: ReplyCategory
    domain: str
    status: str
    text: str
    last_day: date


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts over a range of days.

    Attributes:
        rows: sorted by day, then by the number of bounces and complaints, highest first.
        truncated: whether there were more than 10,000 rows; those with the lowest counts are
            missing.
        examples: examples of replies, if they were asked for.
    """

    rows: tuple[StatisticsRow, ...]
    truncated: bool
    examples: tuple[ReplyExample, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Status:
    """Who the caller is, and what the server knows of the system.

    Attributes:
        caller_name: the name of the caller's token; empty if the server requires no tokens.
        caller_role: the role of the token; ``ADMIN`` if the server requires no tokens.
        server_version: the version of the server.
        revision: of the list that the server answers checks from; opaque.
        as_of_time: when this list was last known to be up to date; None if it is not loaded.
        active_entries: the number of active entries in this list.
        last_feedback_time: when the newest feedback was received; None if that is not known.
        database_available: whether the server reaches its database.
        dead_letters: messages in the dead-letter queue; None if ingest has not counted them.
        dead_letters_time: when ingest last counted them.
    """

    caller_name: str
    caller_role: Role
    server_version: str
    revision: str
    as_of_time: datetime | None
    active_entries: int
    last_feedback_time: datetime | None
    database_available: bool
    dead_letters: int | None
    dead_letters_time: datetime | None


def statistics_request(
    start_day: date | None,
    end_day: date | None,
    group_by: Sequence[Dimension],
    matching: StatisticsFilter | None,
    *,
    include_examples: bool,
) -> Message:
    """Return the request for statistics."""
    request: Message = _pb.GetStatisticsRequest(
        start_day=start_day.isoformat() if start_day else "",
        end_day=end_day.isoformat() if end_day else "",
        group_by=group_by,
        filter=_filter(matching) if matching else None,
        include_examples=include_examples,
    )
    return request


def _filter(matching: StatisticsFilter) -> Any:
    return _pb.StatisticsFilter(
        reason=matching.reason,
        domain=matching.domain,
        configuration_set=matching.configuration_set,
        stream=matching.stream,
        source=matching.source,
        category=matching.category,
    )


# How the fields that are neither texts nor numbers are read.
_READ: Final[dict[str, Any]] = {
    "day": date.fromisoformat,
    "last_day": date.fromisoformat,
    "reason": Reason,
    "category": ReplyCategory,
    "caller_role": Role,
    "as_of_time": lambda stamp: stamp.ToDatetime(UTC),
    "last_feedback_time": lambda stamp: stamp.ToDatetime(UTC),
    "dead_letters_time": lambda stamp: stamp.ToDatetime(UTC),
}


def read_statistics(response: Any) -> Statistics:
    """Read the response with statistics."""
    return Statistics(
        rows=tuple(StatisticsRow(**_fields(row)) for row in response.rows),
        truncated=response.truncated,
        examples=tuple(ReplyExample(**_EXAMPLE | _fields(one)) for one in response.examples),
    )


def read_status(response: Any) -> Status:
    """Read the response with the status."""
    return Status(**_STATUS | _fields(response))


# The fields that a message leaves out when they are empty.
_EXAMPLE: Final[dict[str, Any]] = {"category": ReplyCategory(0), "domain": "", "status": ""}
_STATUS: Final[dict[str, Any]] = {
    "caller_name": "",
    "caller_role": Role.UNSPECIFIED,
    "server_version": "",
    "revision": "",
    "as_of_time": None,
    "active_entries": 0,
    "last_feedback_time": None,
    "database_available": False,
    "dead_letters": None,
    "dead_letters_time": None,
}


def _fields(message: Message) -> dict[str, Any]:
    """Return the fields that are set, and that this client knows."""
    return {
        each.name: _READ[each.name](value) if each.name in _READ else value
        for each, value in message.ListFields()
    }
