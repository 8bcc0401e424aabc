"""One attack on a server, with a valid client beside it whose checks are counted."""

import contextlib
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import psutil

from suppression import SuppressionError
from tests.hostile.servers import LISTED, Server

#: Seconds between two checks, and the checks of a connection: the next opens a new one.
_PAUSE: Final = 0.01
_CHECKS_A_CONNECTION: Final = 25
#: Seconds between two looks at the memory.
_LOOK: Final = 0.1
#: Bytes of memory at which a server is ended, so that it does not take the machine with it.
LARGEST_MEMORY: Final = 4 * 1024**3


@dataclass(slots=True)
class Checks:
    """The checks of the valid client: seconds of each that was answered; why others were not."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def percentile(self, percent: int) -> float:
        """Return a percentile of the seconds; infinite where hardly any was answered."""
        if len(self.seconds) < 2:
            return float("inf")
        return statistics.quantiles(self.seconds, n=100)[percent - 1]


@dataclass(slots=True)
class Result:
    """What an attack did, and what it cost; memory in bytes, over all processes of the server."""

    seconds: float
    checks: Checks
    memory_at_rest: int
    memory_at_peak: int
    server_cpu_seconds: float
    spent: dict[str, Any]

    @property
    def memory(self) -> int:
        """Return how much memory the server took beside what it has at rest."""
        return self.memory_at_peak - self.memory_at_rest


def attacked(server: Server, attack: str, seconds: float, timeout: float) -> Result:
    """Attack a server for some seconds.

    Args:
        server: is ended if it takes too much memory.
        attack: its name.
        seconds: how long.
        timeout: seconds of a check of the valid client.
    """
    checks = Checks()
    command = [sys.executable, "-m", "tests.hostile.attack", attack, str(server.port)]
    with _Attack([*command, "--seconds", str(seconds)]) as attacking:
        memory = _Memory(server)
        cpu, began = _cpu_seconds(server), time.monotonic()
        with memory.watched():
            while attacking.runs:
                _check(server, timeout, checks, attacking)
    return Result(
        time.monotonic() - began,
        checks,
        memory.at_rest,
        memory.at_peak,
        max(0.0, _cpu_seconds(server) - cpu),
        attacking.spent,
    )


class _Attack:
    def __init__(self, command: list[str]) -> None:
        # In a session of its own Linux schedules it apart from the valid client.
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        self.spent: dict[str, Any] = {}
        # It says when it begins.
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def __enter__(self) -> "_Attack":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind:
            self._process.kill()
        output = self._process.communicate()[0]
        if not kind:
            self.spent = json.loads(output)

    @property
    def runs(self) -> bool:
        return self._process.poll() is None


class _Memory:
    def __init__(self, server: Server) -> None:
        self._server = server
        self._stop = threading.Event()
        self.at_rest = self.at_peak = _memory(server.processes())

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Look at the memory until the block ends."""
        thread = threading.Thread(target=self._watch)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(_LOOK):
            processes = self._server.processes()
            self.at_peak = max(self.at_peak, _memory(processes))
            if self.at_peak > LARGEST_MEMORY:
                for process in processes:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()
                return


def _check(server: Server, timeout: float, checks: Checks, attacking: _Attack) -> None:
    with server.client(timeout) as client:
        for _ in range(_CHECKS_A_CONNECTION):
            if not attacking.runs:
                return
            began = time.monotonic()
            try:
                answer = client.check(LISTED)
            except SuppressionError as error:
                checks.failures.append(str(error))
            else:
                checks.seconds.append(time.monotonic() - began)
                if answer.send:
                    checks.failures.append("SEND")
            time.sleep(_PAUSE)


def _memory(processes: list[psutil.Process]) -> int:
    total = 0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total


def _cpu_seconds(server: Server) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in server.processes())
