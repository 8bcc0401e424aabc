import asyncio
import base64
import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

import pytest
from structlog.testing import capture_logs

from suppression_ingest.errors import Unverifiable
from suppression_ingest.policy import Policy
from suppression_ingest.ses import SesEvent
from suppression_ingest.sns.cached_keys import CachedKeys
from suppression_ingest.webhook import app
from suppression_ingest.webhook.refusals import TokenRefused, Unconfirmed
from suppression_service.store import Reason, Store, StoreError, StoreUnavailable
from tests.support.in_process_webhook import NOW, PASSWORD, TOPIC, Open, Site

Json = dict[str, Any]
Signed = Callable[..., Json]


def basic(password: str, user: str = "sns") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


# --- notifications -----------------------------------------------------------------------------


async def test_a_bounce_that_is_posted_is_answered_200_and_listed(
    site: Site, signed: Signed, bounce: str
) -> None:
    assert await site.post(signed(bounce)) == 200
    assert site.reasons("gone@shop.example") == [Reason.HARD_BOUNCE]


async def test_the_headers_of_sns_are_agreed_to(site: Site, signed: Signed, bounce: str) -> None:
    status = await site.post(
        signed(bounce),
        x_amz_sns_message_type="Notification",
        x_amz_sns_message_id="11111111-2222-3333-4444-555555555555",
        x_amz_sns_topic_arn=TOPIC,
        x_amz_sns_subscription_arn=f"{TOPIC}:2bcfbf39-05c3-41de-beaa-fcfcc21c8f55",
    )
    assert status == 200


@pytest.mark.parametrize("content_type", ["application/json", "text/html", "", "nonsense"])
async def test_the_content_type_does_not_matter(
    site: Site, signed: Signed, bounce: str, content_type: str
) -> None:
    assert await site.post(signed(bounce), content_type=content_type) == 200


async def test_a_bounce_that_comes_again_is_answered_200_and_counts_once(
    site: Site, signed: Signed, bounce: str, store: Store
) -> None:
    statuses = [await site.post(signed(bounce)) for _ in range(3)]
    assert statuses == [200, 200, 200]
    assert [entry.occurrences for entry in store.address("gone@shop.example").suppressions] == [1]


async def test_a_set_up_message_is_answered_200(site: Site, signed: Signed) -> None:
    assert await site.post(signed()) == 200


async def test_a_message_that_is_nobodys_event_is_answered_400(site: Site, signed: Signed) -> None:
    assert await site.post(signed("Hello world")) == 400


async def test_a_post_has_one_envelope(
    site: Site, signed: Signed, bounce: str, store: Store
) -> None:
    envelopes = [signed(bounce.replace("gone@", f"gone{n}@")) for n in range(3)]
    assert await site.post("\n".join(map(json.dumps, envelopes)).encode()) == 403
    assert not store.address("gone1@shop.example").suppressions


async def test_the_events_of_a_post_are_stored_though_one_of_them_is_broken(
    site: Site, signed: Signed, bounce: str, store: Store
) -> None:
    assert await site.post(signed(f"{bounce}\n{bounce[:-20]}")) == 400
    assert store.address("gone@shop.example").suppressions


async def test_posts_that_arrive_together_share_a_transaction(
    site: Site, signed: Signed, bounce: str, store: Store
) -> None:
    # given a key that is at hand
    await site.post(signed())
    before = store.revision()
    # when many bounces arrive at once
    bodies = [signed(bounce.replace("gone@", f"gone{n}@")) for n in range(50)]
    statuses = await asyncio.gather(*(site.post(body) for body in bodies))
    # then all are stored, in fewer transactions
    assert set(statuses) == {200}
    assert store.revision() - before < 25


async def test_a_key_is_fetched_once_for_posts_that_arrive_together(
    site: Site, signed: Signed, bounce: str
) -> None:
    await asyncio.gather(*(site.post(signed(bounce)) for _ in range(10)))
    assert len(site.certificates.asked) == 1


