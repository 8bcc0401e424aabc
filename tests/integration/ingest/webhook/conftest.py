import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.processes import Processes
from tests.support.sns import Sns
from tests.support.webhook import Start, Webhook, starter


@pytest.fixture
def start(processes: Processes, database_url: str) -> Iterator[Start]:
    """Start webhooks on a database of the test's own, of both sorts."""
    with starter(processes, database_url) as starts:
        yield starts


@pytest.fixture
def start_on_sqlite(processes: Processes, sqlite_url: str) -> Iterator[Start]:
    """Start webhooks on a SQLite database of the test's own."""
    with starter(processes, sqlite_url) as starts:
        yield starts


@pytest.fixture(scope="module")
def sns() -> Iterator[Sns]:
    with Sns() as running:
        yield running


@pytest.fixture(scope="module")
def webhook(tmp_path_factory: pytest.TempPathFactory, sns: Sns) -> Iterator[Webhook]:
    """A webhook that the tests of a module share; they stop nothing, and lock what they unlock."""
    folder = tmp_path_factory.mktemp("webhook")
    with (
        Processes(folder / "logs") as processes,
        starter(processes, f"sqlite:///{folder / 'list.db'}") as start,
    ):
        yield start(sns.environment)


@pytest.fixture(scope="module")
def tls_webhook(tmp_path_factory: pytest.TempPathFactory, sns: Sns) -> Iterator[Webhook]:
    """A webhook with TLS that the tests of a module share."""
    folder = tmp_path_factory.mktemp("tls-webhook")
    with (
        Processes(folder / "logs") as processes,
        starter(processes, f"sqlite:///{folder / 'list.db'}") as start,
    ):
        yield start(sns.environment, "https", **_certificate(folder))


@pytest.fixture
def tls(tmp_path: Path) -> dict[str, str]:
    """Settings of a certificate for 127.0.0.1, signed by itself."""
    return _certificate(tmp_path)


def _certificate(folder: Path) -> dict[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    chain, secret = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return {
        "SUPPRESSION_WEBHOOK_TLS_CERTIFICATE": str(chain),
        "SUPPRESSION_WEBHOOK_TLS_KEY": str(secret),
    }
