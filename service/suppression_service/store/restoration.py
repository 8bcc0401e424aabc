"""After a restore: the database gets another name, so that nobody takes it for what it was.

A restored database counts on from an older revision, and so gives numbers out again
that stand for other changes already. Under its old name a replica that is further on
would believe itself level once the numbers have passed its own, and a caller who holds
such a number would be told that its write is on the list.
"""

import secrets

from sqlalchemy import Engine, select, update

from suppression_service.store import schema
from suppression_service.store.engine import writing


def rename(engine: Engine) -> tuple[str, str]:
    """Give the database another id; return the old one and the new one.

    The seed stays, since the fingerprints in the rows are made with it.

    Raises:
        StoreUnavailable: the database cannot write now; see :func:`.engine.writing`.
    """
    table = schema.revision
    name = secrets.token_hex(4)
    with writing(engine) as connection:
        before = connection.execute(select(table.c.database_id).with_for_update()).scalar_one()
        connection.execute(update(table).values(database_id=name))
    return before, name
