"""Keeping to the number of requests that a service takes."""

import time
from collections.abc import Callable


class Pace:
    """Lets one request through at a time, and no sooner than the interval after the last.

    Args:
        interval: seconds.
        clock: seconds that only grow.
        sleep: waits some seconds.
    """

    def __init__(
        self,
        interval: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = interval
        self._clock = clock
        self._sleep = sleep
        self._next = clock()

    def wait(self) -> None:
        """Wait for the next turn."""
        if (early := self._next - self._clock()) > 0:
            self._sleep(early)
        self._next = self._clock() + self._interval
