"""Puts a pipeline together from settings."""

from ingest.certificates import CertificateFetcher, SigningKeys
from ingest.decisions import DEFAULT_POLICY, DELAYED_IS_SOFT
from ingest.feedback import Judge
from ingest.pipeline import Pipeline
from ingest.settings import IngestSettings
from ingest.signature import SnsSignatureVerifier
from service.store import Store


def pipeline_of(settings: IngestSettings, store: Store) -> Pipeline:
    """Return the pipeline that the settings describe, writing to a store."""
    keys = SigningKeys(CertificateFetcher(settings.certificate_endpoint))
    verifier = SnsSignatureVerifier(keys, settings.topic_arns)
    authenticate = verifier.verify if settings.verify_signatures else verifier.check_topic
    policy = DELAYED_IS_SOFT if settings.delayed_bounces == "soft" else DEFAULT_POLICY
    return Pipeline(store, authenticate, Judge(policy, settings.streams))
