"""Real processes for tests of every tier: started, waited for, killed with the test."""

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

from deploy.local.process import Exited, LoggedProcess, OutputLine

#: Seconds that a test waits for an event before it fails. Generous, so that a busy
#: machine does not fail it.
DEADLINE: Final = 60.0
_TICK: Final = 0.05

#: The folder of the installed commands.
BIN: Final = Path(sys.prefix) / "bin"

_Found = TypeVar("_Found")

_ADDRESS: Final = re.compile(r"[^\s@*]@[\w-]+\.[\w.-]*\w")
_PRIVATE: Final = {"suppression-service", "suppression-ingest", "suppression-console"}


def eventually(what: str, poll: Callable[[], _Found | None], seconds: float = DEADLINE) -> _Found:
    """Poll until a function returns something true; return that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := poll():
            return found
        time.sleep(_TICK)
    raise AssertionError(f"not in {seconds:.0f} s: {what}")


class Process(LoggedProcess):
    """A process under test, which keeps every line that it wrote."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], logs: Path
    ) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._closed = False
        super().__init__(name, command, environment, logs, self._on_output)

    def line(self, pattern: str) -> re.Match[str]:
        """Wait for a line that matches a pattern; return the match."""
        with self._changed:
            self._changed.wait_for(lambda: self._find(pattern) or self._closed, DEADLINE)
            if found := self._find(pattern):
                return found
        raise AssertionError(f"{self.name} did not write {pattern!r}: {self.output}")

    @property
    def output(self) -> str:
        """Everything that it has written."""
        return "\n".join(self.lines)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process alone."""
        os.kill(self.pid, number)

    def ended(self) -> int:
        """Wait until it exits by itself and its output is read; return the exit status."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._closed, DEADLINE), f"{self.name} still runs"
        status = self.exit_status
        assert status is not None
        return status

    def _find(self, pattern: str) -> re.Match[str] | None:
        return next(filter(None, (re.search(pattern, line) for line in self.lines)), None)

    def _on_output(self, event: OutputLine | Exited) -> None:
        with self._changed:
            match event:
                case OutputLine():
                    self.lines.append(event.text)
                case Exited():
                    self._closed = True
            self._changed.notify_all()


class Processes:
    """The processes of one test; none outlives it.

    Args:
        logs: the folder of their log files.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        #: All that were started, including those that have exited.
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
        if kind is None:  # otherwise the test fails already
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
        """Start a command with this process's environment and the given variables.

        Its output must contain no address, unless ``may_show_addresses``.
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
        """Everything that all of them have written."""
        return "\n".join(process.output for process in self.started)


def require_no_address(name: str, written: str) -> None:
    """Assert that no line contains an address; masked ones (``j***@e***``) are allowed."""
    found = [line for line in written.splitlines() if _ADDRESS.search(line)]
    assert not found, f"{name} wrote what looks like an address: {found}"


def run(
    command: Sequence[str | Path], environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a command until it exits; a command of service or ingest must write no address."""
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
    """Return given variables and this process's, without those that programs under test read.

    TEST_TRANSPORT names the transport of the servers in all tests that start processes.
    """
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SUPPRESSION_", "AWS_")) and not name.lower().endswith("_proxy")
    }
    if transport := os.environ.get("TEST_TRANSPORT"):
        ours["SUPPRESSION_TRANSPORT"] = transport
    return {**ours, **environment}
