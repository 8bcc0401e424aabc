"""The wiring of the pipeline: it makes the parts that the settings describe."""

import contextlib
import datetime as dt
from collections.abc import Iterator

from suppression_ingest.decision_table import DEFAULT_TABLE, DELAYED_IS_SOFT
from suppression_ingest.pipeline import FeedbackWriter, Pipeline
from suppression_ingest.policy import Policy
from suppression_ingest.settings import IngestSettings
from suppression_ingest.sns.certificates import CertificateFetcher, SigningKeys
from suppression_ingest.sns.envelope import EnvelopeCheck
from suppression_ingest.sns.signature import SnsSignatureVerifier
from suppression_ingest.soft_bounces import SoftBouncePolicy
from suppression_ingest.streams import Streams
from suppression_service.store import Store


@contextlib.contextmanager
def opened_pipeline(settings: IngestSettings) -> Iterator[Pipeline]:
    """Yield the pipeline that the settings describe. It is closed at the end of the block.

    Raises:
        StoreError: the database cannot be used.
    """
    with (
        contextlib.closing(Store.open(settings.database_url)) as store,
        opened_authentication(settings) as authenticate,
    ):
        yield pipeline_of(settings, store, authenticate)


@contextlib.contextmanager
def opened_authentication(settings: IngestSettings) -> Iterator[EnvelopeCheck]:
    """Yield the check of envelopes. It can fetch certificates until the block ends."""
    with CertificateFetcher(settings.certificate_endpoint) as fetch:
        yield authentication_of(settings, SigningKeys(fetch))


def authentication_of(settings: IngestSettings, keys: SigningKeys) -> EnvelopeCheck:
    """Return the check of envelopes, which uses these keys of SNS."""
    verifier = SnsSignatureVerifier(keys, settings.topic_arns, settings.certificate_endpoint)
    return verifier.verify if settings.verify_signatures else verifier.check_topic


def pipeline_of(settings: IngestSettings, store: Store, authenticate: EnvelopeCheck) -> Pipeline:
    """Return the pipeline that the settings describe."""
    return Pipeline(store, authenticate, policy_of(settings), writer_of(settings))


def policy_of(settings: IngestSettings) -> Policy:
    """Return the policy that the settings choose."""
    table = DELAYED_IS_SOFT if settings.delayed_bounces == "soft" else DEFAULT_TABLE
    return Policy(table, streams_of(settings))


def streams_of(settings: IngestSettings) -> Streams:
    """Return the streams that the settings map."""
    return Streams(settings.streams, settings.tenant_streams, settings.topic_streams)


def writer_of(settings: IngestSettings) -> FeedbackWriter:
    """Return the writer that the settings describe."""
    soft_bounces = SoftBouncePolicy(
        limit=settings.soft_bounce_limit,
        within=dt.timedelta(days=settings.soft_bounce_within),
        lasts=dt.timedelta(days=settings.soft_bounce_lasts),
    )
    window = dt.timedelta(days=settings.deduplication_days)
    retries = bool(settings.retry_queue_url)
    return FeedbackWriter(soft_bounces, window, retries, settings.streams)
