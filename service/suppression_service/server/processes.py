"""The processes of a server, and their parent, which starts, replaces and stops them.

A process has one event loop and one replica. It is started as a new program, never forked,
because gRPC deadlocks after a fork. The parent imports no transport.

The parent has no list. It reserves the address before any process runs. So it finds out
whether the address is free, and which port the system chose for a port of 0.
"""

import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

import structlog
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from suppression_service.config import EXIT_UNUSABLE
from suppression_service.server.child import STOP_SIGNALS, Child
from suppression_service.server.process_start import ProcessStart
from suppression_service.server.settings import ServiceSettings
from suppression_service.server.transport.envoy import launch
from suppression_service.telemetry.aggregate import ReportTo

#: Seconds between two checks of the signals and the processes.
_TICK: Final = 0.1
#: A process that ran for fewer seconds is replaced after a pause.
_SETTLED: Final = 5.0
#: Seconds between the deadline of a drain and SIGKILL.
KILL_AFTER: Final = 5.0

_APPLICATION: Final = "suppression_service.server.envoy_process:app"

_log = structlog.get_logger()


class _Process(NamedTuple):
    child: Child
    started: float


def _command(start: ProcessStart) -> tuple[list[str], dict[str, str]]:
    """Return the command of a process, and what its environment needs."""
    if start.settings.transport == "grpcio":
        return [sys.executable, "-m", "suppression_service.server.process"], {}
    return launch.command(start.settings, start.listen, Path(start.folder), _APPLICATION)


class Supervisor:
    """Runs the processes of a server until SIGTERM or SIGINT.

    Args:
        settings: for the processes.
        listen: the HOST:PORT that :func:`.net.reserved_address` gave.
        report_path: the socket to which processes report metrics; empty: they do not.
    """

    def __init__(self, settings: ServiceSettings, listen: str, report_path: str = "") -> None:
        self._settings = settings
        self._listen = listen
        self._report_path = report_path
        #: Processes that died and were replaced.
        self.replaced = 0
        self._folder = ""
        self._processes: list[_Process] = []
        self._stopping = False
        self._exit_status = 0

    def run(self) -> int:
        """Run until SIGTERM or SIGINT, or until no process can serve; return the exit status."""
        for number in STOP_SIGNALS:
            signal.signal(number, self._stop_soon)
        # For what only this server's processes may see. Short: it holds a UNIX socket each.
        with tempfile.TemporaryDirectory(prefix="suppression-") as self._folder:
            self._processes = [self._start(index) for index in range(self._settings.processes)]
            while not self._stopping:
                time.sleep(_TICK)
                self._replace_the_dead()
            self._stop_processes()
        return self._exit_status

    def _stop_soon(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _start(self, index: int) -> _Process:
        folder = Path(self._folder, str(index))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        report_to = ReportTo(self._report_path, str(index)) if self._report_path else None
        start = ProcessStart(self._settings, self._listen, str(folder), report_to)
        command, environment = _command(start)
        return _Process(Child(command, environment | start.to_environment()), time.monotonic())

    def _replace_the_dead(self) -> None:
        for index, (child, started) in enumerate(self._processes):
            if self._stopping or (exit_status := child.exit_status) is None:
                continue
            others = any(other.child.exit_status is None for other in self._processes)
            if exit_status == EXIT_UNUSABLE and not others:
                self._exit_status, self._stopping = EXIT_UNUSABLE, True
                return
            _log.error("a process died; starting another", exit_status=exit_status)
            if time.monotonic() - started < _SETTLED:
                time.sleep(1)
            child.stop_soon()
            self._processes[index] = self._start(index)
            self.replaced += 1

    def _stop_processes(self) -> None:
        for each in self._processes:
            each.child.stop_soon()
        timeout = self._settings.drain_seconds + self._settings.grace_seconds + KILL_AFTER
        deadline = time.monotonic() + timeout
        for each in self._processes:
            each.child.wait(max(0.0, deadline - time.monotonic()))


class SupervisorMetrics(Collector):
    """The metrics of the parent.

    Args:
        settings: of the server.
        supervisor: of its processes.
    """

    def __init__(self, settings: ServiceSettings, supervisor: Supervisor) -> None:
        self._settings = settings
        self._supervisor = supervisor

    def collect(self) -> Iterator[Metric]:
        """Yield every family."""
        yield GaugeMetricFamily(
            "suppression_processes",
            "Processes that the server should have.",
            value=self._settings.processes,
        )
        yield CounterMetricFamily(
            "suppression_processes_replaced",
            "Processes that died and were replaced.",
            value=self._supervisor.replaced,
        )
        yield GaugeMetricFamily(
            "suppression_max_staleness_seconds",
            "Lag at which a process stops answering.",
            value=self._settings.max_staleness,
        )
