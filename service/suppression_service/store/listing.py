"""Reading the list as a whole, a page at a time, for who compares it with another one."""

import dataclasses
import datetime as dt
from collections.abc import Iterable

from sqlalchemy import Engine, func, or_, select

from suppression_service.store import schema
from suppression_service.store.engine import reading
from suppression_service.store.erasure import key_of, names_of
from suppression_service.store.models import Reason, Suppression
from suppression_service.store.rows import SELECT_SUPPRESSION, suppression_of
from suppression_service.store.statements import pieces


def entries_of(engine: Engine, addresses: Iterable[str]) -> list[Suppression]:
    """Return every entry of canonical addresses, those removed and expired included.

    Entries of erased addresses come under the address that was asked about.

    Raises:
        StoreUnavailable: the database cannot answer now.
    """
    wanted = sorted(set(addresses))
    found = []
    with reading(engine) as connection:
        key = key_of(connection)
        for some in pieces(wanted):
            names = names_of(some, key)
            query = SELECT_SUPPRESSION.where(schema.suppression.c.address.in_(names))
            entries = map(suppression_of, connection.execute(query))
            found += [dataclasses.replace(one, address=names[one.address]) for one in entries]
    return found


def bounced_or_complained(
    engine: Engine, now: dt.datetime, after: str, limit: int
) -> list[tuple[str, Reason]]:
    """Return the next addresses that stand for all mail as hard bounces or complaints.

    Erased ones are left out: nobody knows their address.

    Args:
        engine: the database.
        now: the moment at which entries must stand.
        after: the last address of the page before; empty for the first.
        limit: addresses of a page.

    Returns:
        Addresses in the database's order, each once, with the reason that comes first:
        a complaint before a bounce.

    Raises:
        StoreUnavailable: the database cannot answer now.
    """
    table = schema.suppression
    complaints = func.max(table.c.reason).label("reason")  # the number of a complaint is higher
    query = (
        select(table.c.address, complaints)
        .where(
            table.c.stream_id == schema.ALL_MAIL,
            table.c.reason.in_([Reason.HARD_BOUNCE, Reason.COMPLAINT]),
            table.c.removed.is_(None),
            or_(table.c.expires.is_(None), table.c.expires > now),
            table.c.address > after,
            table.c.address.contains("@"),
        )
        .group_by(table.c.address)
        .order_by(table.c.address)
        .limit(limit)
    )
    with reading(engine) as connection:
        return [(row.address, Reason(row.reason)) for row in connection.execute(query)]


def last_received(engine: Engine) -> dt.datetime | None:
    """Return when the newest event came in; None before the first.

    Raises:
        StoreUnavailable: the database cannot answer now.
    """
    with reading(engine) as connection:
        newest: dt.datetime | None = connection.scalar(select(func.max(schema.event.c.received)))
        return newest
