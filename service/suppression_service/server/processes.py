"""The processes of a server, and their parent, which starts, replaces and stops them.

A process has one event loop, one replica, one gRPC server. It is spawned, never forked,
because gRPC deadlocks after a fork. The parent must not import grpc, so it is imported only
inside :func:`run`.

The parent has no list. It reserves the address before any process runs. So it finds out
whether the address is free, and which port the system chose for a port of 0.
"""

import asyncio
import dataclasses
import multiprocessing
import signal
import sys
import time
from collections.abc import Iterator
from multiprocessing import connection
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Final

import structlog
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from structlog.typing import Processor

from suppression_service.config import EXIT_UNUSABLE
from suppression_service.logs import set_up_logs
from suppression_service.net import raise_open_file_limit
from suppression_service.server.request_id import add_request_id
from suppression_service.server.settings import ServiceSettings
from suppression_service.store import StoreError
from suppression_service.telemetry.aggregate import ReportTo

#: Seconds between two checks of the signals and the processes.
_TICK: Final = 0.2
#: A process that ran for fewer seconds is replaced after a pause.
_SETTLED: Final = 5.0
#: Seconds between the deadline of a drain and SIGKILL.
KILL_AFTER: Final = 5.0

_log = structlog.get_logger()


@dataclasses.dataclass(frozen=True, slots=True)
class _Process:
    process: SpawnProcess
    started: float


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
        self._processes: list[_Process] = []
        self._stopping = False
        self._exit_status = 0

    def run(self) -> int:
        """Run until SIGTERM or SIGINT, or until no process can serve; return the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop_soon)
        self._processes = [self._start(index) for index in range(self._settings.processes)]
        while not self._stopping:
            connection.wait([each.process.sentinel for each in self._processes], timeout=_TICK)
            self._replace_the_dead()
        self._stop_processes()
        return self._exit_status

    def _stop_soon(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _start(self, index: int) -> _Process:
        report_to = ReportTo(self._report_path, str(index)) if self._report_path else None
        process = multiprocessing.get_context("spawn").Process(
            target=run, args=(self._settings, self._listen, report_to)
        )
        process.start()
        return _Process(process, time.monotonic())

    def _replace_the_dead(self) -> None:
        for index, each in enumerate(self._processes):
            if self._stopping or each.process.is_alive():
                continue
            others = any(other.process.is_alive() for other in self._processes)
            if each.process.exitcode == EXIT_UNUSABLE and not others:
                self._exit_status, self._stopping = EXIT_UNUSABLE, True
                return
            _log.error("a process died; starting another", exit_status=each.process.exitcode)
            if time.monotonic() - each.started < _SETTLED:
                time.sleep(1)
            self._processes[index] = self._start(index)
            self.replaced += 1

    def _stop_processes(self) -> None:
        for each in self._processes:
            each.process.terminate()
        timeout = self._settings.drain_seconds + self._settings.grace_seconds + KILL_AFTER
        deadline = time.monotonic() + timeout
        for each in self._processes:
            each.process.join(max(0.0, deadline - time.monotonic()))
            if each.process.is_alive():
                _log.error("a process does not stop; killing it")
                each.process.kill()


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


def run(settings: ServiceSettings, listen: str, report_to: ReportTo | None = None) -> None:
    """Serve until SIGTERM, SIGINT or the end of the parent process."""
    import uvloop

    set_up_logs(settings.log_format, *_log_processors(settings))
    raise_open_file_limit()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve_until_stopped(settings, listen, report_to))
    except StoreError as error:
        _log.error("cannot serve", error=str(error))
        sys.exit(EXIT_UNUSABLE)


def _log_processors(settings: ServiceSettings) -> list[Processor]:
    if not settings.tracing:
        return [add_request_id]
    from suppression_service.server.tracing import add_trace_id  # an extra

    return [add_request_id, add_trace_id]


async def _serve_until_stopped(
    settings: ServiceSettings, listen: str, report_to: ReportTo | None
) -> None:
    from suppression_service.server.server import serve

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # The sentinel is readable once the parent has ended: no other process would stop this one.
    if parent := multiprocessing.parent_process():
        loop.add_reader(parent.sentinel, _orphaned, loop, parent.sentinel, stop)
    await serve(settings, listen, stop, report_to)


def _orphaned(loop: asyncio.AbstractEventLoop, sentinel: int, stop: asyncio.Event) -> None:
    loop.remove_reader(sentinel)  # It stays readable.
    stop.set()
