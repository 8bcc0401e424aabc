import base64
import datetime as dt
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import hypothesis
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from suppression_ingest.ses import EVENT_PUBLISHING_SET_UP
from suppression_service.store import Store

# A busy machine is no failure.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

DATA = Path(__file__).parents[2] / "data" / "ses"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:feedback"
CERTIFICATE_URL = (
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
)

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_keywords: Any) -> NoReturn:
        raise AssertionError("a unit test opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)


@pytest.fixture
def no_aws_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave boto3 nothing of this machine's settings but keys that open nothing."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    # Otherwise boto3 asks the machine that it runs on.
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")


@pytest.fixture
def sample() -> Callable[[str], Json]:
    def load(name: str) -> Json:
        document: Json = json.loads((DATA / f"{name}.json").read_text())
        return document

    return load


@pytest.fixture
def store(new_sqlite: str) -> Iterator[Store]:
    opened = Store.open(new_sqlite)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def signing_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def make_certificate() -> Callable[[rsa.RSAPrivateKey], bytes]:
    def make(key: rsa.RSAPrivateKey) -> bytes:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.test")])
        day = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)  # over long ago, like those of saved messages
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(day)
            .not_valid_after(day + dt.timedelta(days=1))
            .sign(key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM)

    return make


@pytest.fixture(scope="session")
def certificate(
    signing_key: rsa.RSAPrivateKey, make_certificate: Callable[[rsa.RSAPrivateKey], bytes]
) -> bytes:
    return make_certificate(signing_key)


@pytest.fixture(scope="session")
def signed(signing_key: rsa.RSAPrivateKey) -> Callable[..., Json]:
    """Envelopes as SNS makes them; keywords replace members before signing, None leaves one out."""

    def sign(
        message: str = EVENT_PUBLISHING_SET_UP, version: str = "2", **members: str | None
    ) -> Json:
        envelope: Json = {
            "Type": "Notification",
            "MessageId": "11111111-2222-3333-4444-555555555555",
            "TopicArn": TOPIC,
            "Message": message,
            "Timestamp": "2026-03-02T09:30:06.000Z",
            "SignatureVersion": version,
            "SigningCertURL": CERTIFICATE_URL,
        }
        envelope = {k: v for k, v in (envelope | members).items() if v is not None}
        names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token"]
        text = "".join(
            f"{name}\n{envelope[name]}\n"
            for name in [*names, "TopicArn", "Type"]
            if name in envelope
        )
        algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()
        signature = signing_key.sign(text.encode(), padding.PKCS1v15(), algorithm)
        return envelope | {"Signature": base64.b64encode(signature).decode()}

    return sign
