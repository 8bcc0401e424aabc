"""The transport: grpcio's asyncio server, its options and its services.

:mod:`..service` limits the calls that wait, and :mod:`..calls` the calls of a token. The
options here limit what comes before a call: idle connections and incomplete requests. The
comment of each says what one peer could do to the others without it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from suppression.v1.suppression_service_pb2_grpc import (
    add_SuppressionServiceServicer_to_server,
)
from suppression_service.server.calls import SERVICE, CallServicer
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
        ("grpc.max_receive_message_length", settings.max_message),
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
        # The only limit for incomplete requests, which are not calls yet. It is higher than
        # the number of calls that may wait: without a free stream, a client holds back a
        # call that the server should refuse at once.
        ("grpc.max_concurrent_streams", _KINDS * settings.max_calls + _SPARE_STREAMS),
    ]


def _ms(seconds: float) -> int:
    return int(seconds * 1000)


def grpc_server(settings: ServiceSettings) -> grpc.aio.Server:
    """Return a server with this service's options and no calls yet."""
    return grpc.aio.server(options=server_options(settings))


def add_services(
    server: grpc.aio.Server, servicer: CallServicer, settings: ServiceSettings
) -> health.aio.HealthServicer:
    """Add our calls, health and reflection; return the servicer that publishes the health."""
    status = health.aio.HealthServicer()
    lenient = ReadableRequests(server, as_empty)
    add_SuppressionServiceServicer_to_server(servicer, ReadableRequests(server, as_none))
    health_pb2_grpc.add_HealthServicer_to_server(status, lenient)
    if settings.reflection:
        names = (SERVICE.full_name, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflected = reflection.aio.ReflectionServicer(names)
        reflection_pb2_grpc.add_ServerReflectionServicer_to_server(reflected, lenient)
    return status


def bind(server: grpc.aio.Server, settings: ServiceSettings, listen: str) -> None:
    """Listen on HOST:PORT, with TLS where the settings name a certificate."""
    if credentials := server_credentials(settings):
        server.add_secure_port(listen, credentials)
    else:
        server.add_insecure_port(listen)


_Read = Callable[[bytes], Any]


def as_none(_read: _Read) -> None:
    """Read a request that cannot be decoded as None, for servicers that refuse it."""


def as_empty(read: _Read) -> Any:
    """Read a request that cannot be decoded as an empty one, for servicers of libraries."""
    return read(b"")


class ReadableRequests:
    """Replaces a server while a servicer is added to it, so that decoding never raises.

    grpc.aio answers a request that cannot be decoded with UNKNOWN, which callers may retry.
    It also writes a traceback for each, so anybody could fill the log.

    Args:
        server: the real server, which gets the servicer.
        fallback: returns the request to use instead of one that cannot be decoded.
    """

    def __init__(self, server: grpc.aio.Server, fallback: Callable[[_Read], Any]) -> None:
        self._server: Final = server
        self._fallback: Final = fallback

    def add_generic_rpc_handlers(self, _handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        """Do nothing: the same handlers are also added by method, which takes precedence."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        """Pass the handlers on, with deserializers that never raise."""
        readable = {name: self._readable(handler) for name, handler in handlers.items()}
        self._server.add_registered_method_handlers(service, readable)

    def _readable(self, handler: Any) -> Any:
        read = handler.request_deserializer

        def decode(data: bytes) -> Any:
            try:
                return read(data)
            except DecodeError:
                return self._fallback(read)

        return handler._replace(request_deserializer=decode)
