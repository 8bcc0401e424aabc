import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from suppression_ingest.metrics.age import OldestPost
from suppression_ingest.pipeline import Pipeline
from suppression_ingest.policy import Policy
from suppression_ingest.sns.cached_keys import CachedKeys
from suppression_ingest.sns.signature import SnsSignatureVerifier
from suppression_ingest.webhook.app import Health, Parts, Webhook
from suppression_ingest.webhook.confirmation import Confirmations
from suppression_ingest.webhook.settings import WebhookSettings
from suppression_service.aio import GroupCommit
from suppression_service.store import Store
from tests.support.in_process_webhook import (
    NOW,
    PASSWORD,
    TOPIC,
    Certificates,
    Confirmed,
    Json,
    Open,
    Site,
)


@pytest.fixture
def open_site(store: Store, certificate: bytes) -> Open:
    """Open a webhook with settings of the test's own."""

    async def opened(**flags: Any) -> AsyncIterator[Site]:
        settings = WebhookSettings(**({"topic_arns": (TOPIC,)} | flags))
        certificates, confirmed = Certificates(certificate), Confirmed()
        keys = CachedKeys(certificates)
        verifier = SnsSignatureVerifier(keys, settings.topic_arns)
        verify = verifier.verify if settings.verify_signatures else verifier.check_topic
        pipeline = Pipeline(store, verify, Policy())
        parts = Parts(
            pipeline=pipeline,
            keys=keys,
            recording=GroupCommit(pipeline.record, "recording", max_together=100, stop_seconds=10),
            # The clock stands where the envelopes of these tests were made.
            confirmations=Confirmations(confirmed, lambda: NOW),
            health=Health(store.revision),
            oldest=OldestPost(now=NOW.timestamp),
        )
        transport = httpx.ASGITransport(Webhook(settings, parts).application())
        client = httpx.AsyncClient(transport=transport, base_url="http://webhook.test")
        async with client, parts.recording.running():
            counted = parts.log, parts.budget, parts.oldest
            yield Site(client, store, certificates, confirmed, *counted)

    return opened


@pytest.fixture
async def site(open_site: Open) -> AsyncIterator[Site]:
    async for opened in open_site():
        yield opened


@pytest.fixture
async def raw_site(open_site: Open) -> AsyncIterator[Site]:
    async for opened in open_site(webhook_raw=True, webhook_password=PASSWORD):
        yield opened


@pytest.fixture
def bounce(sample: Callable[[str], Json]) -> str:
    return json.dumps(sample("bounce-event"))


@pytest.fixture
def confirmation(signed: Callable[..., Json]) -> Json:
    return signed(
        "You have chosen to subscribe to the topic",
        Type="SubscriptionConfirmation",
        Token="2336412f37",
        SubscribeURL=f"https://sns.eu-west-1.amazonaws.com/?Action=Confirm&TopicArn={TOPIC}",
    )
