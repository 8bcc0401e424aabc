"""How long things are kept, and the chore that forgets what is older.

The list is never touched. Feedback is kept at least for as long as it may come again
or belong to a row of soft bounces, whatever the setting says.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final

from suppression_ingest.soft_bounces import RETRY_LIFETIME, SoftBouncePolicy
from suppression_service.store import DeletionCutoffs, Store

#: For how long a queue keeps a message at most, its dead-letter queue after it too, and
#: two days for clocks that differ.
COMES_AGAIN: Final = dt.timedelta(days=30)
#: Between two looks for something to forget.
EVERY: Final = dt.timedelta(minutes=10)
#: Between two steps while messages are waiting: 86 million rows a day at 1,000 a step.
BUSY: Final = dt.timedelta(seconds=1)
#: Steps at once when none are. A signal to stop waits for them.
IDLE_STEPS: Final = 20

_DAY: Final = dt.timedelta(days=1)


@dataclasses.dataclass(frozen=True, slots=True)
class Retention:
    """What is kept for how long.

    Args:
        events: feedback, and the counts of days; None is for ever.
        deduplication_window: how long repeated sends and deliveries are recognised.
        soft_bounces: the policy, which reads feedback.
    """

    events: dt.timedelta | None
    deduplication_window: dt.timedelta
    soft_bounces: SoftBouncePolicy

    def cutoffs(self, now: dt.datetime) -> DeletionCutoffs:
        """Return the deletion cutoff of each table."""
        needed = self.soft_bounces.reach + COMES_AGAIN
        return DeletionCutoffs(
            events=None if self.events is None else now - max(self.events, needed),
            counts=None if self.events is None else now - self.events,
            # A day more than anything is looked up in it, for clocks that differ.
            delivery_events=now - self.deduplication_window - _DAY,
            soft_bounces=now - needed,
            retries=now - RETRY_LIFETIME,
        )


class Purging:
    """Forgets step by step, above all in idle moments of the worker.

    Args:
        store: what is purged.
        retention: what is kept.
        now: the clock.
    """

    def __init__(
        self,
        store: Store,
        retention: Retention,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._store = store
        self._retention = retention
        self._now = now
        self._next = now()
        self._steps: Iterator[tuple[str, int]] | None = None

    def after_turn(self, *, idle: bool) -> None:
        """Do some steps if nothing else is to be done, and one a second otherwise.

        Not only in idle moments: of mail that never rests there is most to forget.

        Raises:
            StoreUnavailable: the database cannot write now; the rest waits.
        """
        if (now := self._now()) < self._next:
            return
        for _step in range(IDLE_STEPS if idle else 1):
            self._steps = self._steps or self._store.purge(self._retention.cutoffs(now))
            if next(self._steps, None) is None:
                self._steps = None
                self._next = now + EVERY
                return
        self._next = now if idle else now + BUSY
