"""Every protocol but gRPC's unary calls: Connect, gRPC-Web, streams of gRPC; health, reflection.

The library ``connectrpc`` speaks the protocols. What a call passes is the same as with every
transport (:mod:`...calls`).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from connectrpc.code import Code as ConnectCode
from connectrpc.compat import google_protobuf_binary_codec, google_protobuf_json_codec
from connectrpc.errors import ConnectError, ErrorDetail
from connectrpc.interceptor import MetadataInterceptor
from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from connectrpc.request import RequestContext
from connectrpc.server import ConnectASGIApplication, Endpoint
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2
from protobuf.wkt import Any as AnyDetail

from suppression_service.server.caller import CALLER, Caller
from suppression_service.server.calls import Call, Calls
from suppression_service.server.errors import (
    ApiError,
    Code,
    CompressedRequest,
    OneMessageExpected,
    TooLong,
    UnreadableRequest,
)
from suppression_service.server.health import UNKNOWN, Health
from suppression_service.server.rpc import SERVICES, Rpc

_HEALTH: Final = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
#: The name of reflection before its version 1; the messages are the same.
_REFLECTION: Final = (reflection.SERVICE_NAME, "grpc.reflection.v1.ServerReflection")
#: The paths of reflection.
REFLECTION_PATHS: Final = frozenset(f"/{name}/ServerReflectionInfo" for name in _REFLECTION)

# A field that is not known is an error in JSON: a check whose stream is misspelt would miss
# the unsubscribes of the stream.
_CODECS: Final = (
    google_protobuf_binary_codec(),
    google_protobuf_json_codec(ignore_unknown_fields=False),
)

_Context = RequestContext[Any, Any]
_Endpoints = dict[str, Any]


class ConnectCaller(Caller):
    """The caller of a call that ``connectrpc`` brings."""

    __slots__ = ("_context",)

    def __init__(self, context: _Context) -> None:
        super().__init__()
        self._context = context

    def metadata(self, name: str) -> str:
        """See :meth:`Caller.metadata`."""
        return self._context.request_headers.get(name) or ""

    def time_remaining(self) -> float | None:
        """See :meth:`Caller.time_remaining`."""
        remaining = self._context.timeout_ms
        return None if remaining is None else remaining / 1000

    @property
    def peer(self) -> str:
        """See :attr:`Caller.peer`."""
        return (self._context.client_address or "").rpartition(":")[0]


class Application(ConnectASGIApplication[Calls]):
    """The services, by ``connectrpc``.

    Args:
        calls: the RPCs of the services.
        max_request: bytes of a request, at most.
    """

    def __init__(self, calls: Calls, max_request: int) -> None:
        super().__init__(
            service=calls,
            endpoints=_service_endpoints,
            interceptors=[_Guard(calls, max_request)],
            read_max_bytes=max_request,
            compressions=[],
            codecs=_CODECS,
        )

    @property
    def path(self) -> str:
        """The path before the names of the methods: none, since there are several services."""
        return ""


class _Guard(MetadataInterceptor[Call]):
    """What every call passes, before its request is read and after it is answered."""

    def __init__(self, calls: Calls, max_request: int) -> None:
        self._calls = calls
        self._rpcs = {rpc.name: rpc for rpc in calls.rpcs}
        self._max_request = max_request

    async def on_start(self, context: _Context) -> Call:
        """Let the call pass the gate."""
        caller = ConnectCaller(context)
        call = self._calls.begin(self._rpcs[context.method.name], caller).__enter__()
        try:
            call.admit()
        except ApiError as error:
            call.end(error)
            raise _connect_error(error, caller) from None
        return call

    async def on_end(self, call: Call, _context: _Context, error: Exception | None) -> None:
        """Count the call, and give its error the form that every transport gives it."""
        if (refusal := call.end(self._cause(error))) is not None:
            raise _connect_error(refusal, call.caller) from None

    def _cause(self, error: Exception | None) -> BaseException | None:
        """Return our own error for one of the library."""
        if not isinstance(error, ConnectError):
            return error
        match error.code:
            case ConnectCode.INVALID_ARGUMENT:
                return UnreadableRequest()
            case ConnectCode.RESOURCE_EXHAUSTED:
                return TooLong(self._max_request)
            case ConnectCode.UNIMPLEMENTED if "message" in error.message:
                return OneMessageExpected()
            case ConnectCode.UNIMPLEMENTED:
                return CompressedRequest()
            case ConnectCode.CANCELED | ConnectCode.DEADLINE_EXCEEDED:
                return asyncio.CancelledError()
            case _:
                return error


def _service_endpoints(calls: Calls) -> Mapping[str, Any]:
    return dict(_service_endpoint(calls, rpc) for rpc in calls.rpcs)


def _service_endpoint(calls: Calls, rpc: Rpc) -> tuple[str, Any]:
    async def answer(request: Message, _context: _Context) -> Message:
        caller = CALLER.get()
        assert caller is not None  # noqa: S101 - set by the guard
        return await rpc.answer(calls.services[rpc.service], request, caller)

    method = _method(rpc.service, rpc.name, rpc.request, rpc.response, StreamType.UNARY)
    return rpc.path, Endpoint.unary(method=method, function=answer)


def _method(
    service: str, name: str, request: type[Message], response: type[Message], kind: StreamType
) -> MethodInfo[Any, Any]:
    return MethodInfo(
        name=name,
        service_name=service,
        input=request,
        output=response,
        idempotency_level=IdempotencyLevel.UNKNOWN,
        stream_type=kind,
    )


class Library(ConnectASGIApplication[None]):
    """Health and reflection, which need no token.

    Args:
        health: of the server.
        with_reflection: whether grpcurl and the like may read the contract from the server.
    """

    #: Bytes of a request, at most.
    MAX_REQUEST: Final = 16 * 1024

    def __init__(self, health: Health, *, with_reflection: bool) -> None:
        endpoints = _health_endpoints(health)
        if with_reflection:
            endpoints |= _reflection_endpoints()
        super().__init__(
            service=None,
            endpoints=lambda _: endpoints,
            read_max_bytes=self.MAX_REQUEST,
            compressions=[],
            codecs=_CODECS,
        )
        #: The paths that it answers.
        self.paths: Final = frozenset(endpoints)

    @property
    def path(self) -> str:
        """The path before the names of the methods: none, since there are several services."""
        return ""


def _health_endpoints(health: Health) -> _Endpoints:
    async def check(request: Any, _context: _Context) -> Any:
        if (status := health.status(request.service)) == UNKNOWN:
            raise ConnectError(ConnectCode.NOT_FOUND, "no such service")
        return health_pb2.HealthCheckResponse(status=status)

    async def watch(request: Any, context: _Context) -> AsyncIterator[Any]:
        try:
            async for status in health.watch(request.service):
                yield health_pb2.HealthCheckResponse(status=status)
        except ApiError as error:
            raise _connect_error(error, ConnectCaller(context)) from None

    messages = health_pb2.HealthCheckRequest, health_pb2.HealthCheckResponse
    return {
        f"/{_HEALTH}/Check": Endpoint.unary(
            method=_method(_HEALTH, "Check", *messages, StreamType.UNARY), function=check
        ),
        f"/{_HEALTH}/Watch": Endpoint.server_stream(
            method=_method(_HEALTH, "Watch", *messages, StreamType.SERVER_STREAM), function=watch
        ),
    }


def _reflection_endpoints() -> _Endpoints:
    # As on grpcio, only the older name is listed, and both are answered.
    names = (*(service.full_name for service in SERVICES), _HEALTH, reflection.SERVICE_NAME)
    servicer = reflection.aio.ReflectionServicer(names)
    messages = reflection_pb2.ServerReflectionRequest, reflection_pb2.ServerReflectionResponse
    name = "ServerReflectionInfo"
    return {
        f"/{service}/{name}": Endpoint.bidi_stream(
            method=_method(service, name, *messages, StreamType.BIDI_STREAM),
            function=servicer.ServerReflectionInfo,
        )
        for service in _REFLECTION
    }


def _connect_error(error: ApiError, caller: Caller) -> ConnectError:
    status = error.to_status(caller.request_id)
    details = [
        ErrorDetail(AnyDetail(type_url=each.type_url, value=each.value)) for each in status.details
    ]
    return ConnectError(_CODES[error.code], error.message, details)


# Connect spells one status with one letter less.
_CODES: Final[dict[Code, ConnectCode]] = {
    code: ConnectCode["CANCELED" if code is Code.CANCELLED else code.name]
    for code in Code
    if code is not Code.OK
}
