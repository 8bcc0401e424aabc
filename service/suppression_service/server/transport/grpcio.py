"""The grpcio transport: the asyncio server of grpcio, its options and its services.

:mod:`..service` limits the calls that wait, and :mod:`..calls` the calls of a token. The
options here limit what comes before a call: idle connections and incomplete requests. The
comment of each says what one peer could do to the others without it.
"""

import urllib.parse
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc
from grpc_status import rpc_status
from prometheus_client import Metric

from suppression_service.server.caller import Caller
from suppression_service.server.calls import Calls
from suppression_service.server.errors import ApiError
from suppression_service.server.health import UNKNOWN, Health
from suppression_service.server.rpc import SERVICES, Rpc
from suppression_service.server.settings import ServiceSettings
from suppression_service.server.transport.tls import server_credentials

#: Seconds for TLS and for the first HTTP/2 frame, from the opening of a connection. gRPC's
#: default is two minutes, but no real client takes longer than this.
HANDSHAKE_SECONDS: Final = 10.0
#: Seconds without traffic after which the server pings a peer. gRPC's default is two hours:
#: a peer that has lost its power, or does not read any more, would keep its connection
#: until ``max_connection_age``.
SILENCE_SECONDS: Final = 60.0
#: Seconds in which the peer must answer the ping.
ANSWER_SECONDS: Final = 20.0
#: Seconds between two pings of a client, at least. Some clients ping while they have no
#: calls, so that proxies keep the connection open.
_PING_SECONDS: Final = 10.0
#: Connections of a process, at most. Each takes 50 kB with TLS: half a GB in all. If a
#: process runs out of memory, every connection ends. gRPC refuses further connections; it
#: has no limit by the address of a peer.
MAX_CONNECTIONS: Final = 10_000
#: Kinds of calls that wait, each with a limit of its own: writes, reads of the store, checks
#: for a revision, waits for changes, batches.
_KINDS: Final = 5
#: Streams beyond those, for single checks, health checks and refusals.
_SPARE_STREAMS: Final = 100


def server_options(settings: ServiceSettings) -> list[tuple[str, int]]:
    """Return the options of a process's gRPC server."""
    return [
        ("grpc.so_reuseport", 1),
        ("grpc.max_receive_message_length", settings.max_batch_request),
        ("grpc.max_allowed_incoming_connections", MAX_CONNECTIONS),
        # A connection stays with one process. New connections spread over all processes.
        ("grpc.max_connection_age_ms", _ms(settings.max_connection_age)),
        ("grpc.max_connection_age_grace_ms", _ms(settings.grace_seconds)),
        ("grpc.server_handshake_timeout_ms", _ms(HANDSHAKE_SECONDS)),
        ("grpc.keepalive_time_ms", _ms(SILENCE_SECONDS)),
        ("grpc.keepalive_timeout_ms", _ms(ANSWER_SECONDS)),
        # Without this, gRPC waits a minute for the answer, whatever the line above says.
        ("grpc.http2.ping_timeout_ms", _ms(ANSWER_SECONDS)),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", _ms(_PING_SECONDS)),
        ("grpc.keepalive_permit_without_calls", 1),
        # A small compressed request can become as much memory as a request may have bytes. The
        # bit of identity alone is set: gRPC refuses what is compressed with UNIMPLEMENTED.
        ("grpc.compression_enabled_algorithms_bitset", 1),
        # The only limit for incomplete requests, which are not calls yet. It is higher than
        # the number of calls that may wait: without a free stream, a client holds back a
        # call that the server should refuse at once.
        ("grpc.max_concurrent_streams", _KINDS * settings.max_calls + _SPARE_STREAMS),
    ]


def _ms(seconds: float) -> int:
    return int(seconds * 1000)


_Context = grpc.aio.ServicerContext[Any, Any]
_HEALTH: Final = health_pb2.DESCRIPTOR.services_by_name["Health"]


class GrpcioCaller(Caller):
    """The caller of a call over grpcio."""

    __slots__ = ("_context",)

    def __init__(self, context: _Context) -> None:
        super().__init__()
        self._context = context

    def metadata(self, name: str) -> str:
        """See :meth:`Caller.metadata`."""
        for key, value in self._context.invocation_metadata() or ():
            if key == name:
                return value if isinstance(value, str) else ""
        return ""

    def time_remaining(self) -> float | None:
        """See :meth:`Caller.time_remaining`."""
        return self._context.time_remaining()

    @property
    def peer(self) -> str:
        """See :attr:`Caller.peer`."""
        # ipv4:127.0.0.1:50051, or ipv6:%5B::1%5D:50051
        _, _, where = urllib.parse.unquote(self._context.peer()).partition(":")
        return where.rpartition(":")[0].strip("[]")


