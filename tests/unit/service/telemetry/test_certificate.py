import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from suppression_service.telemetry.certificate import CertificateMetrics

SPRING = dt.datetime(2031, 3, 1, tzinfo=dt.UTC)
SUMMER = dt.datetime(2031, 6, 1, tzinfo=dt.UTC)


def certificate(end: dt.datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(end - dt.timedelta(days=90))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def told(metrics: CertificateMetrics) -> list[float]:
    [family] = metrics.collect()
    return [sample.value for sample in family.samples]


def test_the_end_is_that_of_the_certificate_that_callers_are_shown() -> None:
    shown = iter([certificate(SPRING), certificate(SUMMER)])
    metrics = CertificateMetrics(lambda: next(shown))
    assert [told(metrics), told(metrics)] == [[SPRING.timestamp()], [SUMMER.timestamp()]]


def test_without_a_certificate_no_end_is_told() -> None:
    assert told(CertificateMetrics(None)) == []


@pytest.mark.parametrize("text", ["half a certif", None])
def test_a_file_that_cannot_be_read_has_no_end(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "server.pem"
    if text:
        file.write_text(text)
    assert told(CertificateMetrics(file.read_bytes)) == []
