"""Databases with many entries, generated fast and always the same."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from suppression_service.store import Reason, Store
from suppression_service.store.models import Identity, domain_key
from suppression_service.store.replication import fingerprint

_COLUMNS = (
    "address, stream_id, reason, fingerprint, source, detail, message_id, feedback_id, "
    "first_seen, last_seen, occurrences, revision, include_subdomains"
)
_LONG_AGO = 1_700_000_000_000_000


def listed(number: int) -> str:
    """Return the address of an entry; numbers run from 0."""
    return f"user.{number}@example{number % 997}.com"


def unlisted(number: int) -> str:
    """Return an address that no list has."""
    return f"nobody.{number}@example{number % 997}.org"


def domain(number: int) -> str:
    """Return a domain that has an entry; half of them include subdomains."""
    return f"blocked{number}.example{number % 997}.com"


def fill(url: str, entries: int, domains: int = 0) -> Store:
    """Make the schema and put a number of hard bounces into it, and entries of domains."""
    store = Store.open(url, migrate_first=True)
    identity = store.identity()
    if store.engine.dialect.name == "postgresql":
        _copy_into_postgresql(url, _rows(entries, domains, identity))
    else:
        _insert_into_sqlite(store, _rows(entries, domains, identity))
    with store.write():
        pass
    return store


def _rows(entries: int, domains: int, identity: Identity) -> Iterator[tuple[Any, ...]]:
    constant = ("ses", "smtp; 550 5.1.1 user unknown", "0102018b-0000", "0102018b-0001")
    seen = (_LONG_AGO, _LONG_AGO, 1, 1)
    for number in range(entries):
        address = listed(number)
        digest = fingerprint(address, identity.fingerprint_seed)
        yield (address, 0, int(Reason.HARD_BOUNCE), digest, *constant, *seen, False)
    for number in range(domains):
        key = domain_key(domain(number))
        digest = fingerprint(key, identity.fingerprint_seed)
        yield (key, 0, int(Reason.MANUAL), digest, *constant, *seen, number % 2 == 0)


def _insert_into_sqlite(store: Store, rows: Iterator[tuple[Any, ...]]) -> None:
    connection: Any = store.engine.raw_connection()
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.execute("BEGIN")
    placeholders = ", ".join("?" * 13)
    cursor.executemany(f"INSERT INTO suppression ({_COLUMNS}) VALUES ({placeholders})", rows)
    cursor.execute("COMMIT")
    connection.close()
    store.engine.dispose()


def _copy_into_postgresql(url: str, rows: Iterator[tuple[Any, ...]]) -> None:
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as connection:
        with connection.cursor().copy(f"COPY suppression ({_COLUMNS}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        connection.commit()
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as tidy:
        tidy.execute("VACUUM ANALYZE suppression")


def sqlite_url(directory: Path) -> str:
    """Return the URL of a SQLite file in a directory."""
    return f"sqlite:///{directory / 'suppression.db'}"
