"""The key of the hashes that stand in for erased addresses."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for the key; the first erasure makes the key itself."""
    op.add_column("revision", sa.Column("erasure_key", sa.LargeBinary(32)))
