"""Real processes for tests: started, waited for, and gone when the test is."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from deploy.local.parts import Ended, Line, Part

#: Seconds after which something that should have happened has not. Generous: reaching
#: it fails the test, and a busy machine is no failure.
DEADLINE: Final = 60.0
_TICK: Final = 0.05

#: Where the commands are.
BIN: Final = Path(sys.prefix) / "bin"

_Found = TypeVar("_Found")

_ADDRESS: Final = re.compile(r"[^\s@*]@[\w-]+\.[\w.-]*\w")
_PRIVATE: Final = {"suppression-service", "suppression-ingest"}


def eventually(what: str, look: Callable[[], _Found | None], seconds: float = DEADLINE) -> _Found:
    """Look again and again until there is something that is not None or False; return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(_TICK)
    raise AssertionError(f"not in {seconds:.0f} s: {what}")


class Process(Part):
    """A part of the system under test that remembers all it wrote."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], logs: Path
    ) -> None:
        self.lines: list[str] = []
        self._heard = threading.Condition()
        self._silent = False
        super().__init__(name, command, environment, logs, self._hear)

    def line(self, pattern: str) -> re.Match[str]:
        """Wait for a line in which a pattern is found."""
        with self._heard:
            self._heard.wait_for(lambda: self._find(pattern) or self._silent, DEADLINE)
            if found := self._find(pattern):
                return found
        raise AssertionError(f"{self.name} did not write {pattern!r}: {self.output}")

    @property
    def output(self) -> str:
        """All that it wrote so far."""
        return "\n".join(self.lines)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process alone."""
        os.kill(self.pid, number)

    def ended(self) -> int:
        """Wait for the end by itself and for its last line; return the exit status."""
        with self._heard:
            assert self._heard.wait_for(lambda: self._silent, DEADLINE), f"{self.name} still runs"
        status = self.exit_status
        assert status is not None
        return status

    def _find(self, pattern: str) -> re.Match[str] | None:
        return next(filter(None, (re.search(pattern, line) for line in self.lines)), None)

    def _hear(self, happening: Line | Ended) -> None:
        with self._heard:
            match happening:
                case Line():
                    self.lines.append(happening.text)
                case Ended():
                    self._silent = True
            self._heard.notify_all()


class Processes:
    """Processes of one test; none outlives it.

    Args:
        logs: where they write what they write.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        #: Those started so far, ended or not.
        self.started: list[Process] = []
        self._private: list[Process] = []

    def __enter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in reversed(self.started):
            process.kill()
            process.wait()
        if kind is None:  # else the test fails already, for a reason of its own
            for process in self._private:
                require_no_address(process.name, process.output)

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        environment: Mapping[str, str] | None = None,
        *,
        may_show_addresses: bool = False,
    ) -> Process:
        """Start a command; its environment is this process's and what is given.

        What it writes until its end must hold no address, unless it may.
        """
        number = len(self.started) + 1
        process = Process(
            f"{number}-{name}", list(map(str, command)), clean(environment or {}), self._logs
        )
        self.started.append(process)
        if not may_show_addresses:
            self._private.append(process)
        return process

    @property
    def output(self) -> str:
        """All that all of them wrote."""
        return "\n".join(process.output for process in self.started)


def require_no_address(name: str, written: str) -> None:
    """Make sure that nothing looks like an address, which masked ones (``j***@e***``) do not."""
    found = [line for line in written.splitlines() if _ADDRESS.search(line)]
    assert not found, f"{name} wrote what looks like an address: {found}"


def run(
    command: Sequence[str | Path], environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end; one of the servers' must write no address."""
    done = subprocess.run(
        list(map(str, command)),
        env=clean(environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    if Path(command[0]).name in _PRIVATE and "--help" not in command:
        require_no_address(str(command), done.stdout + done.stderr)
    return done


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment without what would change a program under test."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SUPPRESSION_", "AWS_")) and not name.lower().endswith("_proxy")
    }
    return {**ours, **environment}