class GrpcioTransport:
    """A server of grpcio.

    Args:
        settings: of the server.
        listen: HOST:PORT, shared with other processes.
    """

    def __init__(self, settings: ServiceSettings, listen: str) -> None:
        self._settings = settings
        self._listen = listen
        self._servers: list[grpc.aio.Server] = []

    async def start(self, calls: Calls, health: Health) -> None:
        """See :meth:`..transport.Transport.start`."""
        settings = self._settings
        server = grpc_server(settings)
        add_service(server, calls)
        add_health(server, health)
        if settings.reflection:
            add_reflection(server)
        if credentials := server_credentials(settings):
            server.add_secure_port(self._listen, credentials)
        else:
            server.add_insecure_port(self._listen)
        await self._start(server)
        if settings.health_listen:
            # A second port, which answers nothing but health checks: the first can require TLS
            # and certificates of clients, and Kubernetes' probes support neither.
            probes = grpc.aio.server(options=[("grpc.so_reuseport", 1)])
            add_health(probes, health)
            probes.add_insecure_port(settings.health_listen)
            await self._start(probes)

    def metrics(self) -> Iterable[Metric]:
        """See :meth:`..transport.Transport.metrics`. grpcio has none."""
        return ()

    async def _start(self, server: grpc.aio.Server) -> None:
        await server.start()
        self._servers.append(server)

    async def stop(self, grace_seconds: float) -> None:
        """See :meth:`..transport.Transport.stop`."""
        for server in self._servers:
            await server.stop(grace_seconds)


def grpc_server(settings: ServiceSettings) -> grpc.aio.Server:
    """Return a server with this service's options and no calls yet."""
    return grpc.aio.server(options=server_options(settings))


def add_service(server: grpc.aio.Server, calls: Calls) -> None:
    """Add the RPCs of every service."""
    handlers: dict[str, dict[str, Any]] = {}
    for rpc in calls.rpcs:
        handlers.setdefault(rpc.service, {})[rpc.name] = _handler(calls, rpc)
    for service, methods in handlers.items():
        server.add_registered_method_handlers(service, methods)


def add_health(server: grpc.aio.Server, health: Health) -> None:
    """Add gRPC's health checking protocol."""

    async def check(request: bytes, context: _Context) -> Any:
        status = health.status(_service_name(request))
        if status == UNKNOWN:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such service")
        return health_pb2.HealthCheckResponse(status=status)

    async def watch(request: bytes, context: _Context) -> AsyncIterator[Any]:
        try:
            async for status in health.watch(_service_name(request)):
                yield health_pb2.HealthCheckResponse(status=status)
        except ApiError as error:
            await abort(context, error, GrpcioCaller(context))

    encode = health_pb2.HealthCheckResponse.SerializeToString
    handlers: dict[str, Any] = {
        "Check": grpc.unary_unary_rpc_method_handler(check, response_serializer=encode),
        "Watch": grpc.unary_stream_rpc_method_handler(watch, response_serializer=encode),
    }
    server.add_registered_method_handlers(_HEALTH.full_name, handlers)


def add_reflection(server: grpc.aio.Server) -> None:
    """Let grpcurl and the like read the contract from the server."""
    names = (
        *(service.full_name for service in SERVICES),
        _HEALTH.full_name,
        reflection.SERVICE_NAME,
    )
    reflected = reflection.aio.ReflectionServicer(names)
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(reflected, _Lenient(server))


async def abort(context: _Context, error: ApiError, caller: Caller) -> None:
    """End a call with the status of an error."""
    await context.abort_with_status(rpc_status.to_status(error.to_status(caller.request_id)))


def _handler(calls: Calls, rpc: Rpc) -> Any:
    async def answer(request: bytes, context: _Context) -> bytes | None:
        caller = GrpcioCaller(context)
        try:
            return await calls.answer(rpc, caller, request)
        except ApiError as error:
            await abort(context, error, caller)
            return None

    # Without functions that decode: the gate comes first.
    return grpc.unary_unary_rpc_method_handler(answer)


def _service_name(request: bytes) -> str:
    """Return the service name of a health check; that of the whole server if it is unreadable."""
    return str(_read_or_empty(health_pb2.HealthCheckRequest.FromString)(request).service)


def _read_or_empty(read: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Return a function that reads a request that cannot be decoded as an empty one.

    grpc.aio answers a request that cannot be decoded with UNKNOWN, which callers may retry.
    It also writes a traceback for each, so anybody could fill the log.
    """

    def decode(data: bytes) -> Any:
        try:
            return read(data)
        except DecodeError:
            return read(b"")

    return decode


class _Lenient:
    """Replaces a server while a library adds a servicer, so that decoding never raises.

    Args:
        server: the real server, which gets the servicer.
    """

    def __init__(self, server: grpc.aio.Server) -> None:
        self._server: Final = server

    def add_generic_rpc_handlers(self, _handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        """Do nothing: the same handlers are also added by method, which takes precedence."""

    def add_registered_method_handlers(self, service: str, handlers: dict[str, Any]) -> None:
        """Pass the handlers on, with deserializers that never raise."""
        lenient = {
            name: handler._replace(
                request_deserializer=_read_or_empty(handler.request_deserializer)
            )
            for name, handler in handlers.items()
        }
        self._server.add_registered_method_handlers(service, lenient)
