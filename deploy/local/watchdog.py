"""Ends what `make up` has started when it is gone without having done so itself.

Nobody can act on SIGKILL. So a process of its own listens to `make up` through a pipe,
which the system closes however its writer ends. That holds on Linux and macOS alike.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Final

#: Seconds between SIGTERM and SIGKILL; those who would be waited for are gone.
PATIENCE_SECONDS: Final = 5.0
_TICK: Final = 0.1


class Watchdog:
    """The process that outlives this one, if only for a moment."""

    def __init__(self) -> None:
        # A session of its own: Ctrl-C and the end of the terminal are not for it.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "deploy.local.watchdog"],
            stdin=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )

    def watch(self, group: int) -> None:
        """Have a process group ended, should this process go without dismissing it."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{group}\n")
        self._process.stdin.flush()

    def dismiss(self) -> None:
        """Go in order: what was watched has ended."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()


def main() -> None:
    """Read process groups until the end of the input, then end them."""
    groups = [int(line) for line in sys.stdin]
    _send(groups, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_SECONDS
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
