"""What stands in for an answer while the service cannot be asked."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from .answers import Check
from .enums import WhenUnavailable
from .errors import UnavailableError

#: Seconds between two lines in the log.
LOG_INTERVAL: Final = 60.0

_log = logging.getLogger("suppression")


class Policy:
    """Stands in for missing answers, counts them, and says so in the log.

    One warning a minute at most: an outage meets every check, and the log is
    not to become the second outage. No line holds an address.

    Args:
        when_unavailable: the sender's choice.
        clock: seconds, never going back.
    """

    def __init__(
        self, when_unavailable: WhenUnavailable, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.when_unavailable = WhenUnavailable(when_unavailable)
        #: How many addresses were decided without an answer so far.
        self.unanswered = 0
        self._clock = clock
        self._lock = threading.Lock()
        self._logged_at: float | None = None
        self._logged = 0

    def stand_in(self, addresses: Sequence[str], error: UnavailableError) -> list[Check]:
        """Decide about addresses that the service could not be asked about.

        Raises:
            UnavailableError: the given one, if the choice is ``RAISE``.
        """
        if self.when_unavailable is WhenUnavailable.RAISE:
            raise error
        self._count(len(addresses), error)
        return [Check(address, assumed=self.when_unavailable) for address in addresses]

    def _count(self, addresses: int, error: UnavailableError) -> None:
        with self._lock:
            self.unanswered += addresses
            now = self._clock()
            if self._logged_at is not None and now - self._logged_at < LOG_INTERVAL:
                return
            new, self._logged, self._logged_at = (
                self.unanswered - self._logged,
                self.unanswered,
                now,
            )
        _log.warning(
            "the suppression service could not be asked (%s) about %d addresses since the last "
            "such line: policy %s",
            error.code.name if error.code else "no status",
            new,
            self.when_unavailable.name,
        )
