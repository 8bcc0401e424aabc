"""A webhook in the process of a test, for its unit tests."""

import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import httpx

from suppression_ingest.metrics.age import OldestPost
from suppression_ingest.outcomes import OutcomeLog
from suppression_ingest.webhook.posts import MemoryBudget
from suppression_service.store import Reason, Store

Json = dict[str, Any]


TOPIC = "arn:aws:sns:eu-west-1:123456789012:feedback"


NOW = dt.datetime(2026, 3, 2, 9, 31, tzinfo=dt.UTC)


PASSWORD = "a-password-of-SNS-0123"


class Certificates:
    """Returns one certificate for every URL, or fails, and records the URLs."""

    def __init__(self, pem: bytes) -> None:
        self.pem = pem
        self.asked: list[str] = []
        self.failure: Exception | None = None

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        if self.failure:
            raise self.failure
        return self.pem


class Confirmed:
    """A fake of SNS's ConfirmSubscription that records its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.failure: Exception | None = None

    def __call__(self, topic_arn: str, token: str) -> None:
        self.calls.append((topic_arn, token))
        if self.failure:
            raise self.failure


@dataclasses.dataclass
class Site:
    """A webhook in this process, with its store and the fakes that it calls."""

    client: httpx.AsyncClient
    store: Store
    certificates: Certificates
    confirmed: Confirmed
    log: OutcomeLog
    budget: MemoryBudget
    oldest: OldestPost

    async def post(self, body: Json | str | bytes, **headers: str) -> int:
        """Post as SNS does; return the status. Underscores in names of headers are dashes."""
        content = json.dumps(body) if isinstance(body, dict) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"content-type": "text/plain; charset=UTF-8"} | named
        answer = await self.client.post("/sns", content=content, headers=sent)
        return answer.status_code

    def reasons(self, address: str) -> list[Reason]:
        return [entry.reason for entry in self.store.address(address).suppressions]


Open = Callable[..., Any]
