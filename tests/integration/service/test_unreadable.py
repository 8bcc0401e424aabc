"""Requests that are no messages of their type, from whoever speaks HTTP/2."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from suppression_service.server.rpc import SERVICE
from tests.support.in_process_server import Serve

Refusal = Callable[[Awaitable[object]], Awaitable[tuple[str, str, list[str]]]]
NO_MESSAGES = {
    "cut off": b"\n\x05a@b",
    "half a character": b"\n\x05a@b\xed\xa0",
    "noise": b"\xff\x07",
}


@pytest.mark.parametrize("octets", NO_MESSAGES.values(), ids=NO_MESSAGES)
async def test_a_request_that_is_no_message_is_refused_as_malformed(
    serve_list: Serve, new_sqlite: str, refusal: Refusal, octets: bytes
) -> None:
    async with serve_list(new_sqlite) as channel:
        call: Any = channel.unary_unary(f"/{SERVICE.full_name}/CheckAddress")
        refused = await refusal(call(octets))
    assert refused == ("INVALID_ARGUMENT", "REQUEST_MALFORMED", [])
