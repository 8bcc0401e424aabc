"""A webhook in a process of its own, and a host that no post may make it ask.

What each forged part of a post is answered: tests/unit/ingest.
"""

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from deploy.local.events import bounce
from tests.support.processes import Processes
from tests.support.sns import HOST, Listener, Sns
from tests.support.webhook import Webhook, starter

Json = dict[str, Any]
GENUINE_HOST = re.compile(r"sns\.[a-z]{2}-[a-z]+-[0-9]\.amazonaws\.com")


class World(NamedTuple):
    """A webhook, its SNS, and a host that nobody may be sent to."""

    webhook: Webhook
    sns: Sns
    canary: Listener


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("forgeries")
    with contextlib.ExitStack() as opened:
        canary = opened.enter_context(Listener())
        sns = opened.enter_context(Sns(redirect_to=f"{canary.url}/x.pem"))
        processes = opened.enter_context(Processes(folder / "logs"))
        start = opened.enter_context(starter(processes, f"sqlite:///{folder}/list.db"))
        yield World(start(sns.environment), sns, canary)


@pytest.fixture(autouse=True)
def nobody_is_sent_elsewhere(world: World) -> Iterator[None]:
    world.sns.asked.clear()
    yield
    assert world.canary.asked == []
    named = [host for method, host, _ in world.sns.asked if method == "GET"]
    assert all(map(GENUINE_HOST.fullmatch, named))


CANARY_URLS = [
    "http://{canary}/SimpleNotificationService-0123.pem",
    "https://{canary}/SimpleNotificationService-0123.pem",
    f"https://{HOST}@{{canary}}/SimpleNotificationService-0123.pem",
    f"http://{HOST}:443@{{canary}}/SimpleNotificationService-0123.pem",
    f"http://{{canary}}#{HOST}/SimpleNotificationService-0123.pem",
    f"http://{{canary}}\\@{HOST}/SimpleNotificationService-0123.pem",
    f"http://{{canary}}?https://{HOST}/SimpleNotificationService-0123.pem",
]


@pytest.mark.parametrize("kind", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
@pytest.mark.parametrize(
    ("member", "status"), [("SigningCertURL", 403), ("SubscribeURL", 200), ("UnsubscribeURL", 200)]
)
def test_no_url_of_a_confirmation_is_followed(
    world: World, member: str, status: int, kind: str
) -> None:
    urls = [url.format(canary=world.canary.netloc) for url in CANARY_URLS]
    posts = [world.sns.confirmation(**{member: url, "Type": kind}) for url in urls]
    assert [world.webhook.post(post) for post in posts] == [status] * len(urls)


def test_a_certificate_that_redirects_is_answered_503_and_not_followed(world: World) -> None:
    message = json.dumps(bounce("victim@shop.example"))
    envelope = world.sns.signed(message, SigningCertURL=world.sns.redirecting_url)
    assert world.webhook.post(envelope) == 503
    assert world.webhook.occurrences("victim@shop.example") == []


def test_a_replayed_confirmation_is_answered_200_and_confirmed_once(world: World) -> None:
    confirmation = world.sns.confirmation()
    assert [world.webhook.post(confirmation) for _ in range(3)] == [200, 200, 200]
    tokens = [token for _, token in world.sns.confirmed]
    assert tokens.count(confirmation["Token"]) == 1


def test_among_forged_posts_a_genuine_one_is_taken(world: World) -> None:
    genuine = world.sns.signed(json.dumps(bounce("gone@shop.example")))
    forged = genuine | {"Message": json.dumps(bounce("victim@shop.example"))}
    assert [world.webhook.post(post) for post in (forged, genuine, forged)] == [403, 200, 403]
    assert world.webhook.occurrences("victim@shop.example") == []
    assert world.webhook.occurrences("gone@shop.example") == [1]
