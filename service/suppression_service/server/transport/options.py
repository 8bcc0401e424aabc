"""What one peer can take from the others: the options of the gRPC server, with the reasons.

Calls that wait are counted by :mod:`.server.service`, and a token's by
:mod:`.server.quota`. The options here are for what comes before: connections on which
nothing is said, or half a request.
"""

from typing import Final

from suppression_service.server.settings import ServiceSettings

#: Seconds for TLS and for the first HTTP/2 frame, from the opening of a connection. gRPC
#: itself waits two minutes; who has said nothing by now is no client.
HANDSHAKE_SECONDS: Final = 10.0
#: Seconds of silence after which a peer is asked whether it is there. By default two hours:
#: one that has lost its power, or stopped to read, would hold its place until
#: ``max_connection_age``.
SILENCE_SECONDS: Final = 60.0
#: Seconds in which it must answer.
ANSWER_SECONDS: Final = 20.0
#: Seconds between two pings of a client. Some ping while they have no calls, so that what
#: lies between does not forget the connection.
_PING_SECONDS: Final = 10.0
#: Connections of a worker. Each takes 50 kB with TLS: half a GB in all, where a worker that runs
#: out of memory would end those of everybody. gRPC refuses the ones beyond; it has no limit by
#: the address of a peer.
MAX_CONNECTIONS: Final = 10_000
#: Kinds of calls that wait, each with places of its own: writes, reads of the store, checks
#: for a revision, waits for changes, batches.
_KINDS: Final = 5
#: Streams beyond those, for single checks, health checks and refusals.
_SPARE_STREAMS: Final = 100


def server_options(settings: ServiceSettings) -> list[tuple[str, int]]:
    """Return the options of a worker's gRPC server."""
    return [
        ("grpc.so_reuseport", 1),
        ("grpc.max_receive_message_length", settings.max_message),
        ("grpc.max_allowed_incoming_connections", MAX_CONNECTIONS),
        # Connections stay with one worker, so they must end now and then.
        ("grpc.max_connection_age_ms", _ms(settings.max_connection_age)),
        ("grpc.max_connection_age_grace_ms", _ms(settings.grace_seconds)),
        ("grpc.server_handshake_timeout_ms", _ms(HANDSHAKE_SECONDS)),
        ("grpc.keepalive_time_ms", _ms(SILENCE_SECONDS)),
        ("grpc.keepalive_timeout_ms", _ms(ANSWER_SECONDS)),
        # Without it the answer is waited for for a minute, whatever the line above says.
        ("grpc.http2.ping_timeout_ms", _ms(ANSWER_SECONDS)),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", _ms(_PING_SECONDS)),
        ("grpc.keepalive_permit_without_calls", 1),
        # A request that is not whole is no call yet, and would be counted nowhere. More than
        # the calls that are let in: clients hold back calls that have no stream, and those
        # should be refused here at once instead of waiting there.
        ("grpc.max_concurrent_streams", _KINDS * settings.max_calls + _SPARE_STREAMS),
    ]


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
