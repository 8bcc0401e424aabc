"""The health of the server, and a second port for health checks without TLS.

The port of the calls answers health checks too. But it can require TLS and certificates
of clients, and Kubernetes' probes support neither. So health checks can have a second
port, which answers nothing else.
"""

import contextlib
from collections.abc import AsyncIterator
from typing import Final

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from suppression.v1 import suppression_service_pb2 as rpc
from suppression_service.server.replica.follower import Follower

#: Seconds that :func:`ask` waits.
TIMEOUT_SECONDS: Final = 3.0
#: The service name for liveness probes. Its health says whether the process runs, not
#: whether it has a list. It is NOT_SERVING only while the process drains.
LIVENESS: Final = "liveness"

_SERVICE: Final = rpc.DESCRIPTOR.services_by_name["SuppressionService"].full_name
_SERVING: Final = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING: Final = health_pb2.HealthCheckResponse.NOT_SERVING
_ANY_HOST: Final = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - to be replaced


@contextlib.asynccontextmanager
async def answering_probes(listen: str, status: health.aio.HealthServicer) -> AsyncIterator[None]:
    """Answer health checks at HOST:PORT for the length of the block; empty: no second port."""
    await status.set(LIVENESS, _SERVING)
    if not listen:
        yield
        return
    server = grpc.aio.server(options=[("grpc.so_reuseport", 1)])
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    server.add_insecure_port(listen)
    await server.start()
    try:
        yield
    finally:
        await server.stop(None)


def ask(listen: str) -> str:
    """Ask a server of this machine about its health.

    Args:
        listen: HOST:PORT that the server listens on, without TLS. 0.0.0.0 and [::] are
            replaced by loopback.

    Returns:
        SERVING, NOT_SERVING, or the status of a check that failed, such as UNAVAILABLE.
    """
    host, _, port = listen.rpartition(":")
    where = f"{_ANY_HOST.get(host, host)}:{port}"
    with grpc.insecure_channel(where, options=[("grpc.enable_http_proxy", 0)]) as channel:
        request = health_pb2.HealthCheckRequest(service=_SERVICE)
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=TIMEOUT_SECONDS)
        except grpc.RpcError as error:
            return str(error.code().name)
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


class PublishedHealth:
    """SERVING while there is a replica that is recent enough to answer from."""

    def __init__(self, status: health.aio.HealthServicer, follower: Follower) -> None:
        self._status = status
        self._follower = follower
        self._published: int | None = None

    async def refresh(self) -> None:
        """Publish the health as it is now."""
        now = _SERVING if self._follower.replica else _NOT_SERVING
        if now != self._published:
            for name in ("", _SERVICE):
                await self._status.set(name, now)
            self._published = now
