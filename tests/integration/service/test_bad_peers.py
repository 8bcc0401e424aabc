import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from suppression_service.server.transport import grpcio as limits
from tests.support.http2 import PREFACE, Peer, headers, message, settings
from tests.support.in_process_server import served

GREETED = PREFACE + settings()
BATCH = rpc.BatchCheckRequest(addresses=[f"n{n}@example.com" for n in range(100)])
ODD = range(1, 400, 2)

#: Ways to be connected and no use: how many connections, and what each says.
BAD_MANNERS = {
    "silent": (200, b""),
    "greets and falls silent": (300, GREETED),
    "stops within the greeting": (50, PREFACE[:10]),
    "stops within the headers": (50, GREETED + headers("CheckAddress", 1)[:-20]),
    "stops within the message": (
        50,
        GREETED + headers("BatchCheck", 1) + message(BATCH.SerializeToString(), 1)[:-20],
    ),
    "begins hundreds of calls": (5, GREETED + b"".join(headers("BatchCheck", n) for n in ODD)),
    "never reads an answer": (
        5,
        PREFACE
        + settings(window=0)
        + b"".join(headers("BatchCheck", n) + message(BATCH.SerializeToString(), n) for n in ODD),
    ),
    "speaks another language": (50, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
}


@contextlib.asynccontextmanager
async def peers(address: str, count: int, octets: bytes) -> AsyncIterator[list[Peer]]:
    async with grpc.aio.insecure_channel(address) as channel:
        await channel.channel_ready()
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Peer(address, octets)) for _ in range(count)]


async def verdicts(address: str) -> list[int]:
    """What a good client is told that connects anew, checks one by one, and all at once."""
    async with grpc.aio.insecure_channel(address) as channel:
        stub: Any = SuppressionServiceStub(channel)
        asked = [rpc.CheckAddressRequest(address=address) for address in BATCH.addresses]
        answers = [await stub.CheckAddress(one, wait_for_ready=True, timeout=20) for one in asked]
        batch = await stub.BatchCheck(BATCH, timeout=20)
    return [*(answer.verdict for answer in answers), *batch.verdicts]


@pytest.mark.parametrize(("count", "octets"), BAD_MANNERS.values(), ids=BAD_MANNERS)
async def test_bad_peers_keep_no_good_client_from_its_answers(
    count: int, octets: bytes, new_sqlite: str
) -> None:
    async with served(new_sqlite) as address, peers(address, count, octets):
        assert await verdicts(address) == [pb.VERDICT_SEND] * 200


@pytest.mark.parametrize(
    "octets",
    [b"", PREFACE[:10], GREETED + headers("CheckAddress", 1)[:-20], b"\x16\x03\x01"],
    ids=["silent", "within the greeting", "within the headers", "within TLS"],
)
async def test_a_peer_that_stops_is_hung_up_on(
    octets: bytes, new_sqlite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for patience in ("HANDSHAKE_SECONDS", "SILENCE_SECONDS", "ANSWER_SECONDS"):
        monkeypatch.setattr(limits, patience, 0.5)
    async with served(new_sqlite) as address, peers(address, 1, octets) as [peer]:
        await peer.hung_up_on()


async def test_connections_beyond_the_limit_are_closed_and_those_within_answered(
    new_sqlite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a client, and room for one more
    monkeypatch.setattr(limits, "MAX_CONNECTIONS", 2)
    async with served(new_sqlite) as address, grpc.aio.insecure_channel(address) as channel:
        stub: Any = SuppressionServiceStub(channel)
        await stub.BatchCheck(BATCH, wait_for_ready=True, timeout=20)
        # when two want it
        async with Peer(address, GREETED) as one, Peer(address, GREETED) as other:
            ends = [asyncio.create_task(each.hung_up_on()) for each in (one, other)]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            batch = await stub.BatchCheck(BATCH, timeout=20)
    assert batch.verdicts == [pb.VERDICT_SEND] * 100
