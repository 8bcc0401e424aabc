"""The metrics of a worker, where its settings ask for them."""

import contextlib
from collections.abc import Iterator

from ingest.metrics.mail import MailLook
from ingest.metrics.messages import TallyMetrics
from ingest.metrics.queue import QueueLook
from ingest.metrics.watch import Watch
from ingest.settings import IngestSettings
from ingest.worker import Worker
from service.metrics.port import metrics_port
from service.store import Store


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
    tally = TallyMetrics(worker.tally)
    with watch.watching(), metrics_port(settings.metrics_listen, tally, worker.oldest, watch):
        yield
