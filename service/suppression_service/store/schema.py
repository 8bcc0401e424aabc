"""The tables, alike on SQLite and PostgreSQL.

The migrations build them and a test holds both against each other. Times are
microseconds since 1970 in a BIGINT: exact, ordered and the same on every
engine, which the engines' own date types are not.
"""

import datetime as dt
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect

#: The stream id of entries that hold for all mail; its row comes with the schema.
ALL_MAIL: Final = 0

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def microseconds(moment: dt.datetime) -> int:
    """Return an aware datetime as microseconds since 1970, rounded down."""
    return (moment - _EPOCH) // _MICROSECOND


class Instant(TypeDecorator[dt.datetime]):
    """A moment: an aware datetime here, microseconds since 1970 in the database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Turn an aware datetime into microseconds."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        """Turn microseconds into a datetime in UTC."""
        return None if value is None else _EPOCH + value * _MICROSECOND


# SQLite gives out row ids by itself only for a column that is INTEGER to the letter.
_RowId = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

#: One row. Every write transaction raises ``value`` before anything else; the
#: lock on the row makes the order of revisions the order of commits.
revision = Table(
    "revision",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="one_row"), primary_key=True),
    Column("value", BigInteger, nullable=False),
    # Which database this is, in every revision that is given out.
    Column("database_id", String(16), nullable=False),
    # Seeds the fingerprints, so that nobody can compute an address that collides.
    Column("fingerprint_seed", BigInteger, nullable=False),
    # Of the hashes that stand for erased addresses; none before the first of them.
    Column("erasure_key", LargeBinary(32)),
)

#: One row. Not a column of ``revision``: writers lock that row first and tables after it,
#: a migration would lock them the other way round, and each would wait for the other.
compatibility = Table(
    "compatibility",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="one_row"), primary_key=True),
    # The oldest version whose programs may work with this schema; from the migrations.
    Column("oldest_program", String(32), nullable=False),
)

#: The names of streams. Entries and replicas hold the number.
stream = Table(
    "stream",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(100), nullable=False, unique=True),
)

#: The list: one row for an address, a stream and a reason.
suppression = Table(
    "suppression",
    metadata,
    Column("id", _RowId, primary_key=True),
    # Or what stands for it once it is erased; see suppression_service.store.erasure.
    Column("address", String(320), nullable=False),
    Column("stream_id", Integer, ForeignKey(stream.c.id), nullable=False),
    Column("reason", SmallInteger, nullable=False),
    # The address as replicas know it; see suppression_service.store.fingerprint.
    Column("fingerprint", BigInteger, nullable=False),
    Column("source", String(100), nullable=False),
    Column("detail", Text, nullable=False),
    Column("message_id", String(255), nullable=False),
    Column("feedback_id", String(255), nullable=False),
    Column("first_seen", Instant, nullable=False),
    Column("last_seen", Instant, nullable=False),
    Column("occurrences", BigInteger, nullable=False),
    Column("expires", Instant),
    # A removed entry stays as a tombstone: it remembers what it is older than.
    Column("removed", Instant),
    Column("removed_by", String(100), nullable=False, server_default=text("''")),
    Column("removal_detail", Text, nullable=False, server_default=text("''")),
    Column("revision", BigInteger, nullable=False),
    UniqueConstraint("address", "stream_id", "reason"),
    Index(None, "revision"),
)

#: The feedback: one row for each item and recipient. The key is the memory that
#: lets a notification count once, however often it comes.
event = Table(
    "event",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("key", LargeBinary(16), nullable=False, unique=True),
    Column("address", String(320), nullable=False),
    Column("provider", String(20), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("type", String(40), nullable=False),
    Column("sub_type", String(80), nullable=False),
    Column("feedback_id", String(255), nullable=False),
    Column("message_id", String(255), nullable=False),
    Column("configuration_set", String(64), nullable=False),
    Column("action", String(20), nullable=False),
    Column("status", String(20), nullable=False),
    Column("diagnostic", Text, nullable=False),
    # What it counts as in the rates: "bounce", "soft bounce", "complaint" or nothing.
    Column("counts_as", String(20), nullable=False),
    # The reason under which it suppresses; 0 where it is only remembered.
    Column("reason", SmallInteger, nullable=False),
    Column("happened", Instant, nullable=False),
    Column("received", Instant, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Index(None, "address", "happened"),
    Index(None, "received"),
)

#: Each send and each delivery to each recipient, for as long as it may come again: the
#: memory that lets it count once. It comes with every mail, so a row is as narrow as can
#: be, and the key begins with the day: rows of a day lie together, and go together. The
#: address comes next, so that a late soft bounce finds the deliveries that came before it.
delivery_event = Table(
    "delivery_event",
    metadata,
    # Days since 1970 (UTC).
    Column("day", Integer, primary_key=True, autoincrement=False),
    # The fingerprint of the recipient, and a hash of the kind and the message.
    Column("address", BigInteger, primary_key=True, autoincrement=False),
    Column("item", BigInteger, primary_key=True, autoincrement=False),
    Column("happened", Instant, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    # Whether it was counted under its configuration set, which identities do not tell.
    Column("named", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)

#: What the rates are made of: one row a day (UTC) and configuration set.
daily_count = Table(
    "daily_count",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("configuration_set", String(64), primary_key=True),
    Column("sends", BigInteger, nullable=False),
    Column("deliveries", BigInteger, nullable=False),
    Column("hard_bounces", BigInteger, nullable=False),
    Column("soft_bounces", BigInteger, nullable=False),
    Column("complaints", BigInteger, nullable=False),
)

#: The addresses that have bounced softly, since when their bounces count, and the
#: newest of them. The bounces themselves are feedback like any other.
soft_bounce_history = Table(
    "soft_bounce_history",
    metadata,
    Column("address", String(320), primary_key=True),
    Column("reset", Instant, nullable=False),
    Column("bounced", Instant, nullable=False),
    Index(None, "bounced"),
)

#: The outbox of the retry queue: written with the feedback, emptied once SQS has it.
retry = Table(
    "retry",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("address", String(320), nullable=False),
    Column("message_id", String(255), nullable=False),
    Column("configuration_set", String(64), nullable=False),
    Column("stream", String(100), nullable=False),
    Column("sub_type", String(80), nullable=False),
    Column("status", String(20), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("happened", Instant, nullable=False),
    Column("not_before", Instant, nullable=False),
    # Until when nobody else is to send it.
    Column("leased", Instant, nullable=False),
)
