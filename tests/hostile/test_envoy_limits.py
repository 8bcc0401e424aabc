"""What a stranger is told who goes beyond a limit of the Envoy transport."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status

from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from suppression_service.server.transport.envoy.application import MAX_REFLECTIONS
from tests.hostile import servers

pytestmark = pytest.mark.xdist_group("hostile")

LISTING = reflection_pb2.ServerReflectionRequest(list_services="")


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with servers.running("envoy", tmp_path, peer_rate=40) as server:
        yield f"127.0.0.1:{server.port}"


@pytest.fixture
async def channel(address: str) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(address) as channel:
        yield channel


async def refusal(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    return refused.value


async def test_an_address_that_calls_too_often_is_told_so_and_when_to_try_again(
    channel: grpc.aio.Channel,
) -> None:
    stub: Any = SuppressionServiceStub(channel)
    calls = (stub.CheckAddress(rpc.CheckAddressRequest()) for _ in range(200))
    errors = await asyncio.gather(*map(refusal, calls))
    beyond = next(each for each in errors if each.code() == grpc.StatusCode.RESOURCE_EXHAUSTED)
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    details = rpc_status.from_call(beyond).details
    assert [any(each.Unpack(form) for each in details) for form in (info, retry)] == [True, True]
    assert info.reason == "PEER_RATE"


async def test_reflection_has_few_streams_at_a_time(channel: grpc.aio.Channel) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    # Given as many streams as there may be, each with an answer
    streams = [stub.ServerReflectionInfo() for _ in range(MAX_REFLECTIONS)]
    for stream in streams:
        await stream.write(LISTING)
        await stream.read()
    # When another one begins, then it is refused
    refused = await refusal(stub.ServerReflectionInfo(iter([LISTING])).read())
    assert refused.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    # Until one ends.
    await streams.pop().done_writing()
    while not await is_answered(stub.ServerReflectionInfo(iter([LISTING]))):  # noqa: ASYNC110
        await asyncio.sleep(0.1)


async def is_answered(stream: Any) -> bool:
    try:
        return bool((await stream.read()).list_services_response.service)
    except grpc.aio.AioRpcError:
        return False
