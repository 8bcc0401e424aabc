"""The indexes that lead to a page of the list, in each order and by each filter."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

oldest_program = "0004"

# As in suppression_service.store.schema; a step keeps its own copy.
_DOMAIN = "substr(address, length(rtrim(address, replace(address, '@', ''))) + 1)"
_CHANGED = "(CASE WHEN removed > last_seen THEN removed ELSE last_seen END)"

_EXPIRING = "removed IS NULL AND expires IS NOT NULL"

_INDEXES: dict[str, tuple[list[Any], str | None]] = {
    "reason_permanent": (["reason", "first_seen", "id"], "removed IS NULL AND expires IS NULL"),
    "reason_expiring": (["reason", "first_seen", "id", "expires"], _EXPIRING),
    "reason_removed": (["reason", "first_seen", "id"], "removed IS NOT NULL"),
    "stream": (["stream_id", "first_seen", "id"], None),
    "source": (["source", "first_seen", "id"], None),
    "domain": ([sa.text(_DOMAIN), "first_seen", "id"], None),
    "changed": ([sa.text(_CHANGED), "id"], None),
    "expires": (["expires", "first_seen", "id", "reason"], _EXPIRING),
}


def upgrade() -> None:
    """Order addresses by their bytes, as SQLite does, and create the indexes."""
    if op.get_context().dialect.name == "postgresql":
        # The index of the constraint is built again, in an order that prefixes can use.
        op.execute('ALTER TABLE suppression ALTER COLUMN address TYPE VARCHAR(320) COLLATE "C"')
    for name, (columns, condition) in _INDEXES.items():
        where = None if condition is None else sa.text(condition)
        op.create_index(
            f"ix_suppression_{name}",
            "suppression",
            columns,
            sqlite_where=where,
            postgresql_where=where,
        )
