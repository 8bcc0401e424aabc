"""The list, the feedback, the streams and the revision row."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables, and the rows that every database has."""
    _revision()
    _stream()
    _suppression()
    _event()


def _revision() -> None:
    table = op.create_table(
        "revision",
        sa.Column("id", sa.SmallInteger, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.Column("database_id", sa.String(16), nullable=False),
        sa.Column("fingerprint_seed", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_revision"),
        sa.CheckConstraint("id = 1", name=op.f("ck_revision_one_row")),
    )
    op.bulk_insert(
        table,
        [
            {
                "id": 1,
                "value": 0,
                "database_id": secrets.token_hex(4),
                "fingerprint_seed": secrets.randbits(63),
            }
        ],
    )


def _stream() -> None:
    table = op.create_table(
        "stream",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stream"),
        sa.UniqueConstraint("name", name="uq_stream_name"),
    )
    op.bulk_insert(table, [{"id": 0, "name": ""}])


def _suppression() -> None:
    op.create_table(
        "suppression",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("stream_id", sa.Integer, nullable=False),
        sa.Column("reason", sa.SmallInteger, nullable=False),
        sa.Column("fingerprint", sa.BigInteger, nullable=False),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("message_id", sa.String(255), nullable=False),
        sa.Column("feedback_id", sa.String(255), nullable=False),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger, nullable=False),
        sa.Column("occurrences", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger),
        sa.Column("removed", sa.BigInteger),
        sa.Column("removed_by", sa.String(100), nullable=False, server_default=sa.text("''")),
        sa.Column("removal_detail", sa.Text, nullable=False, server_default=sa.text("''")),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_suppression"),
        sa.ForeignKeyConstraint(["stream_id"], ["stream.id"], name="fk_suppression_stream_id"),
        sa.UniqueConstraint(
            "address", "stream_id", "reason", name="uq_suppression_address_stream_id_reason"
        ),
    )
    op.create_index("ix_suppression_revision", "suppression", ["revision"])


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("id", _ROW_ID, nullable=False),
        sa.Column("key", sa.LargeBinary(16), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("sub_type", sa.String(80), nullable=False),
        sa.Column("feedback_id", sa.String(255), nullable=False),
        sa.Column("message_id", sa.String(255), nullable=False),
        sa.Column("configuration_set", sa.String(64), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("diagnostic", sa.Text, nullable=False),
        sa.Column("counts_as", sa.String(20), nullable=False),
        sa.Column("reason", sa.SmallInteger, nullable=False),
        sa.Column("happened", sa.BigInteger, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
        sa.UniqueConstraint("key", name="uq_event_key"),
    )
    op.create_index("ix_event_address_happened", "event", ["address", "happened"])
    op.create_index("ix_event_received", "event", ["received"])
