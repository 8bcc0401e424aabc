"""The worker's tasks between batches. Each run does only a part of a task.

A task delays the next receive. While messages are waiting, a run may take as long as a
batch. While none are waiting, it may take some seconds. The rest waits until after the next
batch.
"""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from suppression_ingest.aws.sqs import Queue
from suppression_ingest.errors import IngestError
from suppression_ingest.rates.cloudwatch import RatePublisher
from suppression_ingest.settings import IngestSettings
from suppression_ingest.signals import StopSignal
from suppression_ingest.worker.backoff import Backoff
from suppression_ingest.worker.dead_letter_count import DeadLetterCount
from suppression_ingest.worker.retention import Purge, retention_of
from suppression_ingest.worker.retry_queue import RetryQueue
from suppression_service.config import SettingsError
from suppression_service.store import Store, StoreError

_log = structlog.get_logger(__name__)


class Task(Protocol):
    """A task between batches."""

    def run(self, *, idle: bool) -> None:
        """Do a part of what is due. ``idle`` means that no messages are waiting.

        Raises:
            IngestError, StoreError: it failed. It is tried again later.
        """


class Housekeeping:
    """Runs tasks. A task that fails waits for a while; the others continue.

    Args:
        tasks: the tasks to run.
        clock: monotonic time in seconds.
    """

    def __init__(
        self, tasks: Sequence[Task] = (), clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tasks = [(task, Backoff()) for task in tasks]
        self._not_before = [0.0] * len(tasks)
        self._clock = clock

    def run(self, *, idle: bool) -> None:
        """Run all tasks that are not waiting after a failure."""
        for index, (task, backoff) in enumerate(self._tasks):
            if self._clock() < self._not_before[index]:
                continue
            try:
                task.run(idle=idle)
            except (IngestError, SettingsError, StoreError) as error:
                seconds = backoff.failed()
                self._not_before[index] = self._clock() + seconds
                _log.warning(
                    "housekeeping failed",
                    task=type(task).__name__,
                    cause=str(error),
                    retry_in_seconds=round(seconds, 1),
                )
            else:
                backoff.succeeded()


def housekeeping_of(settings: IngestSettings, store: Store, stop: StopSignal) -> Housekeeping:
    """Return the housekeeping tasks that the settings describe.

    Raises:
        SettingsError: a task needs AWS, and AWS's settings lack a region.
    """
    tasks: list[Task] = [Purge(store, retention_of(settings))]
    if settings.queue_url:
        tasks.append(DeadLetterCount(settings.queue_url, store, stop))
    if settings.retry_queue_url:
        tasks.append(RetryQueue(Queue.connect(settings.retry_queue_url), store, stop))
    if settings.publish_rates:
        tasks.append(RatePublisher.connect(settings.queue_url, store, stop))
    return Housekeeping(tasks)
