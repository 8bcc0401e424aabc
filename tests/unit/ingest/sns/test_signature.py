from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from suppression_ingest.errors import ForeignTopic, Forged, Malformed, Unverifiable
from suppression_ingest.sns.certificates import SigningKeys
from suppression_ingest.sns.envelope import NO_ENVELOPE, open_envelope
from suppression_ingest.sns.signature import SnsSignatureVerifier

PEM = "SimpleNotificationService-0123456789abcdef.pem"
HOST = "sns.eu-west-1.amazonaws.com"
FOREIGN_CERTIFICATE_URLS = {
    "foreign host": f"https://sns.eu-west-1.example.com/{PEM}",
    "host that only begins right": f"https://{HOST}.example.com/{PEM}",
    "host that only ends right": f"https://evil-{HOST}/{PEM}",
    "host with a prefix": f"https://evil.{HOST}/{PEM}",
    "bucket that looks like a region": f"https://sns.s3-us-west-2.amazonaws.com/{PEM}",
    "bucket": f"https://sns.s3.amazonaws.com/{PEM}",
    "bucket with a dash": f"https://sns.s3-eu-west-1.amazonaws.com/{PEM}",
    "bucket in a website": f"https://sns.s3-website-eu-west-1.amazonaws.com/{PEM}",
    "computer in the cloud": f"https://sns.compute-1.amazonaws.com/{PEM}",
    "other region": f"https://sns.us-east-1.amazonaws.com/{PEM}",
    "other partition": f"https://{HOST}.cn/{PEM}",
    "other service": f"https://sqs.eu-west-1.amazonaws.com/{PEM}",
    "http": f"http://{HOST}/{PEM}",
    "ftp": f"ftp://{HOST}/{PEM}",
    "file": f"file://{HOST}/{PEM}",
    "no scheme": f"//{HOST}/{PEM}",
    "port": f"https://{HOST}:8443/{PEM}",
    "port of https": f"https://{HOST}:443/{PEM}",
    "userinfo": f"https://{HOST}@example.com/{PEM}",
    "userinfo before the host": f"https://user:password@{HOST}/{PEM}",
    "backslash": f"https://example.com\\@{HOST}/{PEM}",
    "fragment": f"https://example.com#@{HOST}/{PEM}",
    "query": f"https://{HOST}/{PEM}?x=.pem",
    "query before the path": f"https://example.com?{HOST}/{PEM}",
    "other path": f"https://{HOST}/other.pem",
    "deeper path": f"https://{HOST}/bucket/{PEM}",
    "path that climbs": f"https://{HOST}/../{PEM}",
    "path that climbs in disguise": f"https://{HOST}/%2e%2e/{PEM}",
    "double slash": f"https://{HOST}//{PEM}",
    "not hexadecimal": f"https://{HOST}/SimpleNotificationService-xyz.pem",
    "no name": f"https://{HOST}/SimpleNotificationService-.pem",
    "other ending": f"https://{HOST}/SimpleNotificationService-0123.crt",
    "more after the ending": f"https://{HOST}/{PEM}/x",
    "line break after it": f"https://{HOST}/{PEM}\n",
    "blank before it": f" https://{HOST}/{PEM}",
    "digits of another script": f"https://{HOST}/SimpleNotificationService-١٢٣.pem",
    "dot of another script": f"https://sns.eu-west-1.amazonaws。com/{PEM}",
    "capitals": f"https://SNS.EU-WEST-1.AMAZONAWS.COM/{PEM}",
    "empty": "",
}


Json = dict[str, Any]
TOPIC = "arn:aws:sns:eu-west-1:123456789012:feedback"


class Certificates:
    """Gives one certificate for every URL, and remembers what it was asked for."""

    def __init__(self, pem: bytes) -> None:
        self.pem = pem
        self.asked: list[str] = []

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        return self.pem


@pytest.fixture
def certificates(certificate: bytes) -> Certificates:
    return Certificates(certificate)


@pytest.fixture
def verifier(certificates: Certificates) -> SnsSignatureVerifier:
    return SnsSignatureVerifier(SigningKeys(certificates), [TOPIC])


def verify(verifier: SnsSignatureVerifier, envelope: Json) -> None:
    verifier.verify(open_envelope(envelope))


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [None, "Amazon SES Email Event Notification"])
def test_a_notification_that_sns_signed_passes(
    verifier: SnsSignatureVerifier,
    signed: Callable[..., Json],
    version: str,
    subject: str | None,
) -> None:
    verify(verifier, signed(version=version, Subject=subject))


