"""A process that another starts and stops: both sides.

The child is told to stop by a pipe: its parent closes the other end, or dies. So no child
outlives its parent. SIGTERM and SIGINT are blocked in the child, since they come to all
processes of a terminal or a service at once, and Envoy would end with its calls under way.
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

_VARIABLE: Final = "SUPPRESSION_STOP_PIPE"
STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

_log = structlog.get_logger()


class Child:
    """A process, as its parent sees it.

    Args:
        command: of the process.
        environment: variables beside those of this process.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        read_end, self._stop_pipe = os.pipe()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)  # The child inherits this.
        try:
            self._popen = subprocess.Popen(  # noqa: S603 - the command is ours
                command,
                env={**os.environ, **environment, _VARIABLE: str(read_end)},
                pass_fds=[read_end],
                # Python here ignores SIGPIPE and SIGXFSZ (a limit of files); Envoy's would not.
                restore_signals=False,
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            os.close(read_end)

    @property
    def exit_status(self) -> int | None:
        """The exit status; None while it runs."""
        return self._popen.poll()

    def stop_soon(self) -> None:
        """Tell the child to stop; may be repeated."""
        if self._stop_pipe >= 0:
            os.close(self._stop_pipe)
            self._stop_pipe = -1

    def wait(self, seconds: float) -> None:
        """Wait until the child has stopped, and kill it if that takes too long."""
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            _log.error("a process does not stop; killing it")
            self._popen.kill()
            self._popen.wait()


def stop_event() -> asyncio.Event:
    """Return an event that is set once the parent of this child says stop, or has died."""
    stop, loop, pipe = asyncio.Event(), asyncio.get_running_loop(), int(os.environ[_VARIABLE])

    def on_end() -> None:
        loop.remove_reader(pipe)  # It stays readable.
        stop.set()

    loop.add_reader(pipe, on_end)
    return stop
