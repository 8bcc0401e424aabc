import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from suppression_ingest.errors import Unverifiable
from suppression_ingest.sns.certificates import MAX_KEYS, SigningKeys

URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123.pem"


def counting(certificate: bytes) -> tuple[list[str], SigningKeys]:
    """Return keys that all have one certificate, and the list of what they fetch."""
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return certificate

    return asked, SigningKeys(fetch)


def test_a_good_key_is_fetched_once(certificate: bytes) -> None:
    asked, keys = counting(certificate)
    assert keys.get(URL) == keys.get(URL)
    assert asked == [URL]


def test_a_failure_is_not_remembered(certificate: bytes) -> None:
    # given a host that fails once
    answers: list[Unverifiable | bytes] = [Unverifiable("down"), certificate]

    def fetch(_url: str) -> bytes:
        answer = answers.pop(0)
        if isinstance(answer, Unverifiable):
            raise answer
        return answer

    keys = SigningKeys(fetch)
    with pytest.raises(Unverifiable):
        keys.get(URL)
    # then the next time gets the key
    assert keys.get(URL)


def test_keys_that_were_not_used_for_longest_are_forgotten_first(certificate: bytes) -> None:
    # given as many keys as are remembered, the first of them used again
    asked, keys = counting(certificate)
    for number in range(MAX_KEYS):
        keys.get(str(number))
    keys.get("0")
    # when one more comes
    keys.get("new")
    asked.clear()
    # then the second is forgotten, and not the first
    keys.get("0")
    keys.get("1")
    assert asked == ["1"]


@pytest.mark.parametrize("content", [b"", b"<html>", b"-----BEGIN CERTIFICATE-----\nno\n"])
def test_what_is_no_certificate_cannot_verify(content: bytes) -> None:
    with pytest.raises(Unverifiable):
        SigningKeys(lambda _url: content).get(URL)


def test_a_certificate_of_another_sort_of_key_cannot_verify() -> None:
    # given a certificate of an elliptic curve, which SNS does not sign with
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.test")])
    day = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    pem = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(day)
        .not_valid_after(day + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    with pytest.raises(Unverifiable):
        SigningKeys(lambda _url: pem).get(URL)
