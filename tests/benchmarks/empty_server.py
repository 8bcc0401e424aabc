"""The empty server, with which the service is compared.

It has the library, options, event loop and messages of the service. Its handlers return
an answer that was made before the first call.
"""

import asyncio
import sys
from typing import Any

import uvloop
from google.protobuf.timestamp_pb2 import Timestamp

from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import (
    SuppressionServiceServicer,
    add_SuppressionServiceServicer_to_server,
)
from suppression_service.server.settings import ServiceSettings
from suppression_service.server.transport.grpcio import grpc_server

_STATE: dict[str, Any] = {"revision": "0123abcd.1000001", "as_of_time": Timestamp(seconds=1)}
_SINGLE = rpc.CheckAddressResponse(verdict=pb.VERDICT_SEND, **_STATE)


class Empty(SuppressionServiceServicer):
    def __init__(self, batch: int, suppressed: int) -> None:
        every = batch // suppressed if suppressed else batch + 1
        self._batch = rpc.BatchCheckResponse(
            verdicts=[pb.VERDICT_SEND] * batch,
            matches=[
                rpc.Match(index=index, reason=pb.REASON_HARD_BOUNCE)
                for index in range(0, batch, every)
                if suppressed
            ],
            **_STATE,
        )

    async def CheckAddress(self, request: Any, context: Any) -> Any:  # noqa: N802
        return _SINGLE

    async def BatchCheck(self, request: Any, context: Any) -> Any:  # noqa: N802
        return self._batch


async def _serve(port: int, batch: int, suppressed: int) -> None:
    server = grpc_server(ServiceSettings())
    add_SuppressionServiceServicer_to_server(Empty(batch, suppressed), server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(*(int(argument) for argument in sys.argv[1:4])))
