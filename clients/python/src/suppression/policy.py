"""The answer to a check while the service is unavailable."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from .answers import Check
from .enums import MailClass, WhenUnavailable
from .errors import UnavailableError

#: Seconds between two lines in the log.
LOG_INTERVAL: Final = 60.0

_log = logging.getLogger("suppression")


class Policy:
    """Decides checks that got no answer, counts them and logs them.

    An outage affects every check, so it is logged at most once a minute. No log line contains
    an address.

    Args:
        when_unavailable: the sender's choice.
        clock: monotonic time in seconds.
    """

    def __init__(
        self, when_unavailable: WhenUnavailable, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.when_unavailable = WhenUnavailable(when_unavailable)
        #: The number of addresses that were decided without an answer so far.
        self.unanswered = 0
        self._clock = clock
        self._lock = threading.Lock()
        self._logged_at: float | None = None
        self._logged = 0

    def decide(
        self, addresses: Sequence[str], mail_class: MailClass, error: UnavailableError
    ) -> list[Check]:
        """Decide about addresses without an answer, for mail of one class.

        Raises:
            UnavailableError: the given one, if the choice is ``RAISE``.
        """
        if self.when_unavailable is WhenUnavailable.RAISE:
            raise error
        self._count(len(addresses), error)
        assumed = self._choice_for(mail_class)
        return [Check(address, assumed=assumed) for address in addresses]

    def _choice_for(self, mail_class: MailClass) -> WhenUnavailable:
        if self.when_unavailable is not WhenUnavailable.SEND_ESSENTIAL:
            return self.when_unavailable
        essential = mail_class == MailClass.ESSENTIAL
        return WhenUnavailable.SEND if essential else WhenUnavailable.DO_NOT_SEND

    def _count(self, addresses: int, error: UnavailableError) -> None:
        with self._lock:
            self.unanswered += addresses
            now = self._clock()
            if self._logged_at is not None and now - self._logged_at < LOG_INTERVAL:
                return
            new = self.unanswered - self._logged
            self._logged, self._logged_at = self.unanswered, now
        _log.warning(
            "the suppression service is unavailable (%s): addresses decided by the policy %s "
            "since the last such line: %d",
            error.code.name if error.code else "no status",
            self.when_unavailable.name,
            new,
        )
