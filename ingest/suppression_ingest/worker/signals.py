"""Stopping on a signal: at once while waiting, after the batch while working."""

import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Self

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(BaseException):
    """Raised while waiting, when the process is to stop.

    Not an Exception: no library that waits on our behalf may take it for a
    network error and try again.
    """


class Waiting:
    """A block that a signal may break off: nothing in it can be left half done."""

    def __init__(self, stop: "Stop") -> None:
        self._stop = stop

    def __enter__(self) -> Self:
        self._stop.waiting = True
        self._stop.check()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.waiting = False


class Stop:
    """Whether the process is to stop; set by SIGTERM and SIGINT."""

    def __init__(self) -> None:
        self.requested = False
        #: Whether a signal may raise now.
        self.waiting = False

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[Self]:
        """Listen to the signals until the block ends; of the main thread only."""
        before = {number: signal.signal(number, self._handle) for number in _SIGNALS}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def check(self) -> None:
        """Raise when the process is to stop.

        Raises:
            Stopped: it is.
        """
        if self.requested:
            self.waiting = False
            raise Stopped

    def sleep(self, seconds: float) -> None:
        """Wait.

        Raises:
            Stopped: the process is to stop.
        """
        with Waiting(self):
            time.sleep(seconds)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True
        if self.waiting:
            self.check()
