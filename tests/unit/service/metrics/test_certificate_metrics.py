import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from service.metrics.certificate import CertificateMetrics

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


@pytest.mark.parametrize(("reloaded", "end"), [(True, SUMMER), (False, SPRING)])
def test_the_end_is_that_of_the_certificate_that_callers_are_shown(
    tmp_path: Path, reloaded: bool, end: dt.datetime
) -> None:
    # Given a certificate that is renewed while the program runs
    file = tmp_path / "server.pem"
    file.write_bytes(certificate(SPRING))
    metrics = CertificateMetrics(file, reloaded=reloaded)
    assert told(metrics) == [SPRING.timestamp()]
    file.write_bytes(certificate(SUMMER))
    # Then its end is told where it is in use without a restart.
    assert told(metrics) == [end.timestamp()]


def test_without_a_certificate_no_end_is_told() -> None:
    assert told(CertificateMetrics(None, reloaded=True)) == []


def test_a_file_that_cannot_be_read_has_no_end(tmp_path: Path) -> None:
    file = tmp_path / "server.pem"
    file.write_text("half a certif")
    assert told(CertificateMetrics(file, reloaded=True)) == []
