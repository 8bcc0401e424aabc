"""The index by which replicas read all entries of a fingerprint."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

oldest_program = "0004"


def upgrade() -> None:
    """Create the index."""
    op.create_index("ix_suppression_fingerprint", "suppression", ["fingerprint"])
