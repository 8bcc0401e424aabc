"""Limits: how many calls may wait at a time, and how often one name or one address may call.

Each process counts for itself. So a name with connections to all processes of a server can
make several times as many calls as a name with one connection.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from suppression_service.server.errors import Overloaded, TooManyCalls, TooManyOfToken

# Names that can fill a shared limit, each with its share.
_SHARES: Final = 4


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


class SharedLimit:
    """A concurrency limit of which the tokens of one name take a quarter at most.

    Args:
        limit: calls at a time.
    """

    def __init__(self, limit: int) -> None:
        self._all = ConcurrencyLimit(limit)
        self._share = -(-limit // _SHARES)
        self._names: Counter[str] = Counter()

    @contextlib.contextmanager
    def entered(self, name: str) -> Iterator[None]:
        """Count a call of a token for the length of the block; without a name no share counts.

        Raises:
            TooManyCalls: on entering the block.
        """
        if name and self._names[name] >= self._share:
            raise TooManyCalls(
                "TOKEN_CALLS", "this token has too many calls of this kind under way"
            )
        with self._all:
            self._names[name] += 1
            try:
                yield
            finally:
                self._names[name] -= 1
                if not self._names[name]:
                    del self._names[name]


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
