"""Waiting longer after each failure, with jitter."""

import random
from typing import Final

#: The longest first wait and the longest wait, in seconds.
FIRST_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 30.0


class Backoff:
    """Counts failures in a row, and returns how long to wait after each.

    Unlike retry libraries, it does not call or sleep itself. The worker's waits end on a
    signal. Housekeeping does not wait: it skips the task for that time.
    """

    def __init__(self) -> None:
        self._failures = 0

    @property
    def failing(self) -> bool:
        """Whether the last attempt failed."""
        return self._failures > 0

    def succeeded(self) -> None:
        """Reset: the next failure is the first."""
        self._failures = 0

    def failed(self) -> float:
        """Return the seconds to wait now: about twice as long as the last time.

        The time is random, between half of the limit and all of it, so that workers that
        failed together do not try again together.
        """
        longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(self._failures, 10))
        self._failures += 1
        return random.uniform(longest / 2, longest)  # noqa: S311 - spreads load, hides nothing
