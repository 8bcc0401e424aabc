"""The ASGI application: it sends each request where it belongs."""

import contextlib
from importlib.resources import files
from typing import Final, cast

from suppression_service.server.calls import Calls
from suppression_service.server.errors import ApiError, Code, TooLong, TooManyCalls
from suppression_service.server.health import LIVENESS, SERVING, Health
from suppression_service.server.limits import ConcurrencyLimit
from suppression_service.server.rpc import Rpc
from suppression_service.server.transport.envoy import connect, unary
from suppression_service.server.transport.envoy.asgi import (
    AsgiApplication,
    AsgiCaller,
    Event,
    MemoryBudget,
    Receive,
    Reservation,
    Scope,
    Send,
    until_left,
)

#: The paths of probes over HTTP, and the service name whose health each tells.
PROBES: Final = {"/healthz": "", "/livez": LIVENESS}
#: The path of the OpenAPI description of the RPCs in their JSON form.
OPENAPI: Final = "/openapi.json"
#: Streams of reflection at a time, at most. An answer takes ten times as long as that to a
#: check, needs no token, and a stream may ask for any number of them.
MAX_REFLECTIONS: Final = 4


class UnknownMethod(ApiError):
    """There is no such method."""

    code = Code.UNIMPLEMENTED

    def __init__(self) -> None:
        super().__init__("METHOD_UNKNOWN", "no method of this server")


class Application:
    """Answers every request to a server.

    Args:
        calls: the RPCs of the service.
        health: of the server.
        max_request: bytes of a request, at most.
        max_memory: bytes that requests and answers on their way may take.
        with_reflection: whether programs may read the contract from the server.
    """

    def __init__(
        self,
        calls: Calls,
        health: Health,
        *,
        max_request: int,
        max_memory: int,
        with_reflection: bool,
    ) -> None:
        self._calls = calls
        self._rpcs = {rpc.path: rpc for rpc in calls.rpcs}
        self._health = health
        self._budget = MemoryBudget(max_memory)
        self._unary = unary.UnaryCalls(calls, self._budget)
        self._service = cast("AsgiApplication", connect.Application(calls, max_request))
        library = connect.Library(health, with_reflection=with_reflection)
        self._library, self._library_paths = cast("AsgiApplication", library), library.paths
        self._reflections = ConcurrencyLimit(MAX_REFLECTIONS)
        self._openapi = _openapi() if with_reflection else b""
        #: Requests under way, without those that only watch the health.
        self.under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        path = scope["path"]
        content_type = _content_type(scope)
        if (rpc := self._rpcs.get(path)) is not None:
            self.under_way += 1
            try:
                if content_type in unary.CONTENT_TYPES and scope["method"] == "POST":
                    await self._unary.answer(rpc, scope, receive, send)
                else:
                    await self._by_connect(rpc, scope, receive, send)
            finally:
                self.under_way -= 1
        elif path in connect.REFLECTION_PATHS and path in self._library_paths:
            await self._reflect(scope, receive, send)
        elif path in self._library_paths:
            await self._library(scope, until_left(receive), send)
        elif path in PROBES:
            await self._answer_probe(PROBES[path], send)
        elif path == OPENAPI and self._openapi:
            await _answer(send, 200, self._openapi, b"application/json")
        elif content_type.startswith(b"application/grpc"):
            await unary.refuse(send, UnknownMethod(), AsgiCaller(scope).request_id)
        else:
            await _answer(send, 404, b"not found\n")

    async def _by_connect(self, rpc: Rpc, scope: Scope, receive: Receive, send: Send) -> None:
        left = limit = self._calls.max_request(rpc)
        with Reservation(self._budget) as reserved:

            async def receive_within_limits() -> Event:
                nonlocal left
                event = await receive()
                size = len(event.get("body", b""))
                reserved.take(size)
                if (left := left - size) < 0:
                    raise TooLong(limit)
                return event

            await self._service(scope, until_left(receive_within_limits), send)

    async def _reflect(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with self._reflections:
                await self._library(scope, until_left(receive), send)
        except TooManyCalls as error:
            await unary.refuse(send, error, AsgiCaller(scope).request_id)

    async def _answer_probe(self, name: str, send: Send) -> None:
        serving = self._health.status(name) == SERVING
        await _answer(send, 200 if serving else 503, b"SERVING\n" if serving else b"NOT_SERVING\n")


def _content_type(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"content-type":
            return bytes(value)
    return b""


def _openapi() -> bytes:
    return (files("suppression_service.server") / "openapi.json").read_bytes()


async def _answer(
    send: Send, status: int, body: bytes, content_type: bytes = b"text/plain"
) -> None:
    headers = [(b"content-type", content_type)]
    with contextlib.suppress(OSError):  # The caller has left.
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