@pytest.mark.parametrize("type_", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
def test_a_confirmation_that_sns_signed_passes(
    verifier: SnsSignatureVerifier, signed: Callable[..., Json], type_: str
) -> None:
    verify(verifier, signed(Type=type_, Token="t", SubscribeURL="https://sns.test/"))


def test_a_null_subject_was_not_signed(
    verifier: SnsSignatureVerifier, signed: Callable[..., Json]
) -> None:
    verify(verifier, signed() | {"Subject": None})


def test_a_message_beyond_ascii_passes(
    verifier: SnsSignatureVerifier, signed: Callable[..., Json]
) -> None:
    verify(verifier, signed("Grüße, 你好 🐝"))


@pytest.mark.parametrize(
    ("region", "suffix", "partition"),
    [
        ("us-east-1", "", "aws"),
        ("ap-southeast-2", "", "aws"),
        ("us-gov-west-1", "", "aws-us-gov"),
        ("cn-north-1", ".cn", "aws-cn"),
    ],
)
def test_every_region_has_its_own_host(
    verifier: SnsSignatureVerifier,
    certificates: Certificates,
    signed: Callable[..., Json],
    region: str,
    suffix: str,
    partition: str,
) -> None:
    # given a topic and a certificate of one region
    topic = f"arn:{partition}:sns:{region}:123456789012:feedback"
    url = f"https://sns.{region}.amazonaws.com{suffix}/{PEM}"
    # when a verifier that takes any topic gets its message
    verify(
        SnsSignatureVerifier(SigningKeys(certificates)), signed(TopicArn=topic, SigningCertURL=url)
    )
    # then it asks there
    assert certificates.asked == [url]


STAND_IN = "http://127.0.0.1:4566"


@pytest.mark.parametrize("endpoint", [STAND_IN, f"{STAND_IN}/"])
@pytest.mark.parametrize("folder", ["", "_aws/sns/"])
def test_a_stand_in_that_is_named_may_sign_with_a_certificate_of_its_own(
    certificates: Certificates, signed: Callable[..., Json], endpoint: str, folder: str
) -> None:
    url = f"{STAND_IN}/{folder}{PEM}"
    verifier = SnsSignatureVerifier(SigningKeys(certificates), [TOPIC], endpoint)
    verify(verifier, signed(SigningCertURL=url))
    assert certificates.asked == [url]


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        pytest.param("", f"{STAND_IN}/{PEM}", id="none is named"),
        pytest.param("http://127.0.0.1:4567", f"{STAND_IN}/{PEM}", id="another is named"),
        pytest.param(STAND_IN, f"http://127.0.0.1:45669/{PEM}", id="a longer port"),
        pytest.param(STAND_IN, f"{STAND_IN}@evil.example/{PEM}", id="userinfo"),
        pytest.param(STAND_IN, f"{STAND_IN}/../{PEM}", id="dots"),
        pytest.param(STAND_IN, f"{STAND_IN}/x?/{PEM}", id="query"),
        pytest.param(STAND_IN, f"{STAND_IN}/x.pem", id="another file"),
    ],
)
def test_only_the_stand_in_that_is_named_may_do_so(
    certificates: Certificates, signed: Callable[..., Json], endpoint: str, url: str
) -> None:
    verifier = SnsSignatureVerifier(SigningKeys(certificates), [TOPIC], endpoint)
    with pytest.raises(Forged):
        verify(verifier, signed(SigningCertURL=url))
    assert certificates.asked == []


@pytest.mark.parametrize("url", FOREIGN_CERTIFICATE_URLS.values(), ids=FOREIGN_CERTIFICATE_URLS)
def test_a_certificate_from_elsewhere_is_refused_and_not_fetched(
    verifier: SnsSignatureVerifier,
    certificates: Certificates,
    signed: Callable[..., Json],
    url: str,
) -> None:
    with pytest.raises(Forged):
        verify(verifier, signed(SigningCertURL=url))
    assert certificates.asked == []


def test_an_envelope_that_names_no_certificate_is_refused(
    verifier: SnsSignatureVerifier, signed: Callable[..., Json]
) -> None:
    with pytest.raises(Forged):
        verify(verifier, signed(SigningCertURL=None))


