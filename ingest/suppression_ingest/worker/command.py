"""``suppression-ingest worker``, and the parts of a worker that the settings describe."""

import contextlib
from collections.abc import Iterator

import structlog

from suppression_ingest.aws.sqs import Queue
from suppression_ingest.metrics.messages import MessageMetrics
from suppression_ingest.metrics.polled import (
    PolledMetrics,
    dead_letter_count,
    queue_depth,
    recent_mail,
)
from suppression_ingest.settings import IngestSettings
from suppression_ingest.signals import StopSignal
from suppression_ingest.wiring import opened_pipeline
from suppression_ingest.worker.housekeeping import housekeeping_of
from suppression_ingest.worker.worker import Worker
from suppression_service.config import SettingsError, with_settings
from suppression_service.logs import set_up_logs
from suppression_service.store import Store
from suppression_service.telemetry.port import metrics_port

_log = structlog.get_logger(__name__)


@with_settings(IngestSettings)
def worker_command(settings: IngestSettings) -> None:
    """Receive from SQS and store, until SIGTERM or Ctrl-C.

    A message is deleted from the queue after its feedback is stored, never before.
    One that is broken or forged is left there, for the dead-letter queue.

    \b
    Examples:
      suppression-ingest worker --queue-url https://sqs.eu-west-1.amazonaws.com/123456789012/ses
      SUPPRESSION_STREAMS=newsletter-set=newsletter suppression-ingest worker
    """  # noqa: D301 - click's mark for lines that stay as they are
    set_up_logs(settings.log_format)
    if not settings.queue_url:
        raise SettingsError("SUPPRESSION_QUEUE_URL is not set: say which queue to receive from")
    run_worker(settings)


def run_worker(settings: IngestSettings) -> None:
    """Run the worker until a signal stops it.

    Raises:
        StoreError: the database cannot be used.
        SettingsError: AWS's settings lack a region.
    """
    with StopSignal().on_signals() as stop, opened_pipeline(settings) as pipeline:
        queue = Queue.connect(settings.queue_url, settings.batch_size, settings.wait_seconds)
        if not settings.topic_arns:
            _log.warning("SUPPRESSION_TOPIC_ARNS is not set: messages of any topic are accepted")
        if not settings.verify_signatures:
            _log.warning("signatures are not verified")
        _log.info("started", queue_url=settings.queue_url)
        housekeeping = housekeeping_of(settings, pipeline.store, stop)
        worker = Worker(queue, pipeline, stop, housekeeping=housekeeping)
        with worker_metrics(settings, worker, pipeline.store):
            worker.run()


@contextlib.contextmanager
def worker_metrics(settings: IngestSettings, worker: Worker, store: Store) -> Iterator[None]:
    """Serve metrics for the length of the block, if a port is set.

    Raises:
        AddressTaken: the address is in use.
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
