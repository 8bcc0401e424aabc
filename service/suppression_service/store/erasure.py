"""Forgetting a person, and blocking the address all the same.

An erased entry has a keyed hash where its address was. The key lies in the database,
beside the seed of the fingerprints: whoever has the database can test whether an address
that they know was erased, and cannot list those that were. A key kept elsewhere would
not change that. The fingerprint must stay, since replicas answer by it, and it tests
a guess as well.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, delete, select, update

from suppression_service.store import schema

#: What the name of an erased address begins with. Unlike an address it has no "@".
ERASED: Final = "erased:"

#: What becomes of feedback about an erased address: what tells it from a repetition
#: stays, and what it counted as.
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
    """Return what stands for a canonical address that was erased."""
    return ERASED + hmac.digest(key, address.encode(), hashlib.sha256).hex()


def names_of(addresses: Iterable[str], key: bytes | None) -> dict[str, str]:
    """Return the names that rows about addresses can have, and of which address each is.

    Args:
        addresses: canonical ones.
        key: that of the database; None where nobody has been erased yet.
    """
    names = {address: address for address in addresses}
    if key is not None:
        names |= {erased_name(address, key): address for address in names}
    return names


def key_of(connection: Connection) -> bytes | None:
    """Return the key of a database; None where nobody has been erased yet."""
    key: bytes | None = connection.execute(select(schema.revision.c.erasure_key)).scalar_one()
    return key


def make_key(connection: Connection) -> bytes:
    """Give a database its key."""
    key = secrets.token_bytes(32)
    connection.execute(update(schema.revision).values(erasure_key=key))
    return key


def forget_feedback(connection: Connection, address: str) -> int:
    """Forget the feedback and the retries of an address; return how much feedback there was."""
    event, retry = schema.event, schema.retry
    connection.execute(delete(retry).where(retry.c.address == address))
    forgotten = update(event).where(event.c.address == address).values(**FORGOTTEN)
    return connection.execute(forgotten).rowcount
