"""Exponential back-off with jitter."""

import random
from typing import Final

#: Seconds to wait at most: after the first failure, and after any.
FIRST_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 30.0


class Backoff:
    """Computes the seconds to wait after each failure in a row."""

    def __init__(self) -> None:
        self._failures = 0

    @property
    def failing(self) -> bool:
        """Whether the last attempt failed."""
        return self._failures > 0

    def succeeded(self) -> None:
        """Start again: the next failure is the first."""
        self._failures = 0

    def failed(self) -> float:
        """Return the seconds to wait now: about twice those of the last time.

        Between half and all of them, at random, so that workers that failed together
        do not retry together.
        """
        longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(self._failures, 10))
        self._failures += 1
        return random.uniform(longest / 2, longest)  # noqa: S311 - spreads load, hides nothing
