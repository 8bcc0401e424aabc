import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from tests.support.forgeries import FOREIGN_CERTIFICATE_URLS
from tests.support.processes import Processes
from tests.support.sns import HOST, TOPIC, Listener, Sns
from tests.support.webhook import Webhook, starter

Json = dict[str, Any]
GENUINE_HOST = re.compile(r"sns\.[a-z]{2}-[a-z]+-[0-9]\.amazonaws\.com")
OTHER_TOPIC = "arn:aws:sns:eu-west-1:999999999999:feedback"


class World(NamedTuple):
    """A webhook, its SNS, and a host that nobody must be sent to."""

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
    """Whatever a test posts, no request may go to a host that is not SNS's."""
    world.sns.asked.clear()
    yield
    assert world.canary.asked == []
    named = [host for method, host, _ in world.sns.asked if method == "GET"]
    assert all(map(GENUINE_HOST.fullmatch, named))


def refused(world: World, envelope: Json, bounced: str, **headers: str) -> int:
    """Post, make sure that nothing came of it, and return the status."""
    status = world.webhook.post(envelope, **headers)
    assert world.webhook.occurrences(bounced) == []
    return status


def bounce(address: str) -> str:
    return (
        '{"eventType": "Bounce", "bounce": {"bounceType": "Permanent", "feedbackId": "'
        f'{address}", "timestamp": "2026-03-02T09:30:05Z", "bouncedRecipients": '
        f'[{{"emailAddress": "{address}"}}]}}}}'
    )


VICTIM = "victim@shop.example"


@pytest.mark.parametrize("url", FOREIGN_CERTIFICATE_URLS.values(), ids=FOREIGN_CERTIFICATE_URLS)
def test_a_certificate_from_elsewhere_is_answered_403_and_asks_nobody(
    world: World, url: str
) -> None:
    assert refused(world, world.sns.signed(bounce(VICTIM), SigningCertURL=url), VICTIM) == 403
    assert world.sns.asked == []


CANARY_URLS = {
    "as it is": "http://{canary}/SimpleNotificationService-0123.pem",
    "https": "https://{canary}/SimpleNotificationService-0123.pem",
    "after userinfo": f"https://{HOST}@{{canary}}/SimpleNotificationService-0123.pem",
    "after a password": f"http://{HOST}:443@{{canary}}/SimpleNotificationService-0123.pem",
    "before a fragment": f"http://{{canary}}#{HOST}/SimpleNotificationService-0123.pem",
    "before a backslash": f"http://{{canary}}\\@{HOST}/SimpleNotificationService-0123.pem",
    "before a query": f"http://{{canary}}?https://{HOST}/SimpleNotificationService-0123.pem",
}


@pytest.mark.parametrize("url", CANARY_URLS.values(), ids=CANARY_URLS)
@pytest.mark.parametrize("member", ["SigningCertURL", "SubscribeURL", "UnsubscribeURL"])
@pytest.mark.parametrize("kind", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
def test_no_url_of_a_confirmation_is_followed(
    world: World, url: str, member: str, kind: str
) -> None:
    members = {member: url.format(canary=world.canary.netloc), "Type": kind}
    status = world.webhook.post(world.sns.confirmation(**members))
    # The certificate's URL gives it away; of the others none is looked at.
    assert status == (403 if member == "SigningCertURL" else 200)


def test_a_certificate_that_redirects_is_answered_503_and_not_followed(world: World) -> None:
    envelope = world.sns.signed(bounce(VICTIM), SigningCertURL=world.sns.redirecting_url)
    assert refused(world, envelope, VICTIM) == 503


def test_a_swapped_certificate_is_answered_403(world: World) -> None:
    envelope = world.sns.signed(bounce(VICTIM), SigningCertURL=world.sns.swapped_url)
    assert refused(world, envelope, VICTIM) == 403


@pytest.mark.parametrize("headers", [{}, {"x_amz_sns_topic_arn": TOPIC}], ids=str)
def test_a_wrong_topic_is_answered_403_and_asks_nobody(
    world: World, headers: dict[str, str]
) -> None:
    envelope = world.sns.signed(bounce(VICTIM), TopicArn=OTHER_TOPIC)
    assert refused(world, envelope, VICTIM, **headers) == 403
    assert world.sns.asked == []


@pytest.mark.parametrize(
    "members",
    [
        {"Message": bounce(VICTIM)},
        {"MessageId": "21111111-2222-3333-4444-555555555555"},
        {"Timestamp": "2026-03-02T09:30:07.000Z"},
        {"Subject": "added"},
        {"TopicArn": OTHER_TOPIC},
        {"SignatureVersion": "1"},
        {"Signature": "AAAA"},
        {"Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": "https://x"},
    ],
    ids="+".join,
)
def test_a_changed_field_is_answered_403(world: World, members: Json) -> None:
    assert refused(world, world.sns.signed("Hello") | members, VICTIM) == 403


def test_a_replayed_confirmation_is_answered_200_and_confirmed_once(world: World) -> None:
    confirmation = world.sns.confirmation()
    assert [world.webhook.post(confirmation) for _ in range(3)] == [200, 200, 200]
    tokens = [token for _, token in world.sns.confirmed]
    assert tokens.count(confirmation["Token"]) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda envelope: envelope | {"Token": "another"},
        lambda envelope: envelope | {"TopicArn": OTHER_TOPIC},
        lambda envelope: envelope | {"Type": "Notification"},
    ],
    ids=["token", "topic", "type"],
)
def test_a_confirmation_that_was_changed_is_answered_403_and_not_confirmed(
    world: World, change: Callable[[Json], Json]
) -> None:
    confirmation = world.sns.confirmation()
    before = len(world.sns.confirmed)
    assert world.webhook.post(change(confirmation)) == 403
    assert len(world.sns.confirmed) == before


def test_an_old_confirmation_is_answered_403_and_not_confirmed(world: World) -> None:
    before = len(world.sns.confirmed)
    assert world.webhook.post(world.sns.confirmation(Timestamp="2026-01-01T00:00:00Z")) == 403
    assert len(world.sns.confirmed) == before


def test_a_bare_event_is_answered_403(world: World) -> None:
    event = {"eventType": "Bounce", "bounce": {"bounceType": "Permanent"}}
    assert refused(world, event, VICTIM) == 403


def test_after_all_of_that_a_genuine_one_is_taken(world: World) -> None:
    assert world.webhook.post(world.sns.signed(bounce("gone@shop.example"))) == 200
    assert world.webhook.occurrences("gone@shop.example") == [1]
