"""Stops the processes of `make up` when `make up` itself was killed.

No program can handle SIGKILL. So a second process reads from `make up` through a pipe.
The operating system closes the pipe however its writer ends, on Linux and on macOS.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Final

#: Seconds between SIGTERM and SIGKILL.
STOP_TIMEOUT: Final = 5.0
_TICK: Final = 0.1


class Watchdog:
    """The second process, which outlives this one."""

    def __init__(self) -> None:
        # A session of its own: neither Ctrl-C nor the end of the terminal stops it.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "deploy.local.watchdog"],
            stdin=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )

    def watch(self, group: int) -> None:
        """Stop a process group if this process ends without a call of :meth:`dismiss`."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{group}\n")
        self._process.stdin.flush()

    def dismiss(self) -> None:
        """End the watchdog: the process groups have stopped."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()


def main() -> None:
    """Read process group ids until the end of the input, then stop these groups."""
    groups = [int(line) for line in sys.stdin]
    _send(groups, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT
    while any(_living(groups)) and time.monotonic() < deadline:
        time.sleep(_TICK)
    _send(groups, signal.SIGKILL)


def _send(groups: Iterable[int], number: signal.Signals) -> None:
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, number)


def _living(groups: Iterable[int]) -> Iterator[int]:
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, 0)
            yield group


if __name__ == "__main__":
    main()
