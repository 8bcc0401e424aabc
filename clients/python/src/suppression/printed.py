"""Answers as lines and tables for people, and as JSON for programs."""

import json
import sys
from datetime import datetime
from enum import Enum
from typing import Any, Final

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .answers import Check, Erased, Event, Suppression

UNPRINTABLE: Final = "\N{REPLACEMENT CHARACTER}"


def spelled(member: Enum) -> str:
    """Write a member of an enum as the command takes it."""
    return member.name.lower().replace("_", "-")


def check_record(one: Check) -> dict[str, Any]:
    """Give the fields of a check that a program wants."""
    record = one._asdict()
    del record["assumed"]  # under RAISE nothing is
    return record | {"send": one.send}


def check_line(one: Check) -> str:
    """Write one line about a check: the verdict, the address, why not."""
    why = f"\t{spelled(one.reason)}" if one.reason else ""
    verdict = typer.style("send", fg="green") if one.send else typer.style("do-not-send", fg="red")
    return f"{verdict}\t{printable(one.address)}{why}"


def entry_line(verb: str, entry: Suppression) -> str:
    """Write one line about what became of an entry."""
    stream = printable(entry.stream) or "all mail"
    return f"{verb}\t{printable(entry.address)}\t{spelled(entry.reason)}\t{stream}"


def erased_counts(done: Erased) -> str:
    """Write how much an erasure changed."""
    return f"entries: {done.suppressions}\tfeedback: {done.events}"


def print_table(title: str, rows: list[dict[str, str]]) -> None:
    """Print rows as a table, without the columns that are empty in all of them."""
    if not rows:
        typer.echo(f"no {title}")
        return
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    names = [name for name in rows[0] if any(row[name] for row in rows)]
    for name in names:
        table.add_column(name, overflow="fold", no_wrap=name in {"reason", "seen"})
    for row in rows:
        table.add_row(*(Text(printable(row[name])) for name in names))
    # Where nobody looks at it, it need not fit a screen.
    Console(width=None if sys.stdout.isatty() else 1_000).print(table)


def entry_row(entry: Suppression) -> dict[str, str]:
    """Write an entry as a row of a table."""
    return {
        "reason": spelled(entry.reason),
        "stream": entry.stream or "all mail",
        "holds": _holds(entry),
        "seen": _minute(entry.last_seen_time),
        "times": str(entry.occurrences),
        "source": entry.source,
        "detail": entry.detail,
    }


def event_row(event: Event) -> dict[str, str]:
    """Write a piece of feedback as a row of a table."""
    return {
        "seen": _minute(event.event_time),
        "feedback": " ".join(filter(None, (event.kind, event.type, event.sub_type))),
        "status": event.status,
        "diagnostic": event.diagnostic,
        "suppressed as": spelled(event.reason) if event.reason else "",
    }


def _holds(entry: Suppression) -> str:
    if entry.removed_time:
        by = f"removed {_minute(entry.removed_time)} by {entry.removed_by}"
        return f"{by}: {entry.removal_detail}" if entry.removal_detail else by
    return f"until {_minute(entry.expire_time)}" if entry.expire_time else "for ever"


def _minute(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%MZ") if moment else ""


def printable(text: str) -> str:
    """Replace what a terminal would take for commands."""
    # Diagnostics come from strangers' servers and may hold terminal commands.
    return "".join(letter if letter.isprintable() else UNPRINTABLE for letter in text)


def as_json(record: dict[str, Any]) -> str:
    """Write a record as one line."""
    return json.dumps(_plain(record))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, Enum):
        return value.name
    return value.isoformat() if isinstance(value, datetime) else value
