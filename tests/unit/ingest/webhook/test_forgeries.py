from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from tests.support.in_process_webhook import TOPIC, Site

Json = dict[str, Any]
Signed = Callable[..., Json]
OTHER_TOPIC = "arn:aws:sns:eu-west-1:999999999999:feedback"


# Which URLs, fields and signatures are refused: tests/unit/ingest/sns/test_signature.py.


@pytest.mark.parametrize("kind", ["Notification", "SubscriptionConfirmation"])
async def test_a_certificate_from_elsewhere_is_answered_403_and_not_fetched(
    site: Site, signed: Signed, bounce: str, kind: str
) -> None:
    members = {"Token": "t", "SubscribeURL": "https://x"} if kind != "Notification" else {}
    url = "https://sns.eu-west-1.example.com/SimpleNotificationService-0123.pem"
    status = await site.post(signed(bounce, SigningCertURL=url, Type=kind, **members))
    assert status == 403
    assert site.certificates.asked == []
    assert site.confirmed.calls == []


@pytest.mark.parametrize("headers", [{}, {"x_amz_sns_topic_arn": TOPIC}], ids=str)
async def test_a_message_of_another_topic_is_answered_403_and_fetches_nothing(
    site: Site, signed: Signed, bounce: str, headers: dict[str, str]
) -> None:
    assert await site.post(signed(bounce, TopicArn=OTHER_TOPIC), **headers) == 403
    assert site.certificates.asked == []


async def test_a_subscription_to_another_topic_is_answered_403_and_not_confirmed(
    site: Site, signed: Signed
) -> None:
    status = await site.post(
        signed(
            Type="SubscriptionConfirmation",
            Token="t",
            SubscribeURL="https://x",
            TopicArn=OTHER_TOPIC,
        )
    )
    assert status == 403
    assert (site.certificates.asked, site.confirmed.calls) == ([], [])


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x_amz_sns_topic_arn", OTHER_TOPIC),
        ("x_amz_sns_message_type", "SubscriptionConfirmation"),
        ("x_amz_sns_message_id", "21111111-2222-3333-4444-555555555555"),
        ("x_amz_sns_rawdelivery", "true"),
    ],
)
async def test_headers_that_disagree_with_the_envelope_are_answered_403(
    site: Site, signed: Signed, bounce: str, header: str, value: str
) -> None:
    assert await site.post(signed(bounce), **{header: value}) == 403
    assert site.reasons("gone@shop.example") == []


async def test_one_changed_field_is_answered_403(site: Site, signed: Signed, bounce: str) -> None:
    changed = signed(bounce) | {"Timestamp": "2026-03-02T09:30:07.000Z"}
    assert await site.post(changed) == 403
    assert site.reasons("gone@shop.example") == []


@pytest.mark.parametrize("member", ["Token", "SubscribeURL", "Message", "Timestamp"])
async def test_a_confirmation_with_a_changed_field_is_answered_403_and_confirms_nothing(
    site: Site, confirmation: Json, member: str
) -> None:
    assert await site.post(confirmation | {member: "2026-03-02T09:30:07.000Z"}) == 403
    assert site.confirmed.calls == []


async def test_a_notification_that_is_made_into_a_confirmation_is_answered_403(
    site: Site, signed: Signed
) -> None:
    changed = {"Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": "https://x"}
    assert await site.post(signed() | changed) == 403
    assert site.confirmed.calls == []


async def test_the_certificate_of_somebody_else_is_answered_403(
    site: Site,
    signed: Signed,
    bounce: str,
    make_certificate: Callable[[rsa.RSAPrivateKey], bytes],
) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    site.certificates.pem = make_certificate(other)
    assert await site.post(signed(bounce)) == 403


async def test_an_old_confirmation_is_answered_403_and_not_confirmed(
    site: Site, signed: Signed
) -> None:
    # given one whose token SNS has long forgotten
    old = signed(
        Type="SubscriptionConfirmation",
        Token="t",
        SubscribeURL="https://x",
        Timestamp="2026-02-27T09:30:06.000Z",
    )
    assert await site.post(old) == 403
    assert site.confirmed.calls == []


async def test_no_more_certificates_are_asked_for_than_the_host_can_bear(
    site: Site, signed: Signed
) -> None:
    # when one stranger makes up names of certificates, one after the other
    url = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-{:04x}.pem"
    site.certificates.pem = b"none"
    statuses = {await site.post(signed(SigningCertURL=url.format(n))) for n in range(20)}
    # then each is answered that it cannot be verified, and is not asked for again at once
    assert statuses == {503}
    site.certificates.asked.clear()
    assert await site.post(signed(SigningCertURL=url.format(0))) == 503
    assert site.certificates.asked == []


# --- anything at all ---------------------------------------------------------------------------

_OPENINGS = ["[", '{"a":', '{"Type":{"Message":']
ANSWERS = {400, 403, 413}
_many = hypothesis.settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
_names = st.sampled_from(
    [
        "Type",
        "Message",
        "MessageId",
        "TopicArn",
        "Timestamp",
        "Signature",
        "SigningCertURL",
        "Token",
        "SubscribeURL",
        "eventType",
        "bounce",
    ]
) | st.text(max_size=10)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names, inner, max_size=6),
    max_leaves=12,
)


@_many
@given(body=st.binary(max_size=2_000))
async def test_no_bytes_are_taken_for_a_message(site: Site, body: bytes) -> None:
    assert await site.post(body) in ANSWERS


@_many
@given(document=st.dictionaries(_names, _json, max_size=10))
async def test_no_document_is_taken_for_a_message(site: Site, document: Json) -> None:
    assert await site.post(document) in ANSWERS
    assert site.certificates.asked == []


@_many
@given(data=st.data())
async def test_no_change_to_a_signed_envelope_goes_unnoticed(
    site: Site, signed: Signed, data: st.DataObject
) -> None:
    envelope = signed()
    name = data.draw(st.sampled_from(["Message", "MessageId", "TopicArn", "Timestamp", "Type"]))
    value = data.draw(_json.filter(lambda value: value != envelope[name]))
    assert await site.post(envelope | {name: value}) in ANSWERS


@_many
@given(message=st.text(max_size=300))
async def test_whatever_text_sns_signs_is_answered(
    site: Site, signed: Signed, message: str
) -> None:
    assert await site.post(signed(message)) in {200, 400}


@_many
@given(
    depth=st.integers(1, 200_000), opening=st.sampled_from(["[", '{"a":', '{"Type":{"Message":'])
)
async def test_no_depth_of_nesting_is_too_much(site: Site, depth: int, opening: str) -> None:
    assert await site.post((opening * depth)[:1_500_000]) in ANSWERS
