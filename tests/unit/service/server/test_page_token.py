import base64
import hashlib
import json
from typing import Any

import pytest

from suppression_service.server.errors import InvalidField
from suppression_service.server.page_token import key_in, page_token
from suppression_service.store.filters import Filter, Key, Order

NEWS = Filter(stream="news")
OF_ADDRESS: Key = ("é@example.com", 3, 1)


def crafted(content: bytes, order: Order = Order.ADDRESS) -> str:
    """A token with the right hash, as whoever has read this service's code can make it."""
    whole = repr(("db", order.name, NEWS)).encode() + content
    digest = hashlib.blake2b(whole, digest_size=8).digest()
    return base64.urlsafe_b64encode(digest + content).decode()


@pytest.mark.parametrize(
    ("key", "order"), [((-5, 2**62), Order.NEWEST), (OF_ADDRESS, Order.ADDRESS)]
)
def test_a_token_has_its_key(key: Key, order: Order) -> None:
    token = page_token(key, NEWS, order, "db")
    assert key_in(token, NEWS, order, "db") == key
    assert key_in("", NEWS, order, "db") is None


@pytest.mark.parametrize(
    ("wanted", "order", "database_id"),
    [
        (Filter(), Order.ADDRESS, "db"),
        (NEWS, Order.NEWEST, "db"),
        (NEWS, Order.ADDRESS, "other"),
    ],
)
def test_a_token_of_another_list_is_refused(wanted: Filter, order: Order, database_id: str) -> None:
    token = page_token(OF_ADDRESS, NEWS, Order.ADDRESS, "db")
    with pytest.raises(InvalidField) as refused:
        key_in(token, wanted, order, database_id)
    assert refused.value.reason == "PAGE_TOKEN_FOREIGN"


_NO_KEYS: list[Any] = [
    [], {}, 5, None, ["a@b.c", 0], [1, 0, 1], ["a@b.c", 0, "1"], ["a@b.c", True, 1],
    ["a@b.c", 1.5, 1], ["a\0@b.c", 0, 1], ["\ud800@b.c", 0, 1], ["a" * 321, 0, 1],
    ["a@b.c", 2**63, 1], [["a@b.c"], 0, 1],
]  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        *(json.dumps(key).encode() for key in _NO_KEYS),
        *(b"", b"\xff", b"[" * 2_000, b'["a@b.c", 0, NaN]'),
    ],
)
def test_a_token_that_somebody_made_never_gets_to_the_database(content: bytes) -> None:
    with pytest.raises(InvalidField) as refused:
        key_in(crafted(content), NEWS, Order.ADDRESS, "db")
    assert refused.value.reason == "PAGE_TOKEN_MALFORMED"


@pytest.mark.parametrize("token", ["x", "%%%%", "é", "AAAA\n", "A" * 4_001, " "])
def test_text_that_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidField):
        key_in(token, NEWS, Order.ADDRESS, "db")
