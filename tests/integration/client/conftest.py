# ruff: noqa: N802 - methods are named by the contract
"""A real server on a real socket that says what it is told to say."""

import asyncio
import socket
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from suppression import AsyncSuppressionClient, SuppressionClient, WhenUnavailable
from suppression.v1 import suppression_service_pb2 as pb
from suppression.v1 import suppression_service_pb2_grpc as pb_grpc

Step = Callable[[Message, Any], Awaitable[Message]]


class ScriptedService(pb_grpc.SuppressionServiceServicer):
    """Takes the next step of a method's script, else answers that all may be mailed."""

    def __init__(self) -> None:
        self.address = ""
        self.stop: Callable[[float | None], Awaitable[None]] | None = None
        self.requests: list[Message] = []
        self.metadata: list[dict[str, str]] = []
        self.heard = asyncio.Event()
        self._script: dict[str, deque[Step]] = defaultdict(deque)

    def answers(self, method: str, *responses: Message) -> None:
        """Give these responses, one a call."""
        for response in responses:

            async def step(_: Message, __: Any, response: Message = response) -> Message:
                return response

            self._script[method].append(step)

    def fails(self, method: str, code: grpc.StatusCode, *details: Message, times: int = 1) -> None:
        """Fail with a status and its details."""

        async def step(_: Message, context: Any) -> Message:
            await context.abort_with_status(rpc_status.to_status(_status(code, details)))
            raise AssertionError("abort returns")

        self._script[method].extend([step] * times)

    def stays_silent(self, method: str) -> None:
        """Leave one call without an answer, until its caller gives up."""

        async def step(_: Message, __: Any) -> Message:
            await asyncio.Event().wait()
            raise AssertionError("nobody sets the event")

        self._script[method].append(step)

    async def _take(self, method: str, request: Message, context: Any) -> Message | None:
        self.requests.append(request)
        self.heard.set()
        self.metadata.append(dict(context.invocation_metadata()))
        if not self._script[method]:
            return None
        return await self._script[method].popleft()(request, context)

    async def CheckAddress(self, request: Any, context: Any) -> Any:
        told = await self._take("CheckAddress", request, context)
        return told or pb.CheckAddressResponse(verdict=1)

    async def BatchCheck(self, request: Any, context: Any) -> Any:
        told = await self._take("BatchCheck", request, context)
        return told or pb.BatchCheckResponse(verdicts=[1] * len(request.addresses))

    async def Suppress(self, request: Any, context: Any) -> Any:
        told = await self._take("Suppress", request, context)
        entry = {"address": request.address, "reason": request.reason}
        return told or pb.SuppressResponse(suppression=entry, created=True, revision="w1")

    async def Unsuppress(self, request: Any, context: Any) -> Any:
        return await self._take("Unsuppress", request, context) or pb.UnsuppressResponse()

    async def EraseAddress(self, request: Any, context: Any) -> Any:
        return await self._take("EraseAddress", request, context) or pb.EraseAddressResponse()

    async def GetAddress(self, request: Any, context: Any) -> Any:
        return await self._take("GetAddress", request, context) or pb.GetAddressResponse()

    async def ListChanges(self, request: Any, context: Any) -> Any:
        return await self._take("ListChanges", request, context) or pb.ListChangesResponse()


def _status(code: grpc.StatusCode, details: tuple[Message, ...]) -> status_pb2.Status:
    packed = []
    for detail in details:
        wrapped = AnyMessage()
        wrapped.Pack(detail)
        packed.append(wrapped)
    return status_pb2.Status(code=code_pb2.Code.Value(code.name), message="no", details=packed)


Serve = Callable[..., Awaitable[ScriptedService]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start servers; they stop with the test."""
    servers = []

    async def start(
        credentials: grpc.ServerCredentials | None = None, where: str = "127.0.0.1:0"
    ) -> ScriptedService:
        service, server = ScriptedService(), grpc.aio.server()
        service.stop = server.stop
        pb_grpc.add_SuppressionServiceServicer_to_server(service, server)
        port = (
            server.add_secure_port(where, credentials)
            if credentials
            else server.add_insecure_port(where)
        )
        service.address = f"127.0.0.1:{port}"
        await server.start()
        servers.append(server)
        return service

    yield start
    for server in servers:
        await server.stop(None)


@pytest.fixture
async def service(serve: Serve) -> ScriptedService:
    return await serve()


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address of this machine where connections are refused."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"


class InThread:
    """The sync client, away from the event loop that runs the server."""

    def __init__(self, client: SuppressionClient) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.client, name)
        if not callable(value):
            return value

        async def call(*args: Any, **kwargs: Any) -> Any:
            return await asyncio.to_thread(value, *args, **kwargs)

        return call


@pytest.fixture(params=["sync", "async"])
async def client_of(request: pytest.FixtureRequest) -> AsyncIterator[Callable[..., Any]]:
    """Make clients: once the sync one, once the async one. They close with the test.

    Their deadlines are generous, so that a busy machine fails no test.
    """
    clients: list[Any] = []

    def make(server: str, **settings: Any) -> Any:
        settings = {
            "when_unavailable": WhenUnavailable.DO_NOT_SEND,
            "check_timeout": 20.0,
            "batch_timeout": 20.0,
            "timeout": 20.0,
        } | settings
        if request.param == "async":
            client: Any = AsyncSuppressionClient(server, **settings)
        else:
            client = InThread(SuppressionClient(server, **settings))
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.close()


@pytest.fixture
def error_info() -> Callable[..., Message]:
    def make(reason: str, **metadata: str) -> Message:
        return error_details_pb2.ErrorInfo(
            reason=reason, domain="suppression.v1", metadata=metadata
        )

    return make
