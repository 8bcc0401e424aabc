"""Puts a pipeline together from settings."""

import contextlib
import datetime as dt
from collections.abc import Iterator

from suppression_ingest.aws.sqs import Queue
from suppression_ingest.pipeline import Check, FeedbackWriter, Pipeline
from suppression_ingest.policy import DEFAULT_TABLE, DELAYED_IS_SOFT, Policy
from suppression_ingest.rates.cloudwatch import RatePublisher
from suppression_ingest.settings import IngestSettings
from suppression_ingest.signals import StopSignal
from suppression_ingest.sns.certificates import CertificateFetcher, SigningKeys
from suppression_ingest.sns.signature import SnsSignatureVerifier
from suppression_ingest.soft_bounces import SoftBouncePolicy
from suppression_ingest.worker.housekeeping import Housekeeping, Task
from suppression_ingest.worker.retention import Purge, Retention
from suppression_ingest.worker.retry_queue import RetryQueue
from suppression_service.store import Store


@contextlib.contextmanager
def opened_pipeline(settings: IngestSettings) -> Iterator[Pipeline]:
    """Give the pipeline that the settings describe, connected until the block ends.

    Raises:
        StoreError: the database cannot be used.
    """
    with (
        contextlib.closing(Store.open(settings.database_url)) as store,
        CertificateFetcher(settings.certificate_endpoint) as fetch,
    ):
        verifier = SnsSignatureVerifier(SigningKeys(fetch), settings.topic_arns)
        authenticate = verifier.verify if settings.verify_signatures else verifier.check_topic
        yield pipeline_of(settings, store, authenticate)


def pipeline_of(settings: IngestSettings, store: Store, authenticate: Check) -> Pipeline:
    """Return the pipeline into a list, by the policies that the settings choose."""
    return Pipeline(store, authenticate, policy_of(settings), writer_of(settings))


def policy_of(settings: IngestSettings) -> Policy:
    """Return the policy that the settings choose."""
    table = DELAYED_IS_SOFT if settings.delayed_bounces == "soft" else DEFAULT_TABLE
    return Policy(table, settings.streams)


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


def retention_of(settings: IngestSettings) -> Retention:
    """Return how long rows are kept."""
    writer = writer_of(settings)
    events = dt.timedelta(days=settings.event_retention) or None
    return Retention(events, writer.deduplication_window, writer.soft_bounces)


def writer_of(settings: IngestSettings) -> FeedbackWriter:
    """Return the writer that the settings describe."""
    soft_bounces = SoftBouncePolicy(
        limit=settings.soft_bounce_limit,
        within=dt.timedelta(days=settings.soft_bounce_within),
        lasts=dt.timedelta(days=settings.soft_bounce_lasts),
    )
    window = dt.timedelta(days=settings.count_memory)
    retries = bool(settings.retry_queue_url)
    return FeedbackWriter(soft_bounces, window, retries, settings.streams)
