"""How often each token may call: so many times a second, and as many at once.

Counted in each worker by itself. A holder whose connections spread over all workers of a
server may so make several times as many calls as one whose connection is with one of them.
"""

import time
from collections.abc import Callable
from typing import Final

from suppression_service.server.errors import TooManyOfToken

# In nanoseconds: whole numbers add up exactly.
_SECOND: Final = 1_000_000_000


class Quota:
    """The calls of each holder of a token.

    Kept as one number a holder, the moment by which all calls so far would have been made
    at the permitted pace (GCRA): a bucket that is never refilled, since its level follows
    from the clock. There are no more holders than names in the file of tokens.

    Args:
        per_second: calls of a holder.
        now: nanoseconds, never going back; replaced in tests.
    """

    def __init__(self, per_second: float, now: Callable[[], int] = time.monotonic_ns) -> None:
        self._interval = round(_SECOND / per_second)
        # A second's worth at once, and one call at least.
        self._burst = max(_SECOND, self._interval) - self._interval
        self._now = now
        self._paid_until: dict[str, int] = {}

    def take(self, holder: str) -> None:
        """Let a call of a holder pass.

        Raises:
            TooManyOfToken: it comes too early; the error says how much.
        """
        now = self._now()
        paid_until = max(now, self._paid_until.get(holder, now))
        if (early := paid_until - self._burst - now) > 0:
            raise TooManyOfToken(early / _SECOND)
        self._paid_until[holder] = paid_until + self._interval
