"""The number of dead letters."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# As 0008 says.
oldest_program = "0008"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "dead_letter_queue",
        sa.Column("queue_url", sa.String(255), nullable=False),
        sa.Column("messages", sa.BigInteger, nullable=False),
        sa.Column("counted", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("queue_url", name="pk_dead_letter_queue"),
    )
