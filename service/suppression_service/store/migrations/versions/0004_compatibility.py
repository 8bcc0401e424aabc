"""How old a program may be to go on with the schema."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Not 0002: its programs do not know an erased entry by its hash, and feedback that they
# take in stores the forgotten address again.
oldest_program = "0003"


def upgrade() -> None:
    """Make the row in which each migration leaves what its last step says of itself."""
    table = op.create_table(
        "compatibility",
        sa.Column("id", sa.SmallInteger, nullable=False),
        sa.Column("oldest_program", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_compatibility"),
        sa.CheckConstraint("id = 1", name=op.f("ck_compatibility_one_row")),
    )
    op.bulk_insert(table, [{"id": 1, "oldest_program": oldest_program}])
