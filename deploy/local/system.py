"""The parts of the local system: started in order, watched, stopped in order.

One thread does everything. What happens meanwhile (a line in a log, the end of a
process, Ctrl-C) comes to it through one queue.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

import grpc
from botocore.exceptions import BotoCoreError, ClientError
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.local import aws
from deploy.local.parts import Ended, Line, Part
from deploy.local.running import Running
from deploy.local.settings import LocalSettings
from deploy.local.watchdog import Watchdog

#: Where the commands are.
BIN: Final = Path(sys.prefix) / "bin"

_TOPIC: Final = "ses-feedback"
#: Seconds that a part may take to be ready.
_START_SECONDS: Final = 60.0
#: Seconds between two looks at something that does not tell by itself.
_TICK: Final = 0.1
_LOOK_SECONDS: Final = 1.0


class _Stop(Enum):
    NOW = auto()


class Failed(Exception):
    """The system cannot be up, or not any more; the message says why."""


class Stopping(Exception):
    """Somebody asked for the end."""


class System:
    """Service, ingest worker, and a stand-in for AWS where none is configured.

    Args:
        settings: of the whole.
        show: called with the lines of all logs.
    """

    def __init__(self, settings: LocalSettings, show: Callable[[Line], None]) -> None:
        self._settings = settings
        self._show = show
        self._happenings: SimpleQueue[Line | Ended | _Stop] = SimpleQueue()
        self._parts: list[Part] = []
        self._watchdog = Watchdog()
        self._environment = {
            "SUPPRESSION_SNAPSHOT_DIRECTORY": str(settings.folder / "snapshots"),
            # Nobody waits for another server here, but a person after Ctrl-C.
            "SUPPRESSION_DRAIN_SECONDS": "0",
            **os.environ,
            "SUPPRESSION_DATABASE_URL": settings.database_url,
            "SUPPRESSION_LISTEN": settings.listen,
        }

    def stop_soon(self) -> None:
        """Have it all end; may be called from a signal handler."""
        self._happenings.put(_Stop.NOW)

    def start(self) -> Running:
        """Start everything; return once it answers.

        Raises:
            Failed: a part did not come up.
            Stopping: somebody changed their mind.
        """
        self._settings.logs.mkdir(parents=True, exist_ok=True)
        # The slowest first: the others start meanwhile.
        stand_in = None if self._settings.uses_aws else self._start("aws", self._stand_in_command)
        self._migrate()
        server = self._start("service", [str(BIN / "suppression-service"), "serve"])
        wiring = self._wire(stand_in) if stand_in else None
        self._environment["SUPPRESSION_METRICS_LISTEN"] = self._settings.worker_metrics_listen
        worker = self._start("ingest", [str(BIN / "suppression-ingest"), "worker"])
        listen = self._await_line(server, r"listens on (\S+)")[1]
        self._await_line(worker, r"\bstarted\b")
        self._await_serving(server, listen)
        running = Running(
            listen=listen,
            endpoint_url=self._settings.stand_in_url if wiring else "",
            topic_arn=wiring.topic_arn if wiring else "",
        )
        running.write(self._settings.folder)
        return running

    def watch(self) -> None:
        """Show what the parts write, until the end.

        Raises:
            Failed: a part died.
            Stopping: somebody asked for the end.
        """
        parent = os.getppid()
        while os.getppid() == parent:
            self._next(_LOOK_SECONDS)
        # `make` was killed, and with it whoever could press Ctrl-C.
        raise Stopping

    def stop(self) -> None:
        """Stop all parts, the last started first.

        So the worker can still delete from the queue what it has stored.
        """
        Running.forget(self._settings.folder)
        stand_in = [part for part in self._parts if part.name == "aws"]
        for together in ([part for part in self._parts if part not in stand_in], stand_in):
            for part in together:
                part.ask_to_stop()
            for part in together:
                part.wait()
        self._watchdog.dismiss()

    def kill(self) -> None:
        """Kill all parts."""
        for part in self._parts:
            part.kill()

    @property
    def _stand_in_command(self) -> list[str]:
        return aws.command(self._settings.stand_in_port)

    def _start(self, name: str, command: list[str]) -> Part:
        part = Part(name, command, self._environment, self._settings.logs, self._happenings.put)
        self._parts.append(part)
        self._watchdog.watch(part.pid)
        return part

    def _migrate(self) -> None:
        done = subprocess.run(
            [BIN / "suppression-service", "migrate"],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Failed(done.stderr.strip() or f"migrate ended with status {done.returncode}")

    def _wire(self, part: Part) -> aws.Wiring:
        self._await_line(part, r"Running on http")
        stand_in = aws.StandIn(self._settings.stand_in_url)
        try:
            wiring = stand_in.wire(_TOPIC)
        except (BotoCoreError, ClientError) as error:
            raise Failed(f"the stand-in for AWS does not work: {error}") from error
        for name in aws.OTHER_ACCESS:
            self._environment.pop(name, None)
        self._environment |= stand_in.environment
        self._environment["SUPPRESSION_QUEUE_URL"] = wiring.queue_url
        self._environment["SUPPRESSION_TOPIC_ARNS"] = wiring.topic_arn
        return wiring

    def _await_line(self, part: Part, pattern: str) -> re.Match[str]:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            # Its first lines may have been told while another part was waited for.
            for text in part.tail:
                if found := re.search(pattern, text):
                    return found
            self._next(_TICK)
        raise Failed(f"{part.name} is not ready after {_START_SECONDS:.0f} s; see {part.log}")

    def _await_serving(self, part: Part, listen: str) -> None:
        deadline = time.monotonic() + _START_SECONDS
        with grpc.insecure_channel(listen, [("grpc.enable_http_proxy", 0)]) as channel:
            health = health_pb2_grpc.HealthStub(channel)
            while time.monotonic() < deadline:
                if _serving(health):
                    return
                self._next(_TICK)
        raise Failed(f"{part.name} does not serve after {_START_SECONDS:.0f} s; see {part.log}")

    def _next(self, seconds: float | None = None) -> None:
        """Wait for what happens next, and see to it."""
        try:
            happening = self._happenings.get(timeout=seconds)
        except Empty:
            return
        match happening:
            case Line():
                self._show(happening)
            case Ended(part):
                raise Failed(_obituary(part))
            case _Stop.NOW:
                raise Stopping


def _serving(health: health_pb2_grpc.HealthStub) -> bool:
    try:
        answer = health.Check(health_pb2.HealthCheckRequest(), timeout=1)
    except grpc.RpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _obituary(part: Part) -> str:
    last = [f"  {text}" for text in part.tail] or ["  (it wrote nothing)"]
    return "\n".join([f"{part.name} {part.how_it_ended()}; it last wrote:", *last])
