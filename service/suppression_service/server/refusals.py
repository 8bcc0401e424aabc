"""Calls that are refused, in the log: by method, status and reason, and by their id.

Callers can have calls refused as fast as they like, and so can a database that is away.
What they make of the log has an end; the metrics count all of them.
"""

import time
from collections.abc import Callable
from typing import Final

import structlog

from suppression_service.server.errors import ApiError

#: Lines in a minute.
MAX_LINES: Final = 100

_MINUTE: Final = 60.0

_log = structlog.get_logger()


class Refusals:
    """Logs refused calls, so many a minute.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._renewed = clock()
        self._left = MAX_LINES
        self._unlogged = 0

    def note(self, method: str, error: ApiError) -> None:
        """Log a call that was refused."""
        if self._clock() - self._renewed >= _MINUTE:
            self._renew()
        if not self._left:
            self._unlogged += 1
            return
        self._left -= 1
        _log.info("call refused", method=method, code=error.code.name, reason=error.reason)

    def _renew(self) -> None:
        if self._unlogged:
            _log.info("more calls refused, which are not logged", calls=self._unlogged)
        self._renewed, self._left, self._unlogged = self._clock(), MAX_LINES, 0
