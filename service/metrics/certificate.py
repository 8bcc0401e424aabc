"""When the certificate that callers are shown ends."""

from collections.abc import Iterator
from pathlib import Path

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector


class CertificateMetrics(Collector):
    """Tells when a certificate ends; nothing where there is none.

    Args:
        file: PEM, the certificate first; None without TLS.
        reloaded: whether callers are shown a new one without a restart.
    """

    def __init__(self, file: Path | None, *, reloaded: bool) -> None:
        self._file = file
        self._at_start = None if reloaded else _end_of(file)

    def collect(self) -> Iterator[Metric]:
        """Yield the family, without a sample while the file cannot be read."""
        family = GaugeMetricFamily(
            "suppression_tls_certificate_expiry_timestamp_seconds",
            "When the TLS certificate ends, in seconds since 1970; missing without TLS.",
        )
        if (end := self._at_start or _end_of(self._file)) is not None:
            family.add_metric((), end)
        yield family


def _end_of(file: Path | None) -> float | None:
    if file is None:
        return None
    # Only here: every start of a command would pay for it.
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc.timestamp()
    except (OSError, ValueError):
        return None