@pytest.mark.parametrize("cached", [False, True], ids=["certificate to fetch", "key at hand"])
async def test_the_signature_of_a_post_is_verified_once(
    site: Site, signed: Signed, bounce: str, monkeypatch: pytest.MonkeyPatch, cached: bool
) -> None:
    # given a webhook whose verifications are counted
    if cached:
        await site.post(signed())
    verified = []
    key_of = CachedKeys.get

    def counting(keys: CachedKeys, url: str) -> Any:
        key = key_of(keys, url)
        verified.append(url)
        return key

    monkeypatch.setattr(CachedKeys, "get", counting)
    # when a bounce is posted
    assert await site.post(signed(bounce)) == 200
    # then its signature was verified once
    assert len(verified) == 1


# --- what may be accepted another time ---------------------------------------------------------


async def test_what_cannot_be_verified_now_is_answered_503(
    site: Site, signed: Signed, bounce: str
) -> None:
    site.certificates.failure = Unverifiable("down")
    assert await site.post(signed(bounce)) == 503


async def test_a_certificate_that_did_not_come_is_asked_for_again(
    site: Site, signed: Signed, bounce: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a certificate that does not come, some time ago
    monkeypatch.setattr("suppression_ingest.sns.cached_keys.FAILED_SECONDS", 0)
    site.certificates.failure = Unverifiable("down")
    await site.post(signed(bounce))
    # when it does
    site.certificates.failure = None
    # then the next post is taken
    assert await site.post(signed(bounce)) == 200


@pytest.mark.parametrize(
    "failure", [StoreUnavailable("database is locked"), StoreError("permission denied")]
)
async def test_a_database_that_takes_nothing_is_answered_503(
    site: Site, signed: Signed, bounce: str, monkeypatch: pytest.MonkeyPatch, failure: StoreError
) -> None:
    def broken(*_: object) -> NoReturn:
        raise failure

    monkeypatch.setattr(site.store, "write", broken)
    assert await site.post(signed(bounce)) == 503


async def test_a_commit_that_takes_too_long_is_answered_503(
    site: Site, signed: Signed, bounce: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a timeout of no time
    monkeypatch.setattr(app, "ANSWER_SECONDS", 0)
    assert await site.post(signed(bounce)) == 503


async def test_more_than_there_is_memory_for_is_answered_503(
    site: Site, signed: Signed, bounce: str
) -> None:
    with site.budget.reserving() as reservation:
        reservation.grow(64 * 1024 * 1024 - 100)
        assert await site.post(signed(bounce)) == 503
    assert await site.post(signed(bounce)) == 200


async def test_a_bug_in_the_program_is_answered_500(
    site: Site, signed: Signed, bounce: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(_policy: Policy, _event: SesEvent) -> NoReturn:
        raise ZeroDivisionError

    monkeypatch.setattr(Policy, "feedback", stumble)
    assert await site.post(signed(bounce)) == 500


# --- what must not come back -------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"\xff\xfe", "[" * 100_000, '{"Type": "Notification"}'],
    ids=lambda body: str(body[:20]),
)
async def test_what_is_broken_is_answered_400(site: Site, body: str | bytes) -> None:
    assert await site.post(body) == 400


async def test_a_broken_event_in_a_good_envelope_is_answered_400(
    site: Site, signed: Signed
) -> None:
    assert await site.post(signed('{"eventType": "Bounce"')) == 400


async def test_what_is_too_large_is_answered_413(site: Site) -> None:
    assert await site.post(b"x" * 1_572_865) == 413


async def test_what_is_as_large_as_may_be_is_read(site: Site) -> None:
    assert await site.post(b"x" * 1_572_864) == 400


async def test_a_chunked_body_is_counted(site: Site) -> None:
    # given a body that does not tell its length
    async def chunks() -> Any:
        for _ in range(200):
            yield b"x" * 10_000

    answer = await site.client.post("/sns", content=chunks())
    assert answer.status_code == 413


async def test_a_length_that_is_a_lie_is_found_out(site: Site) -> None:
    assert await site.post(b"x" * 2_000_000, content_length="5") == 413


async def test_a_refused_body_releases_its_memory(site: Site, signed: Signed) -> None:
    for _ in range(45):
        await site.post(b"x" * 1_572_865, content_length="5")
    assert await site.post(signed()) == 200


@pytest.mark.parametrize("path", ["/", "/sns/", "/sns/x", "/healthz/x", "/SNS", "/docs"])
async def test_another_path_is_answered_404(site: Site, path: str) -> None:
    answer = await site.client.post(path, content="{}", follow_redirects=False)
    assert answer.status_code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_another_method_is_answered_405(site: Site, method: str) -> None:
    assert (await site.client.request(method, "/sns")).status_code == 405


# --- subscribing -------------------------------------------------------------------------------


async def test_a_subscription_to_our_topic_is_confirmed_through_the_api(
    site: Site, confirmation: Json
) -> None:
    assert await site.post(confirmation) == 200
    assert site.confirmed.calls == [(TOPIC, "2336412f37")]


async def test_a_confirmation_that_is_sent_again_is_answered_200_and_confirms_nothing(
    site: Site, confirmation: Json
) -> None:
    for _ in range(3):
        assert await site.post(confirmation) == 200
    assert len(site.confirmed.calls) == 1


async def test_a_confirmation_that_failed_is_tried_again(site: Site, confirmation: Json) -> None:
    # given an SNS that does not answer once
    site.confirmed.failure = Unconfirmed("down")
    assert await site.post(confirmation) == 503
    # when it does
    site.confirmed.failure = None
    # then the subscription is confirmed
    assert await site.post(confirmation) == 200


async def test_a_token_that_sns_refuses_is_answered_403(site: Site, confirmation: Json) -> None:
    site.confirmed.failure = TokenRefused("no")
    assert await site.post(confirmation) == 403


async def test_the_end_of_a_subscription_is_logged_and_not_undone(
    site: Site, signed: Signed, logged: list[Any]
) -> None:
    ended = signed(
        Type="UnsubscribeConfirmation", Token="t", SubscribeURL="https://sns.test/?again"
    )
    assert await site.post(ended) == 200
    assert site.confirmed.calls == []
    assert [line["event"] for line in logged] == ["a UnsubscribeConfirmation by SNS"]


# --- raw delivery ------------------------------------------------------------------------------


async def test_a_raw_delivery_is_answered_403(site: Site, bounce: str) -> None:
    status = await site.post(bounce, x_amz_sns_rawdelivery="true", x_amz_sns_topic_arn=TOPIC)
    assert status == 403
    assert site.reasons("gone@shop.example") == []


async def test_a_bare_event_is_no_more_welcome_than_a_raw_delivery(site: Site, bounce: str) -> None:
    assert await site.post(bounce) == 403


async def test_a_raw_delivery_with_the_password_is_taken_where_it_is_switched_on(
    raw_site: Site, bounce: str
) -> None:
    status = await raw_site.post(
        bounce,
        x_amz_sns_rawdelivery="true",
        x_amz_sns_topic_arn=TOPIC,
        authorization=basic(PASSWORD),
    )
    assert status == 200
    assert raw_site.reasons("gone@shop.example") == [Reason.HARD_BOUNCE]


@pytest.mark.parametrize("topic", [None, "arn:aws:sns:eu-west-1:999999999999:feedback"])
async def test_a_raw_delivery_of_no_topic_of_ours_is_answered_403(
    raw_site: Site, bounce: str, topic: str | None
) -> None:
    headers = {"x_amz_sns_topic_arn": topic} if topic else {}
    assert await raw_site.post(bounce, authorization=basic(PASSWORD), **headers) == 403


async def test_a_signed_delivery_needs_the_password_too(
    raw_site: Site, signed: Signed, bounce: str
) -> None:
    assert await raw_site.post(signed(bounce)) == 401
    assert await raw_site.post(signed(bounce), authorization=basic(PASSWORD)) == 200


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Basic !",
        "Basic " + base64.b64encode(b"no colon").decode(),
        f"Bearer {PASSWORD}",
        basic(""),
        basic(PASSWORD + "x"),
        basic(PASSWORD[:-1]),
        basic(PASSWORD.upper()),
        basic("ü"),
        basic("user", PASSWORD),
    ],
)
async def test_without_the_password_a_raw_delivery_is_answered_401(
    raw_site: Site, bounce: str, authorization: str
) -> None:
    status = await raw_site.post(bounce, x_amz_sns_topic_arn=TOPIC, authorization=authorization)
    assert status == 401


