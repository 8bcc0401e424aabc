"""The story of an address: feedback, entries and removals in the order of time."""

import datetime as dt
from collections.abc import Container, Iterator
from dataclasses import dataclass

from suppression import AddressHistory, Event, Reason, Suppression
from suppression_console.rendering import label

_LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Item:
    """Something that happened.

    Attributes:
        time: when.
        kind: ``feedback``, ``added``, ``removed`` or ``expired``.
        title: what, in a few words.
        reason: that gives the item its colour.
        by: who did it; empty for feedback.
        text: what the source said. Anyone may have written it.
        facts: further short texts.
        ids: names and values to search for elsewhere.
    """

    time: dt.datetime
    kind: str
    title: str
    reason: Reason
    by: str
    text: str
    facts: tuple[str, ...] = ()
    ids: tuple[tuple[str, str], ...] = ()


def timeline(history: AddressHistory) -> list[Item]:
    """Return what happened to an address, newest first."""
    items = [_of_event(event) for event in history.events]
    said = {event.diagnostic for event in history.events}
    for entry in history.suppressions:
        items.extend(_of_entry(entry, said))
    # What feedback has caused stands above it.
    return sorted(items, key=lambda item: (item.time, item.kind != "feedback"), reverse=True)


def _of_event(event: Event) -> Item:
    kinds = " / ".join(filter(None, (event.type, event.sub_type)))
    sent = event.configuration_set and f"configuration set {event.configuration_set}"
    ids = (("SES message", event.message_id), ("Feedback", event.feedback_id))
    return Item(
        time=event.event_time or event.receive_time or _LONG_AGO,
        kind="feedback",
        title=f"{event.kind}: {kinds}" if kinds else event.kind,
        reason=event.reason,
        by="",
        text=event.diagnostic,
        facts=tuple(filter(None, (event.status and f"status {event.status}", sent))),
        ids=tuple(each for each in ids if each[1]),
    )


def _of_entry(entry: Suppression, said: Container[str]) -> Iterator[Item]:
    name = label(entry.reason) + (f" on {entry.stream}" if entry.stream else "")

    def item(time: dt.datetime, kind: str, by: str = "", text: str = "") -> Item:
        return Item(time, kind, f"Entry {kind}: {name}", entry.reason, by, text)

    if entry.first_seen_time:
        detail = "" if entry.detail in said else entry.detail
        yield item(entry.first_seen_time, "added", entry.source, detail)
    if entry.removed_time:
        yield item(entry.removed_time, "removed", entry.removed_by, entry.removal_detail)
    elif entry.expire_time and state_of(entry) == "expired":
        yield item(entry.expire_time, "expired")


def state_of(entry: Suppression) -> str:
    """Return whether an entry is ``active``, ``expired`` or ``removed``."""
    if entry.removed_time:
        return "removed"
    expired = entry.expire_time and entry.expire_time <= dt.datetime.now(dt.UTC)
    return "expired" if expired else "active"
