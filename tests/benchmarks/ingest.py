"""Throughput of one ingest worker from queue to commit, with signature checks."""

import base64
import datetime as dt
import json
import os
import random
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from deploy.local import events
from suppression_service.store import Store
from tests.benchmarks.figures import Figure
from tests.benchmarks.queue_fake import QueueFake

TOPIC: Final = "arn:aws:sns:eu-west-1:123456789012:feedback"
_CERTIFICATE_URL: Final = (
    "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
)
_SIGNED: Final = ("Message", "MessageId", "Timestamp", "TopicArn", "Type")
#: Seconds after which a run fails.
_TIMEOUT: Final = 120


class Signer:
    """Makes envelopes as SNS does, in version 2."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def certificate(self) -> bytes:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.test")])
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(1)
            .not_valid_before(now)
            .not_valid_after(now + dt.timedelta(days=1))
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM)

    def envelope(self, event: dict[str, Any]) -> str:
        fields = {
            "Type": "Notification",
            "MessageId": str(uuid.uuid4()),
            "TopicArn": TOPIC,
            "Message": json.dumps(event),
            "Timestamp": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
            "SignatureVersion": "2",
            "SigningCertURL": _CERTIFICATE_URL,
        }
        text = "".join(f"{name}\n{fields[name]}\n" for name in _SIGNED)
        signature = self._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return json.dumps(fields | {"Signature": base64.b64encode(signature).decode()})


def mixed(count: int) -> Iterator[dict[str, Any]]:
    """Return events of a healthy sender: one message of a hundred bounces."""
    chance = random.Random(1)
    for number in range(count):
        address = f"reader{number}@mail{number % 50}.example.com"
        match chance.random():
            case x if x < 0.5:
                sent = events.other("Send", address)
                sent["mail"]["destination"] = [address]
                yield sent
            case x if x < 0.99:
                yield events.other("Delivery", address)
            case x if x < 0.995:
                yield events.bounce(address)
            case x if x < 0.999:
                yield events.bounce(
                    address, type_="Transient", sub_type="MailboxFull", status="4.2.2"
                )
            case _:
                yield events.complaint(address)


def bounces(count: int) -> Iterator[dict[str, Any]]:
    """Return bounces only, each of a different address: the worst case."""
    for number in range(count):
        yield events.bounce(f"gone{number}@mail{number % 50}.example.com")


def throughput(
    url: str, engine: str, directory: Path, *, count: int, rounds: int
) -> Iterator[Figure]:
    """Measure one worker, from the first receive to the last delete."""
    Store.open(url, migrate_first=True).close()
    signer = Signer()
    for what, make in (("sends, deliveries, 1 % bounces", mixed), ("bounces only", bounces)):
        runs = [
            _run(url, [signer.envelope(event) for event in make(count)], signer, directory)
            for _ in range(rounds)
        ]
        cpu = statistics.median(cpu for _, cpu in runs) / count * 1e3
        yield Figure(
            f"ingest on {engine}, {what}: queue → commit, one worker, signatures checked",
            [count / seconds for seconds, _ in runs],
            unit="/s",
            target=("≥", 1_000),
            note=f"{cpu:.2f} ms of the worker's CPU an event",
        )


def _run(url: str, bodies: list[str], signer: Signer, directory: Path) -> tuple[float, float]:
    """Return the duration and the CPU time of the worker, in seconds."""
    with QueueFake(bodies, signer.certificate()) as queue:
        environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": queue.url,
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "SUPPRESSION_DATABASE_URL": url,
            "SUPPRESSION_QUEUE_URL": f"{queue.url}/123456789012/feedback",
            "SUPPRESSION_TOPIC_ARNS": TOPIC,
            "SUPPRESSION_CERTIFICATE_ENDPOINT": queue.url,
        }
        command = [sys.executable, "-m", "suppression_ingest.cli", "worker"]
        with (directory / "worker.log").open("ab") as log:
            worker = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            try:
                process = psutil.Process(worker.pid)
                while not queue.begun and worker.poll() is None:
                    time.sleep(0.01)
                before = sum(process.cpu_times()[:2])
                seconds = queue.seconds(_TIMEOUT)
                return seconds, sum(process.cpu_times()[:2]) - before
            finally:
                worker.terminate()
                worker.wait(timeout=30)
