"""The list and its events as they are read: of an address, by page, or as changes."""

import dataclasses
import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, Row, ScalarSelect, and_, func, or_, select

from suppression_service.address import MAX_DOMAIN_LABELS
from suppression_service.store import schema
from suppression_service.store.engine import chunks
from suppression_service.store.erasure import key_of, names_of
from suppression_service.store.models import (
    AddressRecord,
    ChangePage,
    Event,
    Reason,
    Suppression,
    domain_key,
    domain_of,
)
from suppression_service.store.replication import current_revision

#: Entries with the name of their stream instead of its id.
SELECT_SUPPRESSION: Final = select(
    schema.suppression, schema.stream.c.name.label("stream")
).join_from(schema.suppression, schema.stream)

_MAX_EVENTS: Final = 1_000
_SUPPRESSION_FIELDS: Final = [field.name for field in dataclasses.fields(Suppression)]
_EVENT_FIELDS: Final = [field.name for field in dataclasses.fields(Event)]


def suppression_of(row: Row[Any]) -> Suppression:
    """Return the entry in a row of :data:`SELECT_SUPPRESSION`."""
    fields = {name: getattr(row, name) for name in _SUPPRESSION_FIELDS}
    return Suppression(**fields | {"reason": Reason(row.reason)})


def event_of(row: Row[Any]) -> Event:
    """Return the feedback in a row of the event table."""
    fields = {name: getattr(row, name) for name in _EVENT_FIELDS}
    return Event(**fields | {"reason": Reason(row.reason) if row.reason else None})


def record_of(connection: Connection, address: str) -> AddressRecord:
    """Return what is known of a canonical address, erased or not, or of a domain, by its key.

    An address has its own entries, those of its domain, those of the domains above that
    include subdomains, and at most 1,000 events.
    """
    table, event = schema.suppression, schema.event
    revision, _ = current_revision(connection)
    names = names_of([address], key_of(connection))
    domain, parents = _domains_over(address)
    exact, above = table.c.address.in_([*names, *domain]), table.c.address.in_(parents)
    applies = or_(exact, and_(above, table.c.include_subdomains))
    entries = SELECT_SUPPRESSION.where(applies).order_by(table.c.id)
    events = select(event).where(event.c.address == address).limit(_MAX_EVENTS)
    newest_first = events.order_by(event.c.happened.desc(), event.c.id.desc())
    return AddressRecord(
        [suppression_of(row) for row in connection.execute(entries)],
        [event_of(row) for row in connection.execute(newest_first)],
        revision,
    )


def _domains_over(address: str) -> tuple[list[str], list[str]]:
    """Return the key of the domain of an address, and the keys of the domains above it."""
    if domain_of(address):
        return [], []
    labels = address.rpartition("@")[2].split(".")
    keys = [domain_key(".".join(labels[first:])) for first in range(len(labels) - 1)]
    return keys[:1], keys[1:][-MAX_DOMAIN_LABELS:]


def entries_of(connection: Connection, addresses: Iterable[str]) -> list[Suppression]:
    """Return every entry of canonical addresses, removed and expired ones included.

    Entries of an erased address have the address that was asked for.
    """
    found = []
    key = key_of(connection)
    for some in chunks(sorted(set(addresses))):
        names = names_of(some, key)
        query = SELECT_SUPPRESSION.where(schema.suppression.c.address.in_(names))
        entries = map(suppression_of, connection.execute(query))
        found += [dataclasses.replace(entry, address=names[entry.address]) for entry in entries]
    return found


def entries_of_fingerprints(
    connection: Connection, fingerprints: Iterable[int]
) -> list[Suppression]:
    """Return every entry of signed fingerprints, removed and expired ones included."""
    found = []
    for some in chunks(sorted(set(fingerprints))):
        query = SELECT_SUPPRESSION.where(schema.suppression.c.fingerprint.in_(some))
        found += [suppression_of(row) for row in connection.execute(query)]
    return found


def changes(connection: Connection, after: int, limit: int) -> ChangePage:
    """Return the next entries that changed after a revision, about ``limit`` of them."""
    table = schema.suppression
    changed = SELECT_SUPPRESSION.order_by(table.c.revision, table.c.id)
    current, _ = current_revision(connection)
    rows = connection.execute(changed.where(table.c.revision > after).limit(limit)).all()
    if len(rows) < limit:
        page = [suppression_of(row) for row in rows]
        return ChangePage(page, max([current, *(entry.revision for entry in page)]))
    # The last revision of a full page may have more entries: all of them are read.
    last = rows[-1].revision
    whole = connection.execute(changed.where(table.c.revision == last)).all()
    page = [suppression_of(row) for row in rows if row.revision < last]
    return ChangePage([*page, *map(suppression_of, whole)], last)


def bounced_or_complained(
    connection: Connection, now: dt.datetime, after: str, limit: int, stream: str
) -> list[tuple[str, Reason]]:
    """Return a page of the addresses that a hard bounce or a complaint suppresses.

    Erased addresses are left out: they are not known any more. So are domains.

    Args:
        connection: the database.
        now: entries that have expired by then are left out.
        after: the last address of the page before; empty for the first page.
        limit: addresses of a page.
        stream: the stream of the entries; empty for those that hold for all mail.

    Returns:
        Each address once, in the database's order; a complaint comes before a bounce.
    """
    table = schema.suppression
    reason = func.max(table.c.reason).label("reason")  # COMPLAINT has the higher number
    query = (
        select(table.c.address, reason)
        .where(
            table.c.stream_id == _id_of(stream),
            table.c.reason.in_([Reason.HARD_BOUNCE, Reason.COMPLAINT]),
            table.c.removed.is_(None),
            or_(table.c.expires.is_(None), table.c.expires > now),
            table.c.address > after,
            # Neither the hash of an erased address nor the key of a domain.
            table.c.address.contains("@"),
            func.substr(table.c.address, 1, 1) != domain_key(""),
        )
        .group_by(table.c.address)
        .order_by(table.c.address)
        .limit(limit)
    )
    return [(row.address, Reason(row.reason)) for row in connection.execute(query)]


def _id_of(stream: str) -> int | ScalarSelect[int]:
    if not stream:
        return schema.ALL_MAIL
    return select(schema.stream.c.id).where(schema.stream.c.name == stream).scalar_subquery()


def last_received(connection: Connection) -> dt.datetime | None:
    """Return when the newest event was received; None if there is none."""
    newest: dt.datetime | None = connection.scalar(select(func.max(schema.event.c.received)))
    return newest
