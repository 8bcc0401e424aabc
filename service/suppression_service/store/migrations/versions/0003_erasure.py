"""The key of the hashes that replace erased addresses."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column of the key; the first erasure creates the key."""
    op.add_column("revision", sa.Column("erasure_key", sa.LargeBinary(32)))
