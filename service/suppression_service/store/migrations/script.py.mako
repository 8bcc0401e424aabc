"""${message}."""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None

# The oldest version whose programs may work with the schema after this step, beside
# programs of this version. Never older than that of the step before.
oldest_program = ${repr(down_revision)}


def upgrade() -> None:
    """Take the schema one step up."""
    ${upgrades if upgrades else "pass"}
