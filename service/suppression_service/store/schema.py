"""The tables, the same on SQLite and PostgreSQL.

The migrations build them; a test compares the two. Times are microseconds since 1970 in
a BIGINT: exact, ordered and the same on both engines, which their own date types are not.
"""

import datetime as dt
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
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
    false,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

#: The stream id of entries that hold for all mail; the first migration inserts its row.
ALL_MAIL: Final = 0

#: Characters that are kept of what a receiving server said. Some servers send a page, and
#: a list of changes has thousands of entries.
MAX_DETAIL: Final = 1_000

EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)


def microseconds(timestamp: dt.datetime) -> int:
    """Return an aware datetime as microseconds since 1970, rounded down."""
    return (timestamp - EPOCH) // _MICROSECOND


def day_number(timestamp: dt.datetime) -> int:
    """Return the day (UTC) of an aware datetime, in days since 1970."""
    return (timestamp - EPOCH).days


def day_number_of(day: dt.date) -> int:
    """Return a day in days since 1970."""
    return (day - EPOCH.date()).days


class Timestamp(TypeDecorator[dt.datetime]):
    """An aware datetime in Python, microseconds since 1970 in the database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Turn an aware datetime into microseconds."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        """Turn microseconds into a datetime in UTC."""
        return None if value is None else EPOCH + value * _MICROSECOND


class StorableText(TypeDecorator[str]):
    """Text written by others: cut to the column, without what PostgreSQL cannot store.

    Args:
        length: characters of a VARCHAR; none for a TEXT of :data:`MAX_DETAIL`.
    """

    impl = Text
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__()
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:  # noqa: ARG002
        """Return the column's type."""
        return String(self.length) if self.length else Text()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Cut a text, drop its NULs and replace its lone surrogates."""
        return None if value is None else self.stored(value)

    def stored(self, value: str) -> str:
        """Return a text as it is stored."""
        if not value.isascii() or "\0" in value:  # hardly ever
            value = value.encode(errors="replace").decode().replace("\0", "")
        return value[: self.length or MAX_DETAIL]


# SQLite assigns row ids by itself only for a column whose type is INTEGER.
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
    # The id of this database, which is part of every revision that callers get.
    Column("database_id", String(16), nullable=False),
    # Seed of the fingerprints, so that nobody can construct an address that collides.
    Column("fingerprint_seed", BigInteger, nullable=False),
    # Key of the hashes that replace erased addresses; none before the first erasure.
    Column("erasure_key", LargeBinary(32)),
)

#: One row. Not a column of ``revision``: writers lock that row before the tables, and a
#: migration would lock it after them, which is a deadlock.
compatibility = Table(
    "compatibility",
    metadata,
    Column("id", SmallInteger, CheckConstraint("id = 1", name="one_row"), primary_key=True),
    # The oldest version whose programs may work with this schema; from the migrations.
    Column("oldest_program", String(32), nullable=False),
)

#: The names of streams. Entries and replicas have the id.
stream = Table(
    "stream",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(100), nullable=False, unique=True),
)

#: The domain of an entry, in SQL: what follows the last "@" of the address. For an erased
#: entry it is the whole hash, which is no domain.
DOMAIN: Final = "substr(address, length(rtrim(address, replace(address, '@', ''))) + 1)"
#: When an entry was last seen or removed, in SQL.
CHANGED: Final = "(CASE WHEN removed > last_seen THEN removed ELSE last_seen END)"

# Ordered by its bytes on both engines, so that an index finds the addresses with a prefix.
_Address = String(320).with_variant(postgresql.VARCHAR(320, collation="C"), "postgresql")


_BY_REASON: Final = ("reason", "first_seen", "id")
_EXPIRING: Final = "removed IS NULL AND expires IS NOT NULL"


def _partial_index(name: str, condition: str, *columns: str) -> Index:
    """Return an index of the entries that a condition holds for."""
    where = text(condition)
    return Index(f"ix_suppression_{name}", *columns, sqlite_where=where, postgresql_where=where)


#: The list: one row for an address or a domain, a stream and a reason.
suppression = Table(
    "suppression",
    metadata,
    Column("id", _RowId, primary_key=True),
    # The address, or the hash of an erased one (see suppression_service.store.erasure), or the
    # key of a domain, which begins with "@" (see suppression_service.address).
    Column("address", _Address, nullable=False),
    Column("stream_id", Integer, ForeignKey(stream.c.id), nullable=False),
    Column("reason", SmallInteger, nullable=False),
    # The fingerprint of the address; see suppression_service.store.replication.
    Column("fingerprint", BigInteger, nullable=False),
    Column("source", String(100), nullable=False),
    Column("detail", StorableText(), nullable=False),
    Column("message_id", StorableText(255), nullable=False),
    Column("feedback_id", StorableText(255), nullable=False),
    Column("first_seen", Timestamp, nullable=False),
    Column("last_seen", Timestamp, nullable=False),
    Column("occurrences", BigInteger, nullable=False),
    Column("expires", Timestamp),
    # A removed entry stays as a tombstone: feedback from before the removal is ignored.
    Column("removed", Timestamp),
    Column("removed_by", String(100), nullable=False, server_default=text("''")),
    Column("removal_detail", StorableText(), nullable=False, server_default=text("''")),
    Column("revision", BigInteger, nullable=False),
    # Whether the entry of a domain also holds for its subdomains.
    Column("include_subdomains", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("address", "stream_id", "reason"),
    Index(None, "revision"),
    # Replicas read all entries of a fingerprint, of whichever address.
    Index(None, "fingerprint"),
    # What leads to a page of the list: see suppression_service.store.search. An entry is in
    # one of the first three.
    _partial_index("reason_permanent", "removed IS NULL AND expires IS NULL", *_BY_REASON),
    _partial_index("reason_expiring", _EXPIRING, *_BY_REASON, "expires"),
    _partial_index("reason_removed", "removed IS NOT NULL", *_BY_REASON),
    Index("ix_suppression_stream", "stream_id", "first_seen", "id"),
    Index("ix_suppression_source", "source", "first_seen", "id"),
    Index("ix_suppression_domain", text(DOMAIN), "first_seen", "id"),
    Index("ix_suppression_changed", text(CHANGED), "id"),
    # Those that have expired, and those that have not.
    _partial_index("expires", _EXPIRING, "expires", "first_seen", "id", "reason"),
)

#: The feedback: one row for each item and recipient. By the key, feedback that is
#: reported again is recognised and counted once.
event = Table(
    "event",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("key", LargeBinary(16), nullable=False, unique=True),
    Column("address", StorableText(320), nullable=False),
    Column("provider", StorableText(20), nullable=False),
    Column("kind", StorableText(40), nullable=False),
    Column("type", StorableText(40), nullable=False),
    Column("sub_type", StorableText(80), nullable=False),
    Column("feedback_id", StorableText(255), nullable=False),
    Column("message_id", StorableText(255), nullable=False),
    Column("configuration_set", StorableText(64), nullable=False),
    Column("action", StorableText(20), nullable=False),
    Column("status", StorableText(20), nullable=False),
    Column("diagnostic", StorableText(), nullable=False),
    # What it counts as in the rates: "bounce", "soft bounce", "complaint" or nothing.
    Column("counts_as", StorableText(20), nullable=False),
    # The reason of the entry that it leads to; 0 for none.
    Column("reason", SmallInteger, nullable=False),
    Column("happened", Timestamp, nullable=False),
    Column("received", Timestamp, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Index(None, "address", "happened"),
    Index(None, "received"),
)

#: Each send and each delivery to each recipient, for as long as it may be reported again,
#: so that it counts once. There are several rows for each mail, so a row is as narrow as
#: possible. The key begins with the day, so the rows of a day are stored and purged
#: together; the address is next, so that a late soft bounce finds the deliveries after it.
delivery_event = Table(
    "delivery_event",
    metadata,
    # Days since 1970 (UTC).
    Column("day", Integer, primary_key=True, autoincrement=False),
    # The fingerprint of the recipient, and a hash of the kind and the message.
    Column("address", BigInteger, primary_key=True, autoincrement=False),
    Column("item", BigInteger, primary_key=True, autoincrement=False),
    Column("happened", Timestamp, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    # Whether it was counted under its configuration set. An identity does not report one.
    Column("named", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)

#: The counts for the rates: one row for each day (UTC) and configuration set.
daily_count = Table(
    "daily_count",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("configuration_set", StorableText(64), primary_key=True),
    Column("sends", BigInteger, nullable=False),
    Column("deliveries", BigInteger, nullable=False),
    Column("hard_bounces", BigInteger, nullable=False),
    Column("soft_bounces", BigInteger, nullable=False),
    Column("complaints", BigInteger, nullable=False),
)

#: The addresses that have soft-bounced: since when their bounces count (``reset``), and
#: when the newest of them happened. The bounces themselves are rows of ``event``.
soft_bounce_history = Table(
    "soft_bounce_history",
    metadata,
    # Storable: deliveries are looked up by what the provider reported, address or not.
    Column("address", StorableText(320), primary_key=True),
    Column("reset", Timestamp, nullable=False),
    Column("bounced", Timestamp, nullable=False),
    Index(None, "bounced"),
)

#: The outbox of the retry queue: written with the feedback, deleted once SQS has the retry.
retry = Table(
    "retry",
    metadata,
    Column("id", _RowId, primary_key=True),
    Column("address", StorableText(320), nullable=False),
    Column("message_id", StorableText(255), nullable=False),
    Column("configuration_set", StorableText(64), nullable=False),
    Column("stream", StorableText(100), nullable=False),
    Column("sub_type", StorableText(80), nullable=False),
    Column("status", StorableText(20), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("happened", Timestamp, nullable=False),
    Column("not_before", Timestamp, nullable=False),
    # Until when no other process may send it.
    Column("leased", Timestamp, nullable=False),
)

#: What statistics are counted by: the values of all dimensions except the day. The id is a
#: hash of the others.
statistic_series = Table(
    "statistic_series",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("reason", SmallInteger, nullable=False),
    Column("category", SmallInteger, nullable=False),
    Column("sub_type", StorableText(80), nullable=False),
    Column("status", StorableText(20), nullable=False),
    Column("domain", StorableText(255), nullable=False),
    Column("configuration_set", StorableText(64), nullable=False),
    Column("stream", StorableText(100), nullable=False),
    Column("source", StorableText(100), nullable=False),
)

#: The counts of the days that are not packed yet, and what came later.
statistic = Table(
    "statistic",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("measure", SmallInteger, primary_key=True, autoincrement=False),
    Column("series_id", BigInteger, primary_key=True, autoincrement=False),
    Column("count", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

#: The counts of each closed day, packed; see suppression_service.store.packing.
packed_statistic = Table(
    "packed_statistic",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("counts", LargeBinary, nullable=False),
)

#: A few replies of mail servers for each category and domain, masked.
reply_example = Table(
    "reply_example",
    metadata,
    Column("category", SmallInteger, primary_key=True, autoincrement=False),
    Column("domain", StorableText(255), primary_key=True),
    Column("slot", SmallInteger, primary_key=True, autoincrement=False),
    Column("status", StorableText(20), nullable=False),
    Column("text", StorableText(300), nullable=False),
    # The last day on which it was seen, at most a day ago.
    Column("day", Integer, nullable=False),
)

#: How many messages the dead-letter queue of each queue had, when ingest last asked.
dead_letter_queue = Table(
    "dead_letter_queue",
    metadata,
    # The URL of the queue that ingest receives from.
    Column("queue_url", StorableText(255), primary_key=True),
    Column("messages", BigInteger, nullable=False),
    Column("counted", Timestamp, nullable=False),
)

#: The certificates that SNS signs with. They are public; a restart need not fetch them.
signing_certificate = Table(
    "signing_certificate",
    metadata,
    # After the URL of the stand-in that it came from, if it came from one.
    Column("url", String(500), primary_key=True),
    Column("pem", Text, nullable=False),
    Column("fetched", Timestamp, nullable=False),
)

#: What was read of the suppression lists of SES: the pages of the last whole read, and of
#: one in progress. Comparing two reads shows what was removed at SES.
account_list_page = Table(
    "account_list_page",
    metadata,
    # ACCOUNT/REGION, or ACCOUNT/REGION/TENANT.
    Column("account_list", String(200), primary_key=True),
    # When the read began.
    Column("started", Timestamp, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    # SES's token of the next page; empty on the last page.
    Column("next_token", Text, nullable=False),
    # Fingerprints instead of addresses, 8 bytes each: an erasure has nothing to do here.
    Column("fingerprints", LargeBinary, nullable=False),
    # One byte for each: its reason, or 0 if SES listed it earlier and does not any more.
    Column("reasons", LargeBinary, nullable=False),
)
