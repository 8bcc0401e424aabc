"""How long rows are kept, and the task that deletes older ones.

The list is never changed. Whatever the setting says, feedback is kept as long as SQS may
deliver it again and as long as it may belong to a run of soft bounces.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final

from suppression_ingest.settings import IngestSettings
from suppression_ingest.soft_bounces import RETRY_LIFETIME, SoftBouncePolicy
from suppression_ingest.wiring import writer_of
from suppression_service.store import DeletionCutoffs, Store

#: How long feedback may be delivered again: the longest retention of a queue, plus that of
#: its dead-letter queue, plus two days for clocks that differ.
MAX_REDELIVERY: Final = dt.timedelta(days=30)
#: How long an example of a reply is kept after it was last seen.
EXAMPLE_LIFETIME: Final = dt.timedelta(days=90)
#: Time between the end of one purge and the beginning of the next.
INTERVAL: Final = dt.timedelta(minutes=10)
#: Time between two steps while messages are waiting: 86 million rows a day at 1,000 a step.
BUSY_INTERVAL: Final = dt.timedelta(seconds=1)
#: Steps in a row while no messages are waiting. A signal to stop waits for them.
IDLE_STEPS: Final = 20

_DAY: Final = dt.timedelta(days=1)


@dataclasses.dataclass(frozen=True, slots=True)
class Retention:
    """How long rows are kept.

    Args:
        events: how long feedback and daily counts are kept; None for ever.
        statistics: how long statistics are kept; None for ever.
        deduplication_window: how long repeated sends and deliveries are recognised.
        soft_bounces: the policy, which needs old feedback.
    """

    events: dt.timedelta | None
    statistics: dt.timedelta | None
    deduplication_window: dt.timedelta
    soft_bounces: SoftBouncePolicy

    def cutoffs(self, now: dt.datetime) -> DeletionCutoffs:
        """Return the deletion cutoff of each table."""
        needed = self.soft_bounces.reach + MAX_REDELIVERY
        return DeletionCutoffs(
            events=None if self.events is None else now - max(self.events, needed),
            counts=None if self.events is None else now - self.events,
            statistics=None if self.statistics is None else now - self.statistics,
            reply_examples=now - EXAMPLE_LIFETIME,
            # A day longer than the window in which rows are looked up, for clocks that differ.
            delivery_events=now - self.deduplication_window - _DAY,
            soft_bounces=now - needed,
            retries=now - RETRY_LIFETIME,
        )


def retention_of(settings: IngestSettings) -> Retention:
    """Return how long rows are kept, as the settings say."""
    writer = writer_of(settings)
    events = dt.timedelta(days=settings.event_retention) or None
    statistics = dt.timedelta(days=settings.statistics_retention) or None
    return Retention(events, statistics, writer.deduplication_window, writer.soft_bounces)


class Purge:
    """Deletes old rows and packs statistics step by step; a housekeeping task.

    It does most of the steps while no messages wait.

    Args:
        store: the store to delete from.
        retention: how long rows are kept.
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
        self._steps: Iterator[object] | None = None

    def run(self, *, idle: bool) -> None:
        """Do several steps while idle, else one a second.

        It also runs while busy: a worker that is never idle has the most rows to delete.

        Raises:
            StoreUnavailable: the database cannot write now. The rest waits.
        """
        if (now := self._now()) < self._next:
            return
        for _step in range(IDLE_STEPS if idle else 1):
            self._steps = self._steps or self._all_steps(now)
            if next(self._steps, None) is None:
                self._steps = None
                self._next = now + INTERVAL
                return
        self._next = now if idle else now + BUSY_INTERVAL

    def _all_steps(self, now: dt.datetime) -> Iterator[object]:
        yield from self._store.purge(self._retention.cutoffs(now))
        yield from self._store.pack_statistics()
