"""Delivery events, daily counts, soft-bounce histories and the outbox of retries."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Counts the feedback that is recorded already.
_COUNT_FEEDBACK = """
    INSERT INTO daily_count
        (day, configuration_set, sends, deliveries, hard_bounces, soft_bounces, complaints)
    SELECT happened / 86400000000, configuration_set, 0, 0,
           SUM(CASE WHEN counts_as = 'bounce' THEN 1 ELSE 0 END),
           SUM(CASE WHEN counts_as = 'soft bounce' THEN 1 ELSE 0 END),
           SUM(CASE WHEN counts_as = 'complaint' THEN 1 ELSE 0 END)
    FROM event WHERE counts_as <> '' GROUP BY 1, 2
"""
_BEGIN_HISTORIES = """
    INSERT INTO soft_bounce_history (address, reset, bounced)
    SELECT address, 0, MAX(happened) FROM event
    WHERE counts_as = 'soft bounce' AND LOWER(action) = 'failed' AND address <> ''
    GROUP BY address
"""


def upgrade() -> None:
    """Create the tables, and fill them from the feedback recorded so far."""
    _delivery_event()
    _daily_count()
    _soft_bounce_history()
    _retry()
    op.execute(_COUNT_FEEDBACK)
    op.execute(_BEGIN_HISTORIES)


def _delivery_event() -> None:
    op.create_table(
        "delivery_event",
        sa.Column("day", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("address", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("item", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("happened", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.SmallInteger, nullable=False),
        sa.Column("named", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("day", "address", "item", name="pk_delivery_event"),
        sqlite_with_rowid=False,
    )


def _daily_count() -> None:
    op.create_table(
        "daily_count",
        sa.Column("day", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("configuration_set", sa.String(64), nullable=False),
        sa.Column("sends", sa.BigInteger, nullable=False),
        sa.Column("deliveries", sa.BigInteger, nullable=False),
        sa.Column("hard_bounces", sa.BigInteger, nullable=False),
        sa.Column("soft_bounces", sa.BigInteger, nullable=False),
        sa.Column("complaints", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("day", "configuration_set", name="pk_daily_count"),
    )


def _soft_bounce_history() -> None:
    op.create_table(
        "soft_bounce_history",
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("reset", sa.BigInteger, nullable=False),
        sa.Column("bounced", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("address", name="pk_soft_bounce_history"),
    )
    op.create_index("ix_soft_bounce_history_bounced", "soft_bounce_history", ["bounced"])


def _retry() -> None:
    op.create_table(
        "retry",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("message_id", sa.String(255), nullable=False),
        sa.Column("configuration_set", sa.String(64), nullable=False),
        sa.Column("stream", sa.String(100), nullable=False),
        sa.Column("sub_type", sa.String(80), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("happened", sa.BigInteger, nullable=False),
        sa.Column("not_before", sa.BigInteger, nullable=False),
        sa.Column("leased", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_retry"),
    )
