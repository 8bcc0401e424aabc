import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from suppression_service.store import Store
from tests.integration.ingest.webhook.sns import Sns
from tests.processes import BIN, Process, Processes

Json = dict[str, Any]
WEBHOOK = (BIN / "suppression-ingest", "webhook")


class Webhook:
    """A running webhook, and a way to post to it."""

    def __init__(self, process: Process, client: httpx.Client, store: Store) -> None:
        self.process = process
        self.client = client
        self.store = store

    def post(self, envelope: Json, **headers: str) -> int:
        """Post as SNS does; return the status. Underscores in names of headers are dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.client.post(
            "/sns", json=envelope, headers={"content-type": "text/plain; charset=UTF-8"} | named
        )
        return answer.status_code

    @property
    def address(self) -> tuple[str, int]:
        url = self.client.base_url
        return url.host, url.port or 0

    def occurrences(self, address: str) -> list[int]:
        return [entry.occurrences for entry in self.store.address(address).suppressions]


Start = Callable[..., Webhook]


@contextlib.contextmanager
def starter(processes: Processes, database_url: str) -> Iterator[Start]:
    """Give what starts webhooks on a database, migrated, and closes what they opened."""
    with contextlib.ExitStack() as opened:
        store = opened.enter_context(
            contextlib.closing(Store.open(database_url, migrate_first=True))
        )

        def start(environment: dict[str, str], scheme: str = "http", **more: str) -> Webhook:
            given = {
                "SUPPRESSION_DATABASE_URL": database_url,
                "SUPPRESSION_WEBHOOK_LISTEN": "127.0.0.1:0",
            }
            process = processes.start("webhook", WEBHOOK, given | environment | more)
            listen = process.line(r"started.*listen=(\S+)")[1]
            client = httpx.Client(
                base_url=f"{scheme}://{listen}", timeout=60, verify=False, trust_env=False
            )
            return Webhook(process, opened.enter_context(client), store)

        yield start


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


@pytest.fixture
def tls(tmp_path: Path) -> dict[str, str]:
    """Settings of a certificate for 127.0.0.1, signed by itself."""
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
    chain, secret = tmp_path / "chain.pem", tmp_path / "key.pem"
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
