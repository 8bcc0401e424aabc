"""Waiting longer after each failure, and never all at the same time."""

import random
from typing import Final

#: Seconds of the first wait at most, and of any.
FIRST_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 30.0


class Backoff:
    """Gives the seconds to wait after each failure in a row."""

    def __init__(self) -> None:
        self._failures = 0

    @property
    def failing(self) -> bool:
        """Whether the last attempt failed."""
        return self._failures > 0

    def succeeded(self) -> None:
        """Begin anew: the next failure is the first."""
        self._failures = 0

    def failed(self) -> float:
        """Return the seconds to wait now: about twice those of the last time.

        Between half and all of them, by chance, so that workers that failed
        together do not come back together.
        """
        longest = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(self._failures, 10))
        self._failures += 1
        return random.uniform(longest / 2, longest)  # noqa: S311 - spreads load, hides nothing
