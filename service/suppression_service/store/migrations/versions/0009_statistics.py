"""Statistics by day and dimensions, examples of replies, and the number of dead letters."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# As 0008 says.
oldest_program = "0008"

# The measures of the columns of daily_count.
_MEASURES = {
    "sends": 1,
    "deliveries": 2,
    "hard_bounces": 3,
    "soft_bounces": 4,
    "complaints": 5,
}
_REASONS = {"hard_bounces": 1, "soft_bounces": 2, "complaints": 3}


def upgrade() -> None:
    """Create the tables, and take over the daily counts."""
    series, statistic = _series(), _statistic()
    op.create_table(
        "packed_statistic",
        sa.Column("day", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("counts", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_packed_statistic"),
    )
    op.create_table(
        "reply_example",
        sa.Column("category", sa.SmallInteger, nullable=False, autoincrement=False),
        sa.Column("domain", sa.String(255), nullable=False),
        sa.Column("slot", sa.SmallInteger, nullable=False, autoincrement=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("text", sa.String(300), nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("category", "domain", "slot", name="pk_reply_example"),
    )
    op.create_table(
        "dead_letter_queue",
        sa.Column("queue_url", sa.String(255), nullable=False),
        sa.Column("messages", sa.BigInteger, nullable=False),
        sa.Column("counted", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("queue_url", name="pk_dead_letter_queue"),
    )
    _take_over_daily_counts(series, statistic)


def _series() -> sa.Table:
    return op.create_table(
        "statistic_series",
        sa.Column("id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("reason", sa.SmallInteger, nullable=False),
        sa.Column("category", sa.SmallInteger, nullable=False),
        sa.Column("sub_type", sa.String(80), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("domain", sa.String(255), nullable=False),
        sa.Column("configuration_set", sa.String(64), nullable=False),
        sa.Column("stream", sa.String(100), nullable=False),
        sa.Column("source", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_statistic_series"),
    )


def _statistic() -> sa.Table:
    return op.create_table(
        "statistic",
        sa.Column("day", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("measure", sa.SmallInteger, nullable=False, autoincrement=False),
        sa.Column("series_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("day", "measure", "series_id", name="pk_statistic"),
        sqlite_with_rowid=False,
    )


def _take_over_daily_counts(series: sa.Table, statistic: sa.Table) -> None:
    """Count what was counted by day and configuration set; more is not known of it."""
    connection = op.get_bind()
    names = ", ".join(_MEASURES)
    counts = connection.execute(
        sa.text(f"SELECT day, configuration_set, {names} FROM daily_count")  # noqa: S608
    ).mappings()
    every, rows = {}, []
    for count in counts:
        for name, measure in _MEASURES.items():
            values = _values(_REASONS.get(name, 0), count["configuration_set"])
            if count[name]:
                every[values["id"]] = values
                rows.append(
                    {
                        "day": count["day"],
                        "measure": measure,
                        "series_id": values["id"],
                        "count": count[name],
                    }
                )
    if rows:
        op.bulk_insert(series, [*every.values()])
        op.bulk_insert(statistic, rows)


def _values(reason: int, configuration_set: str) -> dict[str, object]:
    values = {
        "reason": reason,
        "category": 0,
        "sub_type": "",
        "status": "",
        "domain": "",
        "configuration_set": configuration_set,
        "stream": "",
        "source": "ses" if reason else "",
    }
    # As suppression_service.store.series does it.
    text = "\0".join(map(str, values.values()))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return {"id": int.from_bytes(digest, "big", signed=True), **values}
