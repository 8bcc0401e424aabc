"""The metrics of a worker, where its settings ask for them."""

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
from suppression_ingest.settings import IngestSettings
from suppression_ingest.worker.worker import Worker
from suppression_service.store import Store
from suppression_service.telemetry.port import metrics_port


@contextlib.contextmanager
def worker_metrics(settings: IngestSettings, worker: Worker, store: Store) -> Iterator[None]:
    """Serve metrics for the length of the block, or none if no port is set.

    Raises:
        MetricsPortTaken: nothing can listen there.
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
