"""Output of the commands: lines and tables for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..answers import AddressHistory, Check, Event, Suppression
from ..enums import Reason

_UNPRINTABLE: Final = "\N{REPLACEMENT CHARACTER}"


def spelled(member: Enum) -> str:
    """Return the spelling of an enum's member in commands, such as ``hard-bounce``."""
    return member.name.lower().replace("_", "-")


def print_check(check: Check, *, as_json: bool) -> None:
    """Print the verdict, the address and the reason of a check."""
    if as_json:
        record = check._asdict()
        del record["assumed"]  # None in every check, since the command uses RAISE
        print_json(record | {"send": check.send})
        return
    verdict, color = ("send", "green") if check.send else ("do-not-send", "red")
    reason = [spelled(check.reason)] if check.reason else []
    print_line(typer.style(verdict, fg=color), printable(check.address), *reason)


def print_entry(change: str, entry: Suppression) -> None:
    """Print what was done to an entry."""
    stream = printable(entry.stream) or "all mail"
    print_line(change, named(entry), spelled(entry.reason), stream)


def print_entries(entries: Iterable[Any]) -> None:
    """Print entries of the list, each on a line."""
    for entry in entries:
        stream = printable(entry.stream) or "all mail"
        seen = _minute(_moment(entry, "last_seen_time"))
        print_line(named(entry), spelled(Reason(entry.reason)), stream, _state(entry), seen)


def _state(entry: Any) -> str:
    if entry.HasField("removed_time"):
        return "removed"
    expire = _moment(entry, "expire_time")
    if expire is None:
        return "for ever"
    return f"until {_minute(expire)}" if expire > datetime.now(UTC) else "expired"


def _moment(entry: Any, name: str) -> datetime | None:
    if not entry.HasField(name):
        return None
    stamp = getattr(entry, name)
    return datetime.fromtimestamp(stamp.seconds, UTC)


def named(entry: Any) -> str:
    """Return the address of an entry, or its domain, such as ``@example.com``."""
    name = entry.address or f"@{entry.domain}"
    return printable(f"{name} and subdomains" if entry.include_subdomains else name)


def print_history(address: str, history: AddressHistory) -> None:
    """Print the entries and the feedback of an address as tables."""
    typer.echo(printable(address))
    print_table("entries", [_entry_row(entry) for entry in history.suppressions])
    print_table("feedback", [_event_row(event) for event in history.events])


def print_line(*columns: str) -> None:
    """Print columns separated by tabs."""
    typer.echo("\t".join(columns))


def print_json(record: dict[str, Any]) -> None:
    """Print a record as one line of JSON."""
    typer.echo(json.dumps(_plain(record)))


def printable(text: str) -> str:
    """Replace the characters that a terminal could take for commands."""
    # Diagnostics come from foreign mail servers and can contain them.
    return "".join(letter if letter.isprintable() else _UNPRINTABLE for letter in text)


def print_table(title: str, rows: list[dict[str, str]]) -> None:
    """Print rows as a table, without the columns that are empty in every row."""
    if not rows:
        typer.echo(f"no {title}")
        return
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    names = [name for name in rows[0] if any(row[name] for row in rows)]
    for name in names:
        table.add_column(name, overflow="fold", no_wrap=name in {"reason", "seen"})
    for row in rows:
        table.add_row(*(Text(printable(row[name])) for name in names))
    # Output that is not a terminal has no width to fit.
    Console(width=None if sys.stdout.isatty() else 1_000).print(table)


def _entry_row(entry: Suppression) -> dict[str, str]:
    return {
        "domain": named(entry) if entry.domain else "",
        "reason": spelled(entry.reason),
        "stream": entry.stream or "all mail",
        "valid": _validity(entry),
        "seen": _minute(entry.last_seen_time),
        "times": str(entry.occurrences),
        "source": entry.source,
        "detail": entry.detail,
    }


def _event_row(event: Event) -> dict[str, str]:
    return {
        "seen": _minute(event.event_time),
        "feedback": " ".join(filter(None, (event.kind, event.type, event.sub_type))),
        "status": event.status,
        "diagnostic": event.diagnostic,
        "suppressed as": spelled(event.reason) if event.reason else "",
    }


def _validity(entry: Suppression) -> str:
    if entry.removed_time:
        removed = f"removed {_minute(entry.removed_time)} by {entry.removed_by}"
        return f"{removed}: {entry.removal_detail}" if entry.removal_detail else removed
    return f"until {_minute(entry.expire_time)}" if entry.expire_time else "for ever"


def _minute(time: datetime | None) -> str:
    return time.strftime("%Y-%m-%d %H:%MZ") if time else ""


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, Enum):
        return value.name
    return value.isoformat() if isinstance(value, datetime) else value
