"""Health for those that know no TLS: container runtimes, Kubernetes, scripts.

The calls' own port answers health checks too, under the rules of that port: TLS, and
certificates of clients where they are asked for. Kubernetes' probes can do neither, so
health alone can have a second port. It tells one word and takes nothing.
"""

import contextlib
from collections.abc import AsyncIterator
from typing import Final

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from suppression.v1 import suppression_service_pb2 as rpc

#: Seconds that an asker waits.
PATIENCE_SECONDS: Final = 3.0
#: What a probe asks for that wants to know whether a worker still runs, not whether it
#: has a list to answer from. NOT_SERVING only while it drains.
LIVENESS: Final = "liveness"

_SERVICE: Final = rpc.DESCRIPTOR.services_by_name["SuppressionService"].full_name
_ANY_HOST: Final = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - to be replaced


@contextlib.asynccontextmanager
async def answering_probes(listen: str, status: health.aio.HealthServicer) -> AsyncIterator[None]:
    """Answer health checks at HOST:PORT for the length of the block; nowhere if it is empty."""
    await status.set(LIVENESS, health_pb2.HealthCheckResponse.SERVING)
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
        listen: HOST:PORT that it listens on, without TLS; any host is this one.

    Returns:
        SERVING, NOT_SERVING, or in a word why there was no answer, such as UNAVAILABLE.
    """
    host, _, port = listen.rpartition(":")
    where = f"{_ANY_HOST.get(host, host)}:{port}"
    with grpc.insecure_channel(where, options=[("grpc.enable_http_proxy", 0)]) as channel:
        asked = health_pb2.HealthCheckRequest(service=_SERVICE)
        try:
            told = health_pb2_grpc.HealthStub(channel).Check(asked, timeout=PATIENCE_SECONDS)
        except grpc.RpcError as error:
            return str(error.code().name)
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(told.status))
