"""Waiting longer after each failure, with jitter."""

import random
from typing import Final

#: The longest first wait, and the longest wait of all, in seconds.
FIRST_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 30.0


class Backoff:
    """Counts failures in a row, and says how long to wait after each.

    It does not call or sleep by itself, as retry libraries do: the worker's waits end on a
    signal, and housekeeping does not wait at all but skips the task for that time.
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
        """Return the seconds to wait now: about twice those of the last time.

        A random time between half of them and all, so that workers that failed
        together do not come back together.
        """
        longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(self._failures, 10))
        self._failures += 1
        return random.uniform(longest / 2, longest)  # noqa: S311 - spreads load, hides nothing
