"""The portable transport: grpcio's asyncio server, its options and its services.

Calls that wait are counted by :mod:`..service`, and a token's calls by :mod:`..calls`. The
options here are for what comes before: connections on which nothing is said, or half a
request. Each says what one peer could take from the others without it.
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

#: Seconds for TLS and for the first HTTP/2 frame, from the opening of a connection. gRPC
#: itself waits two minutes; who has said nothing by now is no client.
HANDSHAKE_SECONDS: Final = 10.0
#: Seconds of silence after which a peer is asked whether it is there. By default two hours:
#: one that has lost its power, or stopped to read, would hold its connection until
#: ``max_connection_age``.
SILENCE_SECONDS: Final = 60.0
#: Seconds in which the peer must answer.
ANSWER_SECONDS: Final = 20.0
#: Seconds between two pings of a client. Some ping while they have no calls, so that
#: proxies do not forget the connection.
_PING_SECONDS: Final = 10.0
#: Connections of a process. Each takes 50 kB with TLS: half a GB in all. A process that runs
#: out of memory would end the connections of everybody. gRPC refuses those beyond; it has
#: no limit by the address of a peer.
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
        # Connections stay with one process, so they must end now and then.
        ("grpc.max_connection_age_ms", _ms(settings.max_connection_age)),
        ("grpc.max_connection_age_grace_ms", _ms(settings.grace_seconds)),
        ("grpc.server_handshake_timeout_ms", _ms(HANDSHAKE_SECONDS)),
        ("grpc.keepalive_time_ms", _ms(SILENCE_SECONDS)),
        ("grpc.keepalive_timeout_ms", _ms(ANSWER_SECONDS)),
        # Without this, gRPC waits a minute for the answer, whatever the line above says.
        ("grpc.http2.ping_timeout_ms", _ms(ANSWER_SECONDS)),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", _ms(_PING_SECONDS)),
        ("grpc.keepalive_permit_without_calls", 1),
        # A request that is not whole is no call yet, and is counted nowhere else. More than
        # the calls that may wait: clients hold back calls that have no stream, and those
        # should be refused here at once instead of waiting there.
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
    """Add our calls, health and reflection; return what publishes the health."""
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
    """Read what is no message as None, for servicers that refuse it."""


def as_empty(read: _Read) -> Any:
    """Read what is no message as an empty one, for servicers of libraries."""
    return read(b"")


class ReadableRequests:
    """Stands for a server while a servicer is added to it, so that no request is unreadable.

    grpc.aio answers a request that is no message of its type with UNKNOWN, which invites
    callers to try again. It also writes a traceback for each: a stranger could fill the log.

    Args:
        server: to which the servicer really goes.
        otherwise: what a request that is no message is read as.
    """

    def __init__(self, server: grpc.aio.Server, otherwise: Callable[[_Read], Any]) -> None:
        self._server: Final = server
        self._otherwise: Final = otherwise

    def add_generic_rpc_handlers(self, _handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        """Do nothing: the same handlers come one by one, which take precedence."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Any]) -> None:
        """Pass the handlers on, with a reader of requests that never raises."""
        readable = {name: self._readable(handler) for name, handler in handlers.items()}
        self._server.add_registered_method_handlers(service, readable)

    def _readable(self, handler: Any) -> Any:
        read = handler.request_deserializer

        def read_or_not(data: bytes) -> Any:
            try:
                return read(data)
            except DecodeError:
                return self._otherwise(read)

        return handler._replace(request_deserializer=read_or_not)
