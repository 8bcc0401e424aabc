"""Page tokens: where the next page of a list begins.

A token has the key of the last entry of the page before, and a hash of this key, the filter, the
order and the database. So a token of another list is recognised. The hash is no signature: who
may list entries may begin anywhere, so nobody gains anything by making a token. But its key
becomes part of a query, so everything in it is checked.

A token can contain an address.
"""

import base64
import binascii
import hashlib
import json
from typing import Final

from suppression_service.address import MAX_ADDRESS
from suppression_service.server.errors import InvalidField
from suppression_service.store.filters import Filter, Key, Order

#: Characters of a token, at most.
MAX_TOKEN: Final = 4_000

_HASH_BYTES: Final = 8
_MAX_INTEGER: Final = 2**63 - 1


def page_token(key: Key, wanted: Filter, order: Order, database_id: str) -> str:
    """Return the token of the page that begins after a key."""
    encoded = json.dumps(key).encode()
    token = _hash(encoded, wanted, order, database_id) + encoded
    return base64.urlsafe_b64encode(token).decode()


def key_in(token: str, wanted: Filter, order: Order, database_id: str) -> Key | None:
    """Return the key in a token; None for an empty token.

    Raises:
        InvalidField: the token is malformed, or is one of another list.
    """
    if not token:
        return None
    if len(token) > MAX_TOKEN:
        raise _malformed()
    try:
        decoded = base64.b64decode(token.encode(), b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _malformed() from None
    encoded = decoded[_HASH_BYTES:]
    if decoded[:_HASH_BYTES] != _hash(encoded, wanted, order, database_id):
        raise InvalidField(
            "page_token", "PAGE_TOKEN_FOREIGN", "not of this filter, order and database"
        )
    return _key(encoded, order)


def _key(encoded: bytes, order: Order) -> Key:
    try:
        key = json.loads(encoded)
    except (ValueError, RecursionError):
        raise _malformed() from None
    types = [str, int, int] if order is Order.ADDRESS else [int, int]
    if not isinstance(key, list) or [type(part) for part in key] != types:
        raise _malformed()
    if not all(_is_storable(part) for part in key):
        raise _malformed()
    return tuple(key)


def _is_storable(part: int | str) -> bool:
    """Whether a database takes it as a parameter."""
    if isinstance(part, int):
        return abs(part) <= _MAX_INTEGER
    return len(part) <= MAX_ADDRESS and "\0" not in part and part.isprintable()


def _hash(encoded: bytes, wanted: Filter, order: Order, database_id: str) -> bytes:
    of_list = repr((database_id, order.name, wanted)).encode()
    return hashlib.blake2b(of_list + encoded, digest_size=_HASH_BYTES).digest()


def _malformed() -> InvalidField:
    return InvalidField(
        "page_token", "PAGE_TOKEN_MALFORMED", "not a token that this service returned"
    )
