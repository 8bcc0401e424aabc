from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from suppression_ingest.webhook.confirmation import SnsConfirm
from suppression_ingest.webhook.refusals import PostRefused, TokenRefused, Unconfirmed

TOPIC = "arn:aws:sns:eu-west-1:123456789012:feedback"


@pytest.fixture(autouse=True)
def access(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


class Clients:
    """Makes clients as boto3 does, with stubs on them, and remembers them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stubs: list[Stubber] = []
        self.made: list[Any] = []
        self.prepare: Any = lambda stub: stub.add_response(
            "confirm_subscription", {"SubscriptionArn": f"{TOPIC}:1"}
        )
        make = boto3.Session.client

        def client(session: boto3.Session, *arguments: Any, **keywords: Any) -> Any:
            made: Any = make(session, *arguments, **keywords)
            stub = Stubber(made)
            self.prepare(stub)
            stub.activate()
            self.made.append(made)
            return made

        monkeypatch.setattr(boto3.Session, "client", client)


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Clients:
    return Clients(monkeypatch)


def test_the_region_is_that_of_the_topic(clients: Clients) -> None:
    SnsConfirm(authenticate_unsubscribe=True)(TOPIC, "token")
    assert clients.made[0].meta.region_name == "eu-west-1"
    assert clients.made[0].meta.endpoint_url == "https://sns.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("authenticate", "more"), [(True, {"AuthenticateOnUnsubscribe": "true"}), (False, {})]
)
def test_who_may_unsubscribe_is_as_it_was_set(
    clients: Clients, authenticate: bool, more: dict[str, str]
) -> None:
    expected = {"TopicArn": TOPIC, "Token": "token"} | more
    clients.prepare = lambda stub: stub.add_response(
        "confirm_subscription", {"SubscriptionArn": f"{TOPIC}:1"}, expected
    )
    SnsConfirm(authenticate_unsubscribe=authenticate)(TOPIC, "token")


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        ("InvalidParameter", TokenRefused),
        ("NotFound", TokenRefused),
        ("AuthorizationError", Unconfirmed),
        ("Throttling", Unconfirmed),
        ("InternalError", Unconfirmed),
        ("SubscriptionLimitExceeded", Unconfirmed),
    ],
)
def test_what_sns_says_decides_whether_to_try_again(
    clients: Clients, code: str, refusal: type[PostRefused]
) -> None:
    clients.prepare = lambda stub: stub.add_client_error("confirm_subscription", code)
    with pytest.raises(refusal, match=code):
        SnsConfirm(authenticate_unsubscribe=True)(TOPIC, "token")


def test_an_sns_that_is_away_is_tried_again(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_arguments: Any, **_keywords: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://sns")

    monkeypatch.setattr(boto3.Session, "client", away)
    with pytest.raises(Unconfirmed):
        SnsConfirm(authenticate_unsubscribe=True)(TOPIC, "token")
