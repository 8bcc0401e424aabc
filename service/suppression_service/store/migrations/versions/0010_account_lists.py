"""What was read of SES's suppression lists, to see what is removed there later."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

oldest_program = "0008"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "account_list_page",
        sa.Column("account_list", sa.String(200), nullable=False),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("next_token", sa.Text, nullable=False),
        sa.Column("fingerprints", sa.LargeBinary, nullable=False),
        sa.Column("reasons", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("account_list", "started", "number", name="pk_account_list_page"),
    )
