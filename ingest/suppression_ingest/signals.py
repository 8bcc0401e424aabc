"""Stopping on SIGTERM and SIGINT: at once during a wait, else after the current batch."""

import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType
from typing import Self

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(BaseException):
    """Raised during a wait when the process must stop.

    It is not an Exception: a library that waits must not take it for a network error and
    try again.
    """


class StopSignal:
    """Whether the process must stop; set by SIGTERM and SIGINT."""

    def __init__(self) -> None:
        self.requested = False
        self._may_interrupt = False

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[Self]:
        """Handle the signals until the block ends. Works only in the main thread."""
        before = {number: signal.signal(number, self._handle) for number in _SIGNALS}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextlib.contextmanager
    def interruptible(self) -> Iterator[None]:
        """Run a block that a signal may interrupt. The block must not leave work half done.

        Raises:
            Stopped: the process is to stop.
        """
        self._may_interrupt = True
        try:
            self.check()
            yield
        finally:
            self._may_interrupt = False

    def check(self) -> None:
        """Raise if the process must stop.

        Raises:
            Stopped: it is.
        """
        if self.requested:
            self._may_interrupt = False
            raise Stopped

    def sleep(self, seconds: float) -> None:
        """Wait.

        Raises:
            Stopped: the process is to stop.
        """
        with self.interruptible():
            time.sleep(seconds)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True
        if self._may_interrupt:
            self.check()
