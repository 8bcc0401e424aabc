import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub

from service.health import LIVENESS, ask
from service.supervisor import reserved_address

Serve = Callable[..., contextlib.AbstractAsyncContextManager[grpc.aio.Channel]]
SERVING = health_pb2.HealthCheckResponse.SERVING


@pytest.fixture
async def probed(new_sqlite: str, serve_list: Serve) -> AsyncIterator[str]:
    """The address where a server answers nothing but probes."""
    with reserved_address("127.0.0.1:0") as listen:
        async with serve_list(new_sqlite, health_listen=listen):
            yield listen


@pytest.mark.parametrize("service", ["", "suppression.v1.SuppressionService", LIVENESS])
async def test_a_probe_is_told_that_the_server_serves(probed: str, service: str) -> None:
    async with grpc.aio.insecure_channel(probed) as channel:
        asked = health_pb2.HealthCheckRequest(service=service)
        told = await health_pb2_grpc.HealthStub(channel).Check(asked)
    assert told.status == SERVING


async def test_nothing_but_health_is_answered_where_probes_are(probed: str) -> None:
    async with grpc.aio.insecure_channel(probed) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await SuppressionServiceStub(channel).CheckAddress(
                rpc.CheckAddressRequest(address="jane@example.com")
            )
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED


async def test_the_health_of_any_host_is_asked_of_this_one(probed: str) -> None:
    port = probed.rpartition(":")[2]
    assert await asyncio.to_thread(ask, f"0.0.0.0:{port}") == "SERVING"


async def test_the_health_of_nobody_is_unavailable() -> None:
    with reserved_address("127.0.0.1:0") as nobody:
        assert await asyncio.to_thread(ask, nobody) == "UNAVAILABLE"
