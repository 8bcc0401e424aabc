"""The pages that were read of SES's suppression lists."""

import dataclasses
import datetime as dt
from typing import Final

from sqlalchemy import Connection, delete, select

from suppression_service.store.engine import insert_into
from suppression_service.store.models import AccountListPage
from suppression_service.store.schema import account_list_page as _TABLE  # noqa: N812

_FIELDS: Final = [field.name for field in dataclasses.fields(AccountListPage)]


def pages(connection: Connection, account_list: str) -> list[AccountListPage]:
    """Return the pages that were read of a list, the oldest first."""
    columns = [_TABLE.c[name] for name in _FIELDS]
    query = select(*columns).where(_TABLE.c.account_list == account_list)
    rows = connection.execute(query.order_by(_TABLE.c.started, _TABLE.c.number))
    return [AccountListPage(*row) for row in rows]


def save(connection: Connection, account_list: str, page: AccountListPage) -> None:
    """Keep a page. One that another process has kept already stays as it is."""
    row = {name: getattr(page, name) for name in _FIELDS} | {"account_list": account_list}
    connection.execute(insert_into(connection, _TABLE).values(row).on_conflict_do_nothing())


def drop_reads(connection: Connection, account_list: str, but: dt.datetime | None) -> None:
    """Delete the pages of every read of a list, but of the one that began at a time."""
    other = _TABLE.c.account_list == account_list
    if but is not None:
        other &= _TABLE.c.started != but
    connection.execute(delete(_TABLE).where(other))
