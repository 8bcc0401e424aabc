"""Puts a worker's housekeeping and metrics together from settings."""

import contextlib
from collections.abc import Iterator

from suppression_ingest.aws.sqs import Queue
from suppression_ingest.metrics.messages import MessageMetrics
from suppression_ingest.metrics.polled import (
    PolledMetrics,
    dead_letter_count,
    queue_depth,
    recent_mail,
)
from suppression_ingest.rates.cloudwatch import RatePublisher
from suppression_ingest.settings import IngestSettings
from suppression_ingest.signals import StopSignal
from suppression_ingest.worker.housekeeping import Housekeeping, Task
from suppression_ingest.worker.retention import Purge, retention_of
from suppression_ingest.worker.retry_queue import RetryQueue
from suppression_ingest.worker.worker import Worker
from suppression_service.store import Store
from suppression_service.telemetry.port import metrics_port


def housekeeping_of(settings: IngestSettings, store: Store, stop: StopSignal) -> Housekeeping:
    """Return what the worker does between batches, as the settings have it.

    Raises:
        SettingsError: a task needs AWS, whose settings lack a region.
    """
    tasks: list[Task] = [Purge(store, retention_of(settings))]
    if settings.retry_queue_url:
        tasks.append(RetryQueue(Queue.connect(settings.retry_queue_url), store, stop))
    if settings.publish_rates:
        tasks.append(RatePublisher.connect(settings.queue_url, store, stop))
    return Housekeeping(tasks)


@contextlib.contextmanager
def worker_metrics(settings: IngestSettings, worker: Worker, store: Store) -> Iterator[None]:
    """Serve metrics for the length of the block, or none if no port is set.

    Raises:
        AddressTaken: nothing can listen there.
        SettingsError: AWS's settings lack a region.
    """
    if not settings.metrics_listen:
        yield
        return
    polled = PolledMetrics(
        {
            "depth of the queue": queue_depth(Queue.connect(settings.queue_url)),
            "dead letters": dead_letter_count(settings.queue_url),
            "recent mail": recent_mail(store),
        }
    )
    messages = MessageMetrics(worker.log.stats)
    with polled.polling(), metrics_port(settings.metrics_listen, messages, worker.oldest, polled):
        yield
