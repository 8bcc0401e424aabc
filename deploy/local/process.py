"""One process of the local system: its log file, its exit status, its process group.

`make up` runs its processes with it, and so do the tests.
"""

import contextlib
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: Lines of the log that are shown when its process has died.
TAIL_LINES: Final = 20
#: Seconds between SIGTERM and SIGKILL; a server drains for ten at most.
STOP_TIMEOUT: Final = 20.0


@dataclass(frozen=True, slots=True)
class OutputLine:
    """A process wrote a line."""

    process: "LoggedProcess"
    text: str


@dataclass(frozen=True, slots=True)
class Exited:
    """A process has exited, after the events of all its lines."""

    process: "LoggedProcess"


OnEvent = Callable[[OutputLine | Exited], None]


class LoggedProcess:
    """A process whose output goes to a log file and, line by line, to a callback.

    It leads a process group of its own. So Ctrl-C in a terminal reaches only the
    program that started it, which can then stop its processes in order.

    Args:
        name: for messages, and for the name of the log file.
        command: program and arguments.
        environment: the whole environment.
        logs: the folder of the log file.
        on_event: called from another thread, with each line and then the exit.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        logs: Path,
        on_event: OnEvent,
    ) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        self._on_event = on_event
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._process = subprocess.Popen(
            command,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, name=f"log of {name}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its group."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    @property
    def exit_status(self) -> int | None:
        """The exit status; negative for a signal, None while it runs."""
        return self._process.poll()

    @property
    def tail(self) -> list[str]:
        """The last lines that it wrote."""
        return list(self._tail)

    def exit_reason(self) -> str:
        """Wait for the exit; return its cause in words."""
        status = self._process.wait()
        if status < 0:
            return f"was killed by {signal.Signals(-status).name}"
        return f"exited with status {status}"

    def terminate(self) -> None:
        """Send SIGTERM, if it still runs."""
        if self.running:
            self._process.terminate()

    def wait(self, seconds: float = STOP_TIMEOUT) -> None:
        """Wait for the exit; then kill whatever is left of its group."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self.kill()
        self._reader.join(seconds)

    def kill(self) -> None:
        """Kill the process and its group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def _read(self) -> None:
        with self.log.open("w", encoding="utf-8") as log:
            for text in self._output():
                log.write(f"{text}\n")
                log.flush()
                self._tail.append(text)
                self._on_event(OutputLine(self, text))
        self._process.wait()
        self._on_event(Exited(self))

    def _output(self) -> Iterator[str]:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                yield line.decode(errors="replace").rstrip("\n")
