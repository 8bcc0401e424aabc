"""The certificates that SNS signs with, kept for the next start of a program."""

import datetime as dt
from typing import Final

from sqlalchemy import Connection, delete, select

from suppression_service.store.engine import insert_into
from suppression_service.store.schema import signing_certificate as _TABLE  # noqa: N812

#: The newest that are kept. SNS has one or two in each region at a time.
MAX_CERTIFICATES: Final = 100


def read(connection: Connection) -> dict[str, str]:
    """Return the certificates (PEM) by the URLs that they were fetched from."""
    rows = connection.execute(select(_TABLE.c.url, _TABLE.c.pem))
    return {row.url: row.pem for row in rows}


def save(connection: Connection, url: str, pem: str, now: dt.datetime) -> None:
    """Keep a certificate; delete the oldest if there are too many."""
    values = {"url": url, "pem": pem, "fetched": now}
    connection.execute(insert_into(connection, _TABLE).values(values).on_conflict_do_nothing())
    newest = select(_TABLE.c.url).order_by(_TABLE.c.fetched.desc()).limit(MAX_CERTIFICATES)
    connection.execute(delete(_TABLE).where(_TABLE.c.url.not_in(newest.scalar_subquery())))
