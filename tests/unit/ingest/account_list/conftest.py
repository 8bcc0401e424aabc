"""Our list and lists of SES, which answer without a socket."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from suppression_service.store import Store
from tests.support.aws.lists import REGION, Lists
from tests.support.aws.ses import SesFake
from tests.support.tables import empty


@pytest.fixture(scope="session")
def ses_fake() -> SesFake:
    return SesFake()


@pytest.fixture(scope="session")
def client(ses_fake: SesFake) -> Any:
    """boto3's client, whose requests the fake answers before they are sent."""
    session = boto3.Session("none", "none", region_name=REGION)
    config = Config(retries={"total_max_attempts": 1, "mode": "standard"})
    made = session.client("sesv2", config=config, endpoint_url="http://ses.example")

    def answer(request: Any, **_: Any) -> Any:
        body = request.body or b""
        content = body if isinstance(body, bytes) else str(body).encode()
        status, code, answered = ses_fake.answer(request.method, request.url, content)
        headers: Any = {"x-amzn-ErrorType": code} if code else {}
        response: Any = AWSResponse(request.url, status, headers, None)
        response._content = answered
        return response

    made.meta.events.register("before-send.sesv2", answer)
    return made


@pytest.fixture(scope="session")
def one_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store for all tests of a process, since a migration takes longer than a test."""
    folder = tmp_path_factory.mktemp("lists")
    opened = Store.open(f"sqlite:///{folder}/list.db", migrate_first=True)
    yield opened
    opened.close()


@pytest.fixture
def store(one_store: Store) -> Store:
    """The store with nothing in it."""
    empty(one_store)
    return Store(one_store.engine)


@pytest.fixture
def lists(ses_fake: SesFake, client: Any, store: Store) -> Iterator[Lists]:
    ses_fake.begin_anew()
    yield Lists(ses_fake, client, store)
    assert not ses_fake.misunderstood
