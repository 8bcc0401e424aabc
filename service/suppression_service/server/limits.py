"""Limits: how many calls may wait at a time, and how often one name or one address may call.

Each process counts for itself. So a name with connections to all processes of a server can
make several times as many calls as a name with one connection.
"""

import time
from collections.abc import Callable
from typing import Final

from suppression_service.server.errors import Overloaded, TooManyCalls, TooManyOfToken


class ConcurrencyLimit:
    """A limit to how many calls wait at a time; the next one is refused at once.

    Raises:
        TooManyCalls: on entering the block.
    """

    def __init__(self, limit: int) -> None:
        self._free = limit

    def __enter__(self) -> None:
        if not self._free:
            raise TooManyCalls("CALLS_UNDER_WAY", "too many calls of this kind are under way")
        self._free -= 1

    def __exit__(self, *_: object) -> None:
        self._free += 1


# In nanoseconds: whole numbers add up exactly.
_SECOND: Final = 1_000_000_000

#: Names that a rate limit keeps, at most. Beyond them the one that called first is forgotten.
MAX_NAMES: Final = 10_000


class RateLimit:
    """A limit to how often the callers of one name call.

    The algorithm is GCRA: a token bucket without refills, because the level follows from the
    clock. It keeps one number for each name: the time by which all calls so far would have
    been made at the permitted rate.

    Args:
        per_second: calls of a name in a second. As many may come at once.
        error: makes the error from the seconds until the next call is accepted.
        now: a monotonic clock, in nanoseconds; replaced in tests.
    """

    def __init__(
        self,
        per_second: float,
        error: Callable[[float], Overloaded] = TooManyOfToken,
        now: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._interval = round(_SECOND / per_second)
        # The calls of one second may come at once, and always one call.
        self._burst = max(_SECOND, self._interval) - self._interval
        self._error = error
        self._now = now
        self._paid_until: dict[str, int] = {}

    def consume(self, name: str) -> None:
        """Consume one call from the rate limit of a name.

        Raises:
            Overloaded: the call comes too early; the error says by how much.
        """
        now = self._now()
        paid_until = max(now, self._paid_until.get(name, now))
        if (early := paid_until - self._burst - now) > 0:
            raise self._error(early / _SECOND)
        if len(self._paid_until) >= MAX_NAMES and name not in self._paid_until:
            del self._paid_until[next(iter(self._paid_until))]
        self._paid_until[name] = paid_until + self._interval
