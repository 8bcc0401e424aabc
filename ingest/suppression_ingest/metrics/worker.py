"""The metrics of a worker, where its settings ask for them."""

import contextlib
from collections.abc import Iterator

from suppression_ingest.metrics.mail import MailLook
from suppression_ingest.metrics.messages import MessageMetrics
from suppression_ingest.metrics.queue import QueueLook
from suppression_ingest.metrics.watch import Watch
from suppression_ingest.settings import IngestSettings
from suppression_ingest.worker.worker import Worker
from suppression_service.store import Store
from suppression_service.telemetry.port import metrics_port


@contextlib.contextmanager
def worker_metrics(settings: IngestSettings, worker: Worker, store: Store) -> Iterator[None]:
    """Show metrics for the length of the block, or nothing if no port is named.

    Raises:
        MetricsPortTaken: nothing can listen there.
        SettingsError: AWS's settings lack a region.
    """
    if not settings.metrics_listen:
        yield
        return
    queue = QueueLook.connect(settings.queue_url)
    watch = Watch(
        {
            "depth of the queue": queue.queue,
            "dead letters": queue.dead_letters,
            "recent mail": MailLook(store),
        }
    )
    messages = MessageMetrics(worker.log.stats)
    with watch.watching(), metrics_port(settings.metrics_listen, messages, worker.oldest, watch):
        yield
