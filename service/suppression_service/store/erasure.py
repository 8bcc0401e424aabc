"""Erasure: a person is forgotten, and the address stays suppressed.

An erased entry has a keyed hash instead of its address. The key is in the database, beside
the seed of the fingerprints. With the database one can test whether a known address was
erased, but cannot list the erased addresses. A key stored elsewhere would not change that:
the fingerprint must stay, since replicas need it, and it allows the same test.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, delete, select, update

from suppression_service.store import schema

#: The prefix of the hash of an erased address. Unlike an address, a hash has no "@".
ERASED: Final = "erased:"

#: The columns that are emptied in feedback about an erased address. Its key stays, so that
#: it is recognised when it is reported again, and what it counted as.
FORGOTTEN: Final = {
    "address": "",
    "type": "",
    "sub_type": "",
    "feedback_id": "",
    "message_id": "",
    "action": "",
    "status": "",
    "diagnostic": "",
    "reason": 0,
}


def erased_name(address: str, key: bytes) -> str:
    """Return the hash that replaces an erased canonical address."""
    return ERASED + hmac.digest(key, address.encode(), hashlib.sha256).hex()


def names_of(addresses: Iterable[str], key: bytes | None) -> dict[str, str]:
    """Return the names under which rows about addresses are stored, with the address of each.

    Args:
        addresses: canonical addresses.
        key: the erasure key of the database; None before the first erasure.
    """
    names = {address: address for address in addresses}
    if key is not None:
        names |= {erased_name(address, key): address for address in names}
    return names


def key_of(connection: Connection) -> bytes | None:
    """Return the erasure key of a database; None before the first erasure."""
    key: bytes | None = connection.execute(select(schema.revision.c.erasure_key)).scalar_one()
    return key


def make_key(connection: Connection) -> bytes:
    """Create the erasure key of a database."""
    key = secrets.token_bytes(32)
    connection.execute(update(schema.revision).values(erasure_key=key))
    return key


def forget_feedback(connection: Connection, address: str) -> int:
    """Erase the feedback and the retries of an address; return the number of events erased."""
    event, retry = schema.event, schema.retry
    connection.execute(delete(retry).where(retry.c.address == address))
    forgotten = update(event).where(event.c.address == address).values(**FORGOTTEN)
    return connection.execute(forgotten).rowcount
