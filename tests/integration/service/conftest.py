"""Databases of both engines in turn, and servers on them."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import grpc
import psycopg
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from sqlalchemy import make_url

from tests.support.in_process_server import Serve, served


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Each of the engines in turn."""
    name: str = request.param
    return name


@pytest.fixture
def url(engine_name: str, request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database, of each engine in turn."""
    fixture: str = request.getfixturevalue(f"new_{engine_name}")
    return fixture


@pytest.fixture
def empty_url(engine_name: str, request: pytest.FixtureRequest) -> str:
    """The URL of a database without a schema, of each engine in turn."""
    fixture: str = request.getfixturevalue(f"{engine_name}_url")
    return fixture


@pytest.fixture
def outage(
    postgresql_admin: psycopg.Connection,
) -> Callable[[str], contextlib.AbstractContextManager[None]]:
    """Cut a PostgreSQL database off for the length of a block, connections included."""

    @contextlib.contextmanager
    def away(url: str) -> Iterator[None]:
        name = make_url(url).database
        postgresql_admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        _hang_up(postgresql_admin, name)
        yield
        postgresql_admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    return away


@pytest.fixture
def serve_list() -> Serve:
    """A real server on a real socket; several at once are several workers."""

    @contextlib.asynccontextmanager
    async def serving(
        url: str, *, ready: bool = True, **settings: Any
    ) -> AsyncIterator[grpc.aio.Channel]:
        # Calls under way at the end of the block are for the server to answer, so the channel
        # outlives it.
        async with contextlib.AsyncExitStack() as after, served(url, **settings) as listen:
            channel = await after.enter_async_context(grpc.aio.insecure_channel(listen))
            if ready:
                await until_health_is(channel, health_pb2.HealthCheckResponse.SERVING)
            yield channel

    return serving


async def until_health_is(channel: grpc.aio.Channel, wanted: int) -> None:
    """Watch the health of a server until it is as wanted."""
    stub = health_pb2_grpc.HealthStub(channel)
    watch = stub.Watch(health_pb2.HealthCheckRequest(), wait_for_ready=True)
    async for told in watch:
        if told.status == wanted:
            watch.cancel()
            return


@pytest.fixture
def health_becomes() -> Callable[[grpc.aio.Channel, int], Awaitable[None]]:
    """Wait until a server tells a health."""
    return until_health_is


@pytest.fixture
def refusal() -> Callable[[Awaitable[object]], Awaitable[tuple[str, str, list[str]]]]:
    """Await a call that must fail: its status, the reason of its ErrorInfo, the fields at fault."""

    async def refused(call: Awaitable[object]) -> tuple[str, str, list[str]]:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await call
        status = rpc_status.from_call(error.value)
        assert status is not None, f"no details: {error.value.code()} {error.value.details()}"
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        retry = error_details_pb2.RetryInfo()
        assert status.details[0].Unpack(info)
        assert info.domain == "suppression.v1"
        for more in status.details[1:-1]:
            assert more.Unpack(retry) or more.Unpack(bad)
        asked = error_details_pb2.RequestInfo()
        assert status.details[-1].Unpack(asked)
        assert asked.request_id
        return error.value.code().name, info.reason, [v.field for v in bad.field_violations]

    return refused


def _hang_up(admin: psycopg.Connection, name: str | None) -> None:
    admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
    )
