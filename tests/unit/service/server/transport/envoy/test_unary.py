import asyncio
from typing import Any

import pytest

from suppression.v1 import suppression_service_pb2 as rpc
from suppression_service.server.settings import MAX_SMALL_REQUEST
from tests.support.asgi import Exchange
from tests.support.http2 import prefixed

JANE = rpc.CheckAddressRequest(address="jane@example.com")
CHECK = "/suppression.v1.SuppressionService/CheckAddress"
BATCH = "/suppression.v1.SuppressionService/BatchCheck"
UNARY = {"content-type": "application/grpc", "te": "trailers"}


def status(exchange: Exchange) -> int:
    return int(exchange.metadata["grpc-status"])


@pytest.mark.parametrize("cut", [1, 5, 6, 10, None])
async def test_a_message_is_put_together_from_its_parts(wired: Any, cut: int | None) -> None:
    message = prefixed(JANE.SerializeToString())
    parts = (message,) if cut is None else (message[:cut], message[cut:], b"")
    exchange = await wired.unary(parts)
    assert wired.requests == [JANE]
    assert [event["type"] for event in exchange.sent] == [
        "http.response.start",
        "http.response.body",
        "http.response.trailers",
    ]
    assert rpc.CheckAddressResponse.FromString(exchange.body[5:]).revision == "a.1"
    assert wired.counted() == {"OK": 1}


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((b"",), 12),
        ((prefixed(b"") * 2,), 12),
        ((prefixed(b""), prefixed(b"")), 12),
        ((prefixed(b"")[:4],), 13),
        ((prefixed(b"abc")[:-1],), 13),
        ((prefixed(b"", compressed=True),), 13),
        ((prefixed(b"", length=MAX_SMALL_REQUEST + 1),), 8),
        ((prefixed(b"\xff\x07"),), 3),
    ],
)
async def test_a_request_that_is_no_message_is_refused_and_counted_once(
    wired: Any, parts: tuple[bytes, ...], code: int
) -> None:
    exchange = await wired.unary(parts)
    assert status(exchange) == code
    assert exchange.body == b""
    assert sum(wired.counted().values()) == 1


async def test_a_message_that_is_too_long_is_not_waited_for(wired: Any) -> None:
    exchange = await wired.unary((prefixed(b"", length=MAX_SMALL_REQUEST + 1), b"", b"", b""))
    assert (status(exchange), exchange.received) == (8, 1)


async def test_a_caller_that_is_not_admitted_is_refused_before_its_message_is_read(
    wired: Any,
) -> None:
    wired.admitted = False
    exchange = await wired.unary()
    assert (status(exchange), exchange.received) == (16, 0)
    assert exchange.metadata["grpc-message"] == "show a token: '%E2%80%A6'"


async def test_a_compression_is_refused_with_those_that_are_accepted(wired: Any) -> None:
    exchange = await wired.unary(grpc_encoding="gzip")
    assert status(exchange) == 12
    assert exchange.metadata["grpc-accept-encoding"] == "identity"


@pytest.mark.parametrize(("te", "version"), [("", "2"), ("gzip", "2"), ("trailers", "1.1")])
async def test_a_call_that_gets_no_trailers_gets_a_status_all_the_same(
    wired: Any, te: str, version: str
) -> None:
    exchange = Exchange(CHECK, {**UNARY, "te": te}, (prefixed(b""),), http_version=version)
    assert status(await wired.answered(exchange)) == 13


@pytest.mark.parametrize("given", ["", "S", "5", "5s", "-5S", "1.5S", "123456789S", "\xb2S"])
async def test_a_timeout_that_cannot_be_read_is_refused_before_the_message_is_read(
    wired: Any, given: str
) -> None:
    exchange = await wired.unary(grpc_timeout=given)
    assert (status(exchange), exchange.received) == (3, 0)


async def test_a_caller_that_leaves_early_is_counted_whatever_its_timeout_is(wired: Any) -> None:
    await wired.unary((b"\0",), left=True, grpc_timeout="x")
    assert sum(wired.counted().values()) == 1


@pytest.mark.parametrize("parts", [(), (b"\0",), (prefixed(b"abc")[:-1],)])
async def test_a_caller_that_leaves_before_its_message_is_there_gets_nothing(
    wired: Any, parts: tuple[bytes, ...]
) -> None:
    exchange = await wired.unary(parts, left=True)
    assert exchange.sent == []
    assert wired.counted() == {"CANCELLED": 1}
    assert wired.application.under_way == 0


async def test_a_caller_that_leaves_ends_a_call_that_waits(wired: Any, forever: Any) -> None:
    wired.before = forever
    exchange = Exchange(CHECK, UNARY, (prefixed(b""),))
    answering = asyncio.create_task(wired.answered(exchange))
    while not wired.requests:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert wired.application.under_way == 1
    exchange.left = True
    await answering
    assert exchange.sent == []
    assert wired.counted() == {"CANCELLED": 1}


async def test_a_call_that_waits_ends_at_its_deadline(wired: Any, forever: Any) -> None:
    wired.before = forever
    assert status(await wired.unary(grpc_timeout="20m")) == 4
    assert wired.counted() == {"DEADLINE_EXCEEDED": 1}


async def test_a_caller_that_has_left_when_its_answer_is_sent_is_counted(wired: Any) -> None:
    exchange = Exchange(CHECK, UNARY, (prefixed(b""),))

    def broken(_event: object) -> None:
        raise OSError

    exchange.on_send = broken
    await wired.answered(exchange)
    assert wired.counted() == {"CANCELLED": 1}


async def test_an_internal_error_is_a_status_that_says_nothing(wired: Any) -> None:
    async def broken() -> None:
        raise RuntimeError("secret")

    wired.before = broken
    exchange = await wired.unary()
    assert status(exchange) == 13
    assert "secret" not in str(exchange.metadata)
    assert wired.counted() == {"INTERNAL": 1}


async def test_requests_that_are_not_complete_take_no_more_than_the_memory_budget(
    wired: Any, forever: Any
) -> None:
    # given batches of which each has sent almost everything, and waits
    part = prefixed(b"", length=100_000) + bytes(89_995)
    waiting = [Exchange(BATCH, UNARY, (part, b"")) for _ in range(3)]
    for exchange in waiting:
        exchange.receive = _stalled(exchange, forever)  # type: ignore[method-assign]
    tasks = [asyncio.create_task(wired.answered(exchange)) for exchange in waiting]
    await _until(lambda: all(exchange.received == 1 for exchange in waiting))
    # when another comes, then it is refused at once, and a small one is answered
    refused = await wired.answered(Exchange(BATCH, UNARY, (part, b"")))
    assert status(refused) == 8
    assert status(await wired.unary()) == 0
    # when they have left, then the memory is free again
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    # incomplete: INTERNAL, not RESOURCE_EXHAUSTED
    assert status(await wired.answered(Exchange(BATCH, UNARY, (part, b"")))) == 13


def _stalled(exchange: Exchange, forever: Any) -> Any:
    receive = exchange.receive

    async def first_only() -> Any:
        if exchange.received:
            await forever()
        return await receive()

    return first_only


async def _until(true: Any) -> None:
    while not true():  # noqa: ASYNC110
        await asyncio.sleep(0)
