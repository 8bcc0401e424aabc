"""Soft bounces: how many in a row suppress an address for a while, and which to retry.

The entries depend on the times of bounces and deliveries, and not on the order in which
their reports arrive. A delivery proves that an address works: bounces before it no longer
count, and an entry that is based on them is removed.
"""

import dataclasses
import datetime as dt
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import Final

from suppression_ingest.ses import PROVIDER
from suppression_service.store import (
    Feedback,
    Retry,
    SoftBounce,
    SoftBounceHistory,
    WriteTransaction,
    is_counted,
)

#: The delay of a retry after the first bounce; each further bounce doubles it.
FIRST_DELAY: Final = dt.timedelta(minutes=15)
LONGEST_DELAY: Final = dt.timedelta(hours=24)
#: The age of a bounce after which a retry is useless.
RETRY_LIFETIME: Final = dt.timedelta(days=14)


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """Soft bounces in a row that lead to an entry, and the end of that entry."""

    bounces: list[SoftBounce]
    expires: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class SoftBouncePolicy:
    """The policy that decides when soft bounces lead to an entry.

    Args:
        limit: the number of messages in a row that must bounce; 0 for never.
        within: the period in which they must bounce.
        lasts: how long the entry applies after the last of them.
    """

    limit: int = 5
    within: dt.timedelta = dt.timedelta(days=30)
    lasts: dt.timedelta = dt.timedelta(days=30)

    @property
    def reach(self) -> dt.timedelta:
        """The age from which a bounce no longer matters, because its entry has expired."""
        return self.within + self.lasts

    def run(self, bounces: list[SoftBounce]) -> Run | None:
        """Return the run that leads to an entry, if there is one.

        The run ends with the newest bounce at which enough messages have bounced
        within the period. Later bounces belong to the same entry, but do not extend it.

        Args:
            bounces: the bounces since the newest delivery, oldest first.
        """
        window: deque[SoftBounce] = deque()
        messages: Counter[str] = Counter()
        found: tuple[dt.datetime, dt.datetime] | None = None
        for bounce in bounces:
            window.append(bounce)
            messages[bounce.message] += 1
            while window[0].happened <= bounce.happened - self.within:
                gone = window.popleft().message
                messages[gone] -= 1
                if not messages[gone]:
                    del messages[gone]
            if 0 < self.limit <= len(messages):
                found = window[0].happened, bounce.happened
        if found is None:
            return None
        first, last = found
        row = [bounce for bounce in bounces if bounce.happened >= first]
        return Run(row, last + self.lasts)


DEFAULT_SOFT_BOUNCES: Final = SoftBouncePolicy()


def apply_policy(
    policy: SoftBouncePolicy, transaction: WriteTransaction
) -> dict[str, SoftBounceHistory]:
    """Update entries after the soft bounces and deliveries that a transaction recorded.

    An entry is removed only if too few bounces are left after a delivery. A change of the
    policy alone removes no entry.

    Returns:
        The histories of the addresses that may be tried again, by address.
    """
    may_retry = {}
    for history in transaction.soft_bounce_histories(transaction.now - policy.reach):
        run = policy.run(history.bounces)
        if run:
            transaction.suppress_soft_bounces(history.address, run.bounces, PROVIDER, run.expires)
        else:
            may_retry[history.address] = history
            if policy.limit and history.delivered:
                transaction.lift_soft_bounces(history.address, PROVIDER, history.reset)
    return may_retry


def retries_of(
    pieces: Sequence[Feedback],
    histories: Mapping[str, SoftBounceHistory],
    streams: Mapping[str, str],
    now: dt.datetime,
) -> list[Retry]:
    """Return the retries for new feedback: for soft bounces without a newer delivery.

    Args:
        pieces: new feedback of any kind.
        histories: the histories of the addresses that may be tried again, by address.
        streams: the stream of each configuration set.
        now: the current time. Bounces older than :data:`RETRY_LIFETIME` get no retry.
    """
    retries = []
    for piece in filter(is_counted, pieces):
        history = histories.get(piece.address)
        if history and piece.happened > max(history.reset, now - RETRY_LIFETIME):
            stream = streams.get(piece.configuration_set, "")
            retries.append(_retry(piece, _attempt(piece, history), stream))
    return retries


def delay_after(attempt: int) -> dt.timedelta:
    """Return how long to wait after a number of bounces in a row, 1 or more."""
    doublings = min(attempt - 1, 20)
    return min(LONGEST_DELAY, FIRST_DELAY * (1 << doublings))


def _attempt(piece: Feedback, history: SoftBounceHistory) -> int:
    """Return how many messages had bounced in a row up to this one, itself included."""
    until = {bounce.message for bounce in history.bounces if bounce.happened <= piece.happened}
    return max(1, len(until))


def _retry(piece: Feedback, attempt: int, stream: str) -> Retry:
    return Retry(
        address=piece.address,
        message_id=piece.message_id,
        configuration_set=piece.configuration_set,
        stream=stream,
        sub_type=piece.sub_type,
        status=piece.status,
        attempt=attempt,
        happened=piece.happened,
        not_before=piece.happened + delay_after(attempt),
    )
