"""A question to a server of this machine about its health."""

from typing import Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from suppression_service.server.rpc import SERVICE

#: Seconds that :func:`ask` waits.
TIMEOUT_SECONDS: Final = 3.0

_ANY_HOST: Final = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - to be replaced


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
        request = health_pb2.HealthCheckRequest(service=SERVICE.full_name)
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=TIMEOUT_SECONDS)
        except grpc.RpcError as error:
            return str(error.code().name)
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))
