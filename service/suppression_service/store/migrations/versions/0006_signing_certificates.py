"""The certificates that SNS signs with, so that a restart need not fetch them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

oldest_program = "0004"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "signing_certificate",
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("pem", sa.Text, nullable=False),
        sa.Column("fetched", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("url", name="pk_signing_certificate"),
    )
