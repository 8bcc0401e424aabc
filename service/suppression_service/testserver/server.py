"""The start and the stop of the test server."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from typing import Any, Final

import grpc
import structlog
import uvloop
from google.protobuf.message import Message
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from suppression.v1.suppression_service_pb2_grpc import (
    SuppressionServiceServicer,
    add_SuppressionServiceServicer_to_server,
)
from suppression_service.logs import set_up_logs
from suppression_service.net import reserved_address
from suppression_service.server.calls import SERVICE, CallServicer
from suppression_service.server.settings import ServiceSettings
from suppression_service.server.transport.grpcio import ReadableRequests, as_none, grpc_server
from suppression_service.testserver.control import Control, listening
from suppression_service.testserver.door import Door
from suppression_service.testserver.lists import Lists
from suppression_service.testserver.tokens import token_in
from suppression_service.testserver.traffic import METHODS

_WARNING: Final = 30
_Method = Callable[[Any, grpc.aio.ServicerContext[Any, Any]], Awaitable[Message]]


class ListPerToken(SuppressionServiceServicer):
    """Passes each call to the list of its token, and to the faults of that list.

    ``cut`` cuts every connection; it is set once there is a door.
    """

    def __init__(self, lists: Lists) -> None:
        self.cut: Callable[[], None] = lambda: None
        for name in METHODS:
            setattr(self, name, self._method(name, lists))

    def _method(self, name: str, lists: Lists) -> _Method:
        async def call(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Message:
            mine = await lists.of(_token(context))
            answer = getattr(mine.servicer, name)
            with mine.traffic.arrived(name, request, context):
                return await mine.faults.meet(name, lambda: answer(request, context), self.cut)

        return call


def run(listen: str, control: str, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        listen: HOST:PORT for gRPC, of this machine; a port of 0 is a free one.
        control: HOST:PORT for control requests, likewise.
        say: is called with a line for each address; the second line means that all is ready.

    Raises:
        AddressTaken: nothing can listen there.
    """
    set_up_logs("console")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(_WARNING))
    with (
        reserved_address(listen) as door_at,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_serve(door_at, control, say))


async def _serve(listen: str, control_at: str, say: Callable[[str], None]) -> None:
    async with contextlib.AsyncExitStack() as parts:
        lists = await parts.enter_async_context(Lists().open())
        servicer = ListPerToken(lists)
        # The defaults only: settings in the environment are for a real server.
        server = grpc_server(ServiceSettings.model_construct())
        await _add_services(server, servicer)
        door = Door(listen, server.add_insecure_port("127.0.0.1:0"))
        servicer.cut = door.cut
        await server.start()
        parts.push_async_callback(server.stop, None)
        parts.callback(door.shut)
        control = parts.enter_context(listening(Control(lists, door), control_at))
        await door.open()
        say(f"control on {control}")
        say(f"listening on {listen}")
        await _stop_signal()


async def _add_services(server: grpc.aio.Server, servicer: ListPerToken) -> None:
    status = health.aio.HealthServicer()
    calls = CallServicer(servicer)
    add_SuppressionServiceServicer_to_server(calls, ReadableRequests(server, as_none))
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    names = (SERVICE.full_name, health.SERVICE_NAME, reflection.SERVICE_NAME)
    reflection.enable_server_reflection(names, server)
    for name in ("", SERVICE.full_name):
        await status.set(name, health_pb2.HealthCheckResponse.SERVING)


async def _stop_signal() -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


def _token(context: grpc.aio.ServicerContext[Any, Any]) -> str:
    for name, value in context.invocation_metadata() or ():
        if name == "authorization" and isinstance(value, str):
            return token_in(value)
    return ""
