"""Senders that make checks through one client, and report the outcome at the end."""

import json
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, Self

from suppression import SuppressionClient, SuppressionError, WhenUnavailable
from suppression.base_client import CHECK_TIMEOUT
from tests.support.processes import eventually

_CALLERS: Final = 4
#: Seconds between two checks of a caller.
_PAUSE: Final = 0.01
#: Checks that are made first and not counted.
_WARM_UP: Final = 100


@dataclass
class Outcome:
    """The outcome of the checks after the warm-up.

    Attributes:
        answered: number of answered checks.
        failed: number of failed checks, by error.
        slowest: duration of the slowest check, in seconds.
    """

    answered: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0


class Senders(Protocol):
    """Make checks for the length of a block; have an outcome after it."""

    outcome: Outcome

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class PythonSenders:
    """Threads of this process that use the Python client, with its own retries.

    Args:
        servers: HOST:PORT of each.
        check_timeout: seconds.
    """

    def __init__(self, servers: list[str], check_timeout: float = CHECK_TIMEOUT) -> None:
        self._client = SuppressionClient(
            f"ipv4:{','.join(servers)}",
            insecure=True,  # no list of addresses is a loopback literal
            when_unavailable=WhenUnavailable.RAISE,
            check_timeout=check_timeout,
        )
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask_on) for _ in range(_CALLERS)]
        self.outcome = Outcome()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        eventually("the load is on", lambda: self.outcome.answered >= _WARM_UP)
        with self._lock:
            self.outcome = Outcome()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._client.close()

    def _ask_on(self) -> None:
        while not self._over.wait(_PAUSE):
            began = time.monotonic()
            failure = self._ask()
            with self._lock:
                self.outcome.failed.update(failure)
                self.outcome.answered += not failure
                self.outcome.slowest = max(self.outcome.slowest, time.monotonic() - began)

    def _ask(self) -> list[str]:
        try:
            self._client.check("jane@example.com")
        except SuppressionError as error:
            return [str(error)]
        return []


class NoProgram(Exception):
    """A client's program ended before its first check; its output has the reason."""


class ProgramSenders:
    """A client in another language, through its ``conformance/load``.

    Args:
        program: see clients/conformance/README.md.
        servers: HOST:PORT of each.

    Raises:
        NoProgram: on entry, for instance if its tool chain is missing.
    """

    def __init__(self, program: Path, servers: list[str]) -> None:
        self._command = [str(program), *servers]
        self.outcome = Outcome()

    def __enter__(self) -> Self:
        self._program = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._program.stdout is not None
        if not self._program.stdout.readline():
            self._program.communicate()
            raise NoProgram(f"{self._command[0]} ended with status {self._program.returncode}")
        return self

    def __exit__(self, *_: object) -> None:
        # The program stops at the end of its input.
        output = self._program.communicate()[0]
        reported = json.loads(output)
        self.outcome = Outcome(
            reported["answered"], Counter(reported["failed"]), reported["slowest_ms"] / 1e3
        )
