"""One process of the local system: its log, its end, its children."""

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

#: Lines of a log that are shown when its process has died.
TAIL_LINES: Final = 20
#: Seconds between SIGTERM and SIGKILL; the server drains for ten at most.
PATIENCE_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Line:
    """A part wrote a line."""

    part: "Part"
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A part is no more, and all that it wrote has been told."""

    part: "Part"


Tell = Callable[[Line | Ended], None]


class Part:
    """A process whose output goes to a log file, and line by line to whoever listens.

    It leads a process group of its own: Ctrl-C in a terminal reaches only the
    program that started it, which can then stop the parts in order.

    Args:
        name: what people call it; names the log file too.
        command: program and arguments.
        environment: all of it.
        logs: the folder of the log file.
        tell: called from another thread, with each line and then the end.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        logs: Path,
        tell: Tell,
    ) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        self._tell = tell
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
        """The process id, which is also that of its group."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process.poll() is None

    @property
    def exit_status(self) -> int | None:
        """The exit status; negative for a signal, None while it runs."""
        return self._process.poll()

    @property
    def tail(self) -> list[str]:
        """The last lines that it wrote."""
        return list(self._tail)

    def how_it_ended(self) -> str:
        """Say in words how the process ended."""
        status = self._process.wait()
        if status < 0:
            return f"was ended by {signal.Signals(-status).name}"
        return f"ended with status {status}"

    def ask_to_stop(self) -> None:
        """Send SIGTERM, if it still runs."""
        if self.running:
            self._process.terminate()

    def wait(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait for the end; what has not ended by then is killed with all its children."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self.kill()
        self._reader.join(seconds)

    def kill(self) -> None:
        """Kill the process and what it left behind in its group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def _read(self) -> None:
        with self.log.open("w", encoding="utf-8") as log:
            for text in self._output():
                log.write(f"{text}\n")
                log.flush()
                self._tail.append(text)
                self._tell(Line(self, text))
        self._process.wait()
        self._tell(Ended(self))

    def _output(self) -> Iterator[str]:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for octets in output:
                yield octets.decode(errors="replace").rstrip("\n")