@pytest.mark.parametrize(
    "members",
    [
        {"SignatureVersion": "3"},
        {"SignatureVersion": ""},
        {"SignatureVersion": 2},
        {"SignatureVersion": None},
        {"Signature": None},
        {"Signature": "no base64!"},
        {"Signature": ["c2ln"]},
        {"SigningCertURL": {"url": "https"}},
        {"Subject": 5},
        {"Type": "SubscriptionConfirmation"},
        {"Message": "half a character: \ud800"},
    ],
    ids=str,
)
def test_an_envelope_that_cannot_be_checked_is_refused_and_fetches_nothing(
    verifier: SnsSignatureVerifier,
    certificates: Certificates,
    signed: Callable[..., Json],
    members: Json,
) -> None:
    with pytest.raises(Forged):
        verify(verifier, signed() | members)
    assert certificates.asked == []


@pytest.mark.parametrize(
    "topic",
    [
        "arn:aws:sns:eu-west-1:999999999999:feedback",
        "arn:aws:sns:eu-west-1:123456789012:feedback2",
        "arn:aws:sns:eu-west-1:123456789012:FEEDBACK",
        "",
    ],
)
def test_a_message_of_another_topic_is_refused_and_fetches_nothing(
    verifier: SnsSignatureVerifier,
    certificates: Certificates,
    signed: Callable[..., Json],
    topic: str,
) -> None:
    with pytest.raises((ForeignTopic, Malformed)):
        verify(verifier, signed(TopicArn=topic))
    assert certificates.asked == []


def test_a_topic_that_is_no_arn_is_refused_even_without_an_allowlist(
    certificates: Certificates, signed: Callable[..., Json]
) -> None:
    with pytest.raises(Forged):
        verify(SnsSignatureVerifier(SigningKeys(certificates)), signed(TopicArn="feedback"))


@pytest.mark.parametrize(
    "members",
    [
        {"Message": "Jello"},
        {"MessageId": "21111111-2222-3333-4444-555555555555"},
        {"Timestamp": "2026-03-02T09:30:07.000Z"},
        {"Subject": "added"},
        {"SignatureVersion": "1"},
    ],
    ids=str,
)
def test_one_changed_field_breaks_the_signature(
    verifier: SnsSignatureVerifier, signed: Callable[..., Json], members: Json
) -> None:
    with pytest.raises(Forged):
        verify(verifier, signed() | members)


def test_a_subject_that_was_taken_away_breaks_the_signature(
    verifier: SnsSignatureVerifier, signed: Callable[..., Json]
) -> None:
    envelope = signed(Subject="signed")
    del envelope["Subject"]
    with pytest.raises(Forged):
        verify(verifier, envelope)


def test_another_way_of_writing_the_signature_is_refused(
    verifier: SnsSignatureVerifier, signed: Callable[..., Json]
) -> None:
    # given the signature with a bit changed that decoding drops
    envelope = signed()
    text = envelope["Signature"]
    changed = text[:-3] + chr(ord(text[-3]) + 1) + "=="
    # then it does not pass for the same
    with pytest.raises(Forged):
        verify(verifier, envelope | {"Signature": changed})


def test_the_certificate_of_somebody_else_does_not_fit(
    make_certificate: Callable[[rsa.RSAPrivateKey], bytes], signed: Callable[..., Json]
) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    keys = SigningKeys(Certificates(make_certificate(other)))
    with pytest.raises(Forged):
        verify(SnsSignatureVerifier(keys, [TOPIC]), signed())


def test_a_certificate_that_does_not_come_is_no_forgery(signed: Callable[..., Json]) -> None:
    def fetch(_url: str) -> bytes:
        raise Unverifiable("down")

    with pytest.raises(Unverifiable):
        verify(SnsSignatureVerifier(SigningKeys(fetch), [TOPIC]), signed())


def test_a_message_without_an_envelope_has_no_signature_to_check(
    verifier: SnsSignatureVerifier, certificates: Certificates
) -> None:
    verifier.verify(NO_ENVELOPE)
    assert certificates.asked == []


def test_the_allowlist_can_be_checked_without_the_signature(
    verifier: SnsSignatureVerifier, signed: Callable[..., Json]
) -> None:
    other = signed(TopicArn="arn:aws:sns:eu-west-1:999999999999:feedback")
    with pytest.raises(ForeignTopic):
        verifier.check_topic(open_envelope(other))