async def test_sns_is_asked_for_the_password_with_a_realm(raw_site: Site) -> None:
    answer = await raw_site.client.post("/sns", content="{}")
    assert answer.headers["www-authenticate"].startswith("Basic realm=")


async def test_to_be_asked_for_the_password_is_neither_counted_nor_logged(
    raw_site: Site, signed: Signed, bounce: str, logged: list[Any]
) -> None:
    assert await raw_site.post(signed(bounce)) == 401
    assert (raw_site.log.stats.received, logged) == (0, [])


async def test_a_wrong_password_is_counted_and_logged(
    raw_site: Site, signed: Signed, bounce: str, logged: list[Any]
) -> None:
    await raw_site.post(signed(bounce), authorization=basic(PASSWORD + "x"))
    assert raw_site.log.stats.unverified == {"password": 1}
    assert [line["kind"] for line in logged] == ["wrong password"]


# --- health ------------------------------------------------------------------------------------


async def test_with_a_database_that_answers_the_webhook_is_healthy(site: Site) -> None:
    assert (await site.client.get("/healthz")).status_code == 200


async def test_with_a_database_that_is_away_the_webhook_is_unhealthy(
    open_site: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_store: Store) -> NoReturn:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(Store, "revision", away)
    async for site in open_site():
        assert (await site.client.get("/healthz")).status_code == 503


