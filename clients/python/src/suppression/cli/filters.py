"""Which entries to list: the flags, the filter of the contract, and the same rules here.

An export needs the rules here, for the entries that change while it runs.
"""

import re
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final

import typer

from ..formats.times import parse_time
from ..v1 import list_service_pb2
from .options import parse_duration, parse_reason

# The generated stubs do not take our types.
_pb: Any = list_service_pb2

STATES: Final = {"active": 1, "expired": 2, "removed": 3}

Reasons = Annotated[
    list[str],
    typer.Option(
        "--reason",
        metavar="REASON",
        help="manual, unsubscribe, complaint, hard-bounce or soft-bounce; several are possible. "
        "[any reason]",
    ),
]
Stream = Annotated[
    str | None,
    typer.Option(help="Entries of this stream; '' for entries for all mail. [any stream]"),
]
Source = Annotated[str, typer.Option(help="Entries of exactly this source. [any source]")]
Domain = Annotated[
    str,
    typer.Option(help="Entries of addresses at this domain, and of the domain. [any domain]"),
]
Prefix = Annotated[
    str,
    typer.Option(
        "--prefix", help="Entries of addresses that begin with this text; @ for those of domains."
    ),
]
State = Annotated[
    str, typer.Option(metavar="STATE", help="active, expired, removed, or any. [any]")
]
_TIME: Final = "2026-01-31, 2026-01-31T12:00Z, or an age such as 90m, 12h, 30d."
CreatedAfter = Annotated[
    str, typer.Option(metavar="TIME", help=f"First seen at this time or later: {_TIME}")
]
CreatedBefore = Annotated[str, typer.Option(metavar="TIME", help="First seen before this time.")]
ChangedAfter = Annotated[
    str, typer.Option(metavar="TIME", help="Last seen or removed at this time or later.")
]
ChangedBefore = Annotated[
    str, typer.Option(metavar="TIME", help="Last seen or removed before this time.")
]


@dataclass(frozen=True, slots=True)
class Filter:
    """The values of the flags, as they were typed."""

    reasons: list[str]
    stream: str | None
    source: str
    domain: str
    prefix: str
    state: str
    created_after: str
    created_before: str
    changed_after: str
    changed_before: str

    def message(self) -> Any:
        """Return the filter of the contract.

        Raises:
            typer.BadParameter: a value cannot be used.
        """
        message = _pb.SuppressionFilter(
            reasons=[parse_reason(each) for each in self.reasons],
            stream=self.stream,
            source=self.source,
            domain=self.domain,
            address_prefix=self.prefix,
            state=_state(self.state),
        )
        for name in ("created_after", "created_before", "changed_after", "changed_before"):
            if text := getattr(self, name):
                seconds, micros = _moment(text, f"--{name.replace('_', '-')}")
                getattr(message, name).seconds = seconds
                getattr(message, name).nanos = micros * 1_000
        return message


def _state(text: str) -> int:
    if text in ("", "any"):
        return 0
    if text.lower() not in STATES:
        raise typer.BadParameter(
            f"{text!r} is not one of {', '.join(STATES)}, any", param_hint="--state"
        )
    return STATES[text.lower()]


def _moment(text: str, flag: str) -> tuple[int, int]:
    if re.fullmatch(r"[0-9]+[smhdw]", text):
        age = parse_duration(text) or timedelta()
        return int(time.time() - age.total_seconds()), 0
    try:
        if re.match(r"[0-9]{4}-", text) and (found := parse_time(text)):
            return found
    except ValueError:
        pass
    raise typer.BadParameter(
        f"{text!r} is no time such as 2026-01-31, 2026-01-31T12:00Z or 30d", param_hint=flag
    )


def matches(filter: Any, entry: Any, now: float) -> bool:  # noqa: A002 - as in the contract
    """Return whether an entry matches a filter of the contract, as the service decides it."""
    if filter.reasons and entry.reason not in filter.reasons:
        return False
    if filter.HasField("stream") and entry.stream != filter.stream:
        return False
    if filter.source and entry.source != filter.source:
        return False
    if filter.state and _state_of(entry, now) != filter.state:
        return False
    return _is_at(filter, entry) and _is_within(filter, entry)


def _is_at(filter: Any, entry: Any) -> bool:  # noqa: A002
    domain, prefix = _ascii(filter.domain), filter.address_prefix.strip().lower()
    if domain and entry.domain != domain and not entry.address.endswith(f"@{domain}"):
        return False
    return (entry.address or f"@{entry.domain}").startswith(prefix)


def _ascii(domain: str) -> str:
    text = domain.strip().strip("@.").lower()
    return text if text.isascii() else text.encode("idna").decode()


def _is_within(filter: Any, entry: Any) -> bool:  # noqa: A002
    created, changed = _nanos(entry.first_seen_time), _nanos(entry.last_seen_time)
    changed = max(changed, _nanos(entry.removed_time))
    return all(
        _bound(filter, f"{name}_after", at) <= at < _bound(filter, f"{name}_before", at + 1)
        for name, at in (("created", created), ("changed", changed))
    )


def _bound(filter: Any, name: str, default: int) -> int:  # noqa: A002
    return _nanos(getattr(filter, name)) if filter.HasField(name) else default


def _nanos(stamp: Any) -> int:
    return int(stamp.seconds * 1_000_000_000 + stamp.nanos)


def _state_of(entry: Any, now: float) -> int:
    if entry.HasField("removed_time"):
        return STATES["removed"]
    expired = entry.HasField("expire_time") and entry.expire_time.seconds <= now
    return STATES["expired" if expired else "active"]
