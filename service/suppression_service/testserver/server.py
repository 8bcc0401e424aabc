"""The start and the stop of the test server."""

import asyncio
import contextlib
import dataclasses
import json
import os
import signal
import tempfile
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import structlog
import uvloop
from google.protobuf.message import Message

from suppression_service.logs import set_up_logs
from suppression_service.net import reserved_address
from suppression_service.server.caller import Caller
from suppression_service.server.calls import Calls
from suppression_service.server.child import STOP_SIGNALS, Child
from suppression_service.server.health import SERVING, Health
from suppression_service.server.rpc import SERVICES, Rpc
from suppression_service.server.services import RPCS
from suppression_service.server.settings import ServiceSettings
from suppression_service.server.transport import Transport
from suppression_service.server.transport.envoy import launch
from suppression_service.server.transport.grpcio import GrpcioTransport
from suppression_service.testserver.control import Control, listening
from suppression_service.testserver.door import Door
from suppression_service.testserver.lists import Lists
from suppression_service.testserver.tokens import token_in

#: The settings of the transport: the defaults only. Those in the environment are for a real
#: server.
SETTINGS: Final = ServiceSettings.model_construct()
#: The variable that tells an Envoy its addresses, and its folder.
DOORS: Final = "SUPPRESSION_TESTSERVER"

_WARNING: Final = 30
_STOP_SECONDS: Final = 10.0


@dataclasses.dataclass(frozen=True, slots=True)
class Doors:
    """The addresses of the test server, each HOST:PORT.

    Args:
        listen: what clients connect to.
        control: for control requests.
        behind: of the server behind the door.
    """

    listen: str
    control: str
    behind: str


class ListPerToken:
    """Passes each call to the list of its token, and to the faults of that list.

    ``cut`` cuts every connection; it is set once there is a door.
    """

    def __init__(self, lists: Lists) -> None:
        self.cut: Callable[[], None] = lambda: None
        self._lists = lists

    async def answer(self, rpc: Rpc, request: Any, caller: Caller) -> Message:
        """Answer a call."""
        mine = await self._lists.of(token_in(caller.metadata("authorization")))
        with mine.traffic.arrived(rpc.name, request, caller):
            return await mine.faults.meet(
                rpc.name, lambda: rpc.answer(mine.services[rpc.service], request, caller), self.cut
            )

    def rpcs(self) -> list[Rpc]:
        """Return the RPCs of every service, answered here."""
        return [self._rpc(rpc) for rpc in RPCS]

    def _rpc(self, rpc: Rpc) -> Rpc:
        async def answer(_: object, request: Any, caller: Caller) -> Message:
            return await self.answer(rpc, request, caller)

        return dataclasses.replace(rpc, answer=answer, answer_bytes=None, at_once=None)


def run(listen: str, control: str, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        listen: HOST:PORT for gRPC, of this machine; a port of 0 is a free one.
        control: HOST:PORT for control requests, likewise.
        say: is called with a line for each address; the second line means that all is ready.

    Raises:
        AddressTaken: nothing can listen there.
    """
    with reserved_address(listen) as door_at, reserved_address("127.0.0.1:0") as behind:
        doors = Doors(door_at, control, behind)
        if os.environ.get("SUPPRESSION_TRANSPORT") == "grpcio" or launch.why_not():
            _run_grpcio(doors, say)
        else:
            _run_envoy(doors)


def _run_grpcio(doors: Doors, say: Callable[[str], None]) -> None:
    set_up()
    transport = GrpcioTransport(SETTINGS, doors.behind)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(doors, transport, say, _stop_signal()))


def set_up() -> None:
    """Set up the log: warnings only."""
    set_up_logs("console")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(_WARNING))


def _run_envoy(doors: Doors) -> None:
    """Run an Envoy with the test server in it, which says the addresses itself."""
    stop = threading.Event()
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    with tempfile.TemporaryDirectory(prefix="suppression-") as folder:
        application = "suppression_service.testserver.envoy_process:app"
        own = Path(folder, "0")
        own.mkdir(mode=0o700)
        command, environment = launch.command(SETTINGS, doors.behind, own, application)
        environment[DOORS] = json.dumps([*dataclasses.astuple(doors), str(own)])
        child = Child(command, environment)
        while child.exit_status is None and not stop.wait(0.1):
            pass
        child.stop_soon()
        child.wait(_STOP_SECONDS)


async def serve(
    doors: Doors, transport: Transport, say: Callable[[str], None], stop: Awaitable[object]
) -> None:
    """Serve until ``stop`` has come.

    Args:
        doors: where to listen.
        transport: brings the calls.
        say: is called with a line for each address.
        stop: ends when the server is to stop.
    """
    async with contextlib.AsyncExitStack() as parts:
        lists = await parts.enter_async_context(Lists().open())
        service = ListPerToken(lists)
        door = Door(doors.listen, int(doors.behind.rpartition(":")[2]))
        service.cut = door.cut
        limit = SETTINGS.max_batch_request
        services = dict.fromkeys((rpc.service for rpc in RPCS), service)
        calls = Calls(services, service.rpcs(), max_batch_request=limit)
        await transport.start(calls, _healthy())
        parts.push_async_callback(transport.stop, 0)
        parts.callback(door.shut)
        control = parts.enter_context(listening(Control(lists, door), doors.control))
        await door.open()
        say(f"control on {control}")
        say(f"listening on {doors.listen}")
        await stop


def _healthy() -> Health:
    health = Health()
    for name in ("", *(service.full_name for service in SERVICES)):
        health.set(name, SERVING)
    return health


async def _stop_signal() -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
