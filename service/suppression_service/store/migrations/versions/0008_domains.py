"""Entries of whole domains."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Not 0007: its servers do not look for the entry of a domain, so they would permit mail that
# is suppressed.
oldest_program = "0008"


def upgrade() -> None:
    """Add the column that only entries of domains use."""
    op.add_column(
        "suppression",
        sa.Column("include_subdomains", sa.Boolean, nullable=False, server_default=sa.false()),
    )
