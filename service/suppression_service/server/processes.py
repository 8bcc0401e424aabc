"""The parent process: starts the workers, replaces those that die, stops them all.

It never touches grpc and holds no list. It reserves the address, though, and so
finds out whether it is free, and which port a port of 0 became, before any worker
runs.
"""

import dataclasses
import multiprocessing
import signal
import time
from multiprocessing import connection
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Final

import structlog

from suppression_service.server import process as worker
from suppression_service.server.settings import ServiceSettings
from suppression_service.telemetry.aggregate import ReportTo

#: Seconds between two looks at the signals and the workers.
_TICK: Final = 0.2
#: Seconds that a worker must have lived for its replacement to start at once.
_SETTLED: Final = 5.0
#: Seconds between the deadline of a drain and SIGKILL.
KILL_AFTER: Final = 5.0

_log = structlog.get_logger()


@dataclasses.dataclass(frozen=True, slots=True)
class _Worker:
    process: SpawnProcess
    started: float


class Supervisor:
    """Runs worker processes until it is told to stop.

    Args:
        settings: for the workers.
        listen: the HOST:PORT that :func:`.net.reserved_address` gave.
        gathering: the path to which workers report what they count; empty: they do not.
    """

    def __init__(self, settings: ServiceSettings, listen: str, gathering: str = "") -> None:
        self._settings = settings
        self._listen = listen
        self._gathering = gathering
        #: Workers that were started in the place of one that had died.
        self.replaced = 0
        self._workers: list[_Worker] = []
        self._stopping = False
        self._exit_status = 0

    def run(self) -> int:
        """Run until SIGTERM or SIGINT, or until a worker cannot be; return the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop_soon)
        self._workers = [self._start(place) for place in range(self._settings.workers)]
        while not self._stopping:
            connection.wait([each.process.sentinel for each in self._workers], timeout=_TICK)
            self._replace_the_dead()
        self._stop_workers()
        return self._exit_status

    def _stop_soon(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _start(self, place: int) -> _Worker:
        report_to = ReportTo(self._gathering, str(place)) if self._gathering else None
        process = multiprocessing.get_context("spawn").Process(
            target=worker.run, args=(self._settings, self._listen, report_to)
        )
        process.start()
        return _Worker(process, time.monotonic())

    def _replace_the_dead(self) -> None:
        for place, each in enumerate(self._workers):
            if self._stopping or each.process.is_alive():
                continue
            others = any(other.process.is_alive() for other in self._workers)
            if each.process.exitcode == worker.EXIT_UNUSABLE and not others:
                self._exit_status, self._stopping = worker.EXIT_UNUSABLE, True
                return
            _log.error("a worker died; starting another", exit_status=each.process.exitcode)
            if time.monotonic() - each.started < _SETTLED:
                time.sleep(1)
            self._workers[place] = self._start(place)
            self.replaced += 1

    def _stop_workers(self) -> None:
        for each in self._workers:
            each.process.terminate()
        patience = self._settings.drain_seconds + self._settings.grace_seconds + KILL_AFTER
        deadline = time.monotonic() + patience
        for each in self._workers:
            each.process.join(max(0.0, deadline - time.monotonic()))
            if each.process.is_alive():
                _log.error("a worker does not stop; killing it")
                each.process.kill()
