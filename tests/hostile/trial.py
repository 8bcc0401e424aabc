"""One attack on a server, with a valid client beside it whose checks are counted."""

import contextlib
import json
import os
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
#: Seconds between two looks at memory and CPU.
_LOOK: Final = 0.1
#: Bytes that an attack may cost in memory, over all processes of a server.
MOST_MEMORY: Final = 512 * 1024**2
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

    @property
    def holds(self) -> bool:
        """Whether no valid check failed, and the memory stayed within its bound."""
        return not self.checks.failures and self.memory <= MOST_MEMORY


def attacked(
    server: Server,
    attack: str,
    seconds: float,
    timeout: float,
    program: str = "tests.hostile.attack",
) -> Result:
    """Attack a server for some seconds.

    Args:
        server: is ended if it takes too much memory.
        attack: its name.
        seconds: how long.
        timeout: seconds of a check of the valid client.
        program: the module that makes the attack. It may use the valid client's token.
    """
    checks = Checks()
    command = [sys.executable, "-m", program, attack, str(server.port)]
    with _Attack([*command, "--seconds", str(seconds)], server.token) as attacking:
        usage, began = _Usage(server), time.monotonic()
        with usage.watched():
            while attacking.runs:
                _check(server, timeout, checks, attacking)
    return Result(
        time.monotonic() - began,
        checks,
        usage.memory_at_rest,
        usage.memory_at_peak,
        usage.cpu_seconds,
        attacking.spent,
    )


class _Attack:
    def __init__(self, command: list[str], token: str) -> None:
        # In a session of its own Linux schedules it apart from the valid client.
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "HOSTILE_TOKEN": token},
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


class _Usage:
    """Memory and CPU of a server: of its processes that run, since the beginning."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._stop = threading.Event()
        self.memory_at_rest, self._cpu_before = _used(server.processes())
        self.memory_at_peak, self.cpu_seconds = self.memory_at_rest, 0.0

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Look at it again and again until the block ends."""
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
            memory, cpu = _used(processes)
            self.memory_at_peak = max(self.memory_at_peak, memory)
            self.cpu_seconds = max(self.cpu_seconds, cpu - self._cpu_before)
            if memory > LARGEST_MEMORY:
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


def _used(processes: list[psutil.Process]) -> tuple[int, float]:
    memory, cpu = 0, 0.0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            memory += process.memory_info().rss
            cpu += sum(process.cpu_times()[:2])
    return memory, cpu
