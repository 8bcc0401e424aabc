"""Counting the dead letters for the status that the server reports."""

import datetime as dt
from collections.abc import Callable
from typing import Final

import structlog

from suppression_ingest.aws.dead_letter_queue import DeadLetterQueue
from suppression_ingest.errors import IngestError
from suppression_ingest.signals import StopSignal
from suppression_service.config import SettingsError
from suppression_service.store import Store

#: Time between two counts.
INTERVAL: Final = dt.timedelta(minutes=1)

_log = structlog.get_logger(__name__)


class DeadLetterCount:
    """Stores the number of dead letters each minute; a housekeeping task.

    A queue may have no dead-letter queue, and the worker no right to look at it. Both are
    logged once, since neither hinders the worker.

    Args:
        queue_url: the queue that the worker receives from.
        store: takes the number.
        stop: may interrupt a call.
        now: the clock.
        find: finds the dead-letter queue of a queue.
    """

    def __init__(
        self,
        queue_url: str,
        store: Store,
        stop: StopSignal,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        find: Callable[[str], DeadLetterQueue] = DeadLetterQueue.find,
    ) -> None:
        self._queue_url = queue_url
        self._store = store
        self._stop = stop
        self._now = now
        self._find = find
        self._queue: DeadLetterQueue | None = None
        self._next = now()
        self._logged = False

    def run(self, *, idle: bool) -> None:  # noqa: ARG002 - due at any time
        """Count if a minute has passed.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        if (now := self._now()) < self._next:
            return
        self._next = now + INTERVAL
        if (messages := self._count()) is not None:
            self._store.record_dead_letters(self._queue_url, messages)

    def _count(self) -> int | None:
        try:
            with self._stop.interruptible():
                self._queue = self._queue or self._find(self._queue_url)
                messages = self._queue.count()
        except (IngestError, SettingsError) as error:
            if not self._logged:
                _log.warning("dead letters are not counted", cause=str(error))
            self._logged = True
            return None
        self._logged = False
        return messages
