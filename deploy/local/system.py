"""The processes of the local system: started in order, watched, stopped in order.

One thread does everything. One queue brings it the events: a line of output, the exit
of a process, Ctrl-C.
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
from deploy.local.folder import Endpoints
from deploy.local.process import Exited, LoggedProcess, OutputLine
from deploy.local.settings import LocalSettings
from deploy.local.watchdog import Watchdog

#: The folder of the installed commands.
BIN: Final = Path(sys.prefix) / "bin"

_TOPIC: Final = "ses-feedback"
#: Seconds that a process may take to be ready.
_START_TIMEOUT: Final = 60.0
#: Seconds between two polls: for the start of a process, for the death of `make`.
_START_POLL: Final = 0.1
_PARENT_POLL: Final = 1.0


class _Stop(Enum):
    NOW = auto()


class Failed(Exception):
    """A process did not start, or died; the message says why."""


class Stopping(Exception):
    """The user asked the system to stop."""


class System:
    """Server, ingest worker, console and, where no AWS is configured, the stand-in for it.

    Args:
        settings: of `make up`.
        show: called with each line that a process writes.
    """

    def __init__(self, settings: LocalSettings, show: Callable[[OutputLine], None]) -> None:
        self._settings = settings
        self._show = show
        self._events: SimpleQueue[OutputLine | Exited | _Stop] = SimpleQueue()
        self._processes: list[LoggedProcess] = []
        self._watchdog = Watchdog()
        self._environment = {
            "SUPPRESSION_SNAPSHOT_DIRECTORY": str(settings.folder / "snapshots"),
            # No other server takes over here, and the user waits after Ctrl-C.
            "SUPPRESSION_DRAIN_SECONDS": "0",
            **os.environ,
            "SUPPRESSION_DATABASE_URL": settings.database_url,
            "SUPPRESSION_LISTEN": settings.listen,
            "SUPPRESSION_CONSOLE_LISTEN": settings.console_listen,
        }

    def request_stop(self) -> None:
        """Make the main thread raise Stopping; safe to call from a signal handler."""
        self._events.put(_Stop.NOW)

    def start(self) -> Endpoints:
        """Start everything; return once the server serves.

        Raises:
            Failed: a process did not start.
            Stopping: the user asked for a stop meanwhile.
        """
        self._settings.logs.mkdir(parents=True, exist_ok=True)
        # The slowest first: the others start at the same time.
        stand_in = None if self._settings.uses_aws else self._start("aws", self._stand_in_command)
        self._migrate()
        server = self._start("service", [str(BIN / "suppression-service"), "serve"])
        wiring = self._wire(stand_in) if stand_in else None
        self._environment["SUPPRESSION_METRICS_LISTEN"] = self._settings.worker_metrics_listen
        worker = self._start("ingest", [str(BIN / "suppression-ingest"), "worker"])
        listen = self._await_line(server, r"listens on (\S+)")[1]
        self._environment["SUPPRESSION_SERVER"] = listen
        console = self._start("console", [str(BIN / "suppression-console"), "serve"])
        self._await_line(worker, r"\bstarted\b")
        self._await_serving(server, listen)
        page = self._await_line(console, r"page=(\S+)")[1]
        endpoints = Endpoints(
            listen=listen,
            endpoint_url=self._settings.stand_in_url if wiring else "",
            topic_arn=wiring.topic_arn if wiring else "",
            console=page,
        )
        endpoints.write(self._settings.folder)
        return endpoints

    def watch(self) -> None:
        """Show what the processes write, until one of these is raised.

        Raises:
            Failed: a process died.
            Stopping: the user asked for a stop.
        """
        parent = os.getppid()
        while os.getppid() == parent:
            self._next(_PARENT_POLL)
        # `make` was killed, so nobody can press Ctrl-C any more.
        raise Stopping

    def stop(self) -> None:
        """Stop server and worker, then the stand-in.

        So the worker can still delete the messages that it has stored.
        """
        Endpoints.remove(self._settings.folder)
        stand_in = [each for each in self._processes if each.name == "aws"]
        for group in ([each for each in self._processes if each not in stand_in], stand_in):
            for process in group:
                process.terminate()
            for process in group:
                process.wait()
        self._watchdog.dismiss()

    def kill(self) -> None:
        """Kill all processes."""
        for process in self._processes:
            process.kill()

    @property
    def _stand_in_command(self) -> list[str]:
        return aws.command(self._settings.stand_in_port)

    def _start(self, name: str, command: list[str]) -> LoggedProcess:
        process = LoggedProcess(
            name, command, self._environment, self._settings.logs, self._events.put
        )
        self._processes.append(process)
        self._watchdog.watch(process.pid)
        return process

    def _migrate(self) -> None:
        done = subprocess.run(
            [BIN / "suppression-service", "migrate"],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Failed(done.stderr.strip() or f"migrate exited with status {done.returncode}")

    def _wire(self, process: LoggedProcess) -> aws.Wiring:
        self._await_line(process, r"Running on http")
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

    def _await_line(self, process: LoggedProcess, pattern: str) -> re.Match[str]:
        deadline = time.monotonic() + _START_TIMEOUT
        while time.monotonic() < deadline:
            # Its first lines may have come while this thread waited for another process.
            for text in process.tail:
                if found := re.search(pattern, text):
                    return found
            self._next(_START_POLL)
        raise Failed(f"{process.name} is not ready after {_START_TIMEOUT:.0f} s; see {process.log}")

    def _await_serving(self, process: LoggedProcess, listen: str) -> None:
        deadline = time.monotonic() + _START_TIMEOUT
        with grpc.insecure_channel(listen, [("grpc.enable_http_proxy", 0)]) as channel:
            health = health_pb2_grpc.HealthStub(channel)
            while time.monotonic() < deadline:
                if _serving(health):
                    return
                self._next(_START_POLL)
        raise Failed(
            f"{process.name} does not serve after {_START_TIMEOUT:.0f} s; see {process.log}"
        )

    def _next(self, seconds: float | None = None) -> None:
        """Wait for one event, and handle it.

        Raises:
            Failed: a process has exited.
            Stopping: the user asked for a stop.
        """
        try:
            event = self._events.get(timeout=seconds)
        except Empty:
            return
        match event:
            case OutputLine():
                self._show(event)
            case Exited(process):
                raise Failed(_exit_report(process))
            case _Stop.NOW:
                raise Stopping


def _serving(health: health_pb2_grpc.HealthStub) -> bool:
    try:
        answer = health.Check(health_pb2.HealthCheckRequest(), timeout=1)
    except grpc.RpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _exit_report(process: LoggedProcess) -> str:
    last = [f"  {text}" for text in process.tail] or ["  (nothing)"]
    return "\n".join([f"{process.name} {process.exit_reason()}; its last output:", *last])
