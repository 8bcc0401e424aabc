"""The oldest program that may work with the schema."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Not 0002: its programs do not recognise an erased entry by its hash, so with new feedback
# they would store the erased address again.
oldest_program = "0003"


def upgrade() -> None:
    """Create the row in which a migration stores what its last step declares."""
    table = op.create_table(
        "compatibility",
        sa.Column("id", sa.SmallInteger, nullable=False),
        sa.Column("oldest_program", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_compatibility"),
        sa.CheckConstraint("id = 1", name=op.f("ck_compatibility_one_row")),
    )
    op.bulk_insert(table, [{"id": 1, "oldest_program": oldest_program}])