# --- the log -----------------------------------------------------------------------------------


async def test_every_post_is_counted_by_what_became_of_it(
    site: Site, signed: Signed, bounce: str
) -> None:
    await site.post(signed(bounce))
    await site.post(signed(bounce) | {"Message": "changed"})
    await site.post("{")
    stats = site.log.stats
    assert (stats.received, stats.kinds) == (3, {"Bounce": 1})
    assert stats.refused == {"forged": 1, "malformed": 1}


async def test_no_log_line_holds_an_address(
    site: Site, signed: Signed, bounce: str, logged: list[Any]
) -> None:
    posts: Sequence[Json | str] = [
        signed(bounce),
        bounce,
        bounce[:-5],
        signed(bounce) | {"Message": bounce + " "},
        signed(bounce, TopicArn="arn:aws:sns:eu-west-1:999999999999:jane@example.com"),
    ]
    for post in posts:
        await site.post(post)
    site.log.summarise()
    assert logged
    assert "example" not in json.dumps(logged, default=str)


async def test_an_answer_repeats_nothing_of_what_was_posted(site: Site, bounce: str) -> None:
    answer = await site.client.post("/sns", content=bounce)
    assert answer.text == "raw delivery\n"


async def test_the_age_of_a_message_is_told_whether_it_is_stored_or_not(
    site: Site, signed: Signed, bounce: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a database that takes nothing
    def broken(*_: object) -> NoReturn:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(site.store, "write", broken)
    # when SNS posts what it took a while before
    await site.post(signed(bounce, Timestamp=(NOW - dt.timedelta(hours=1)).isoformat()))
    # then that has waited
    assert site.oldest.seconds == 3_600


async def test_the_age_of_what_somebody_else_made_up_is_not_told(
    site: Site, signed: Signed, bounce: str
) -> None:
    await site.post(signed(bounce) | {"Timestamp": "2020-01-01T00:00:00.000Z"})
    assert site.oldest.seconds == 0
