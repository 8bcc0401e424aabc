"""The expiry of the TLS certificate."""

from collections.abc import Callable, Iterator

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector


class CertificateMetrics(Collector):
    """The expiry of a certificate; no sample without one.

    Args:
        chain: returns the certificate chain, PEM, the certificate first; may raise
            OSError. None without TLS.
    """

    def __init__(self, chain: Callable[[], bytes] | None) -> None:
        self._chain = chain

    def collect(self) -> Iterator[Metric]:
        """Yield the family, without a sample while the chain cannot be read."""
        family = GaugeMetricFamily(
            "suppression_tls_certificate_expiry_timestamp_seconds",
            "When the TLS certificate ends, in seconds since 1970; missing without TLS.",
        )
        if self._chain and (end := _end_of(self._chain)) is not None:
            family.add_metric((), end)
        yield family


def _end_of(chain: Callable[[], bytes]) -> float | None:
    # Imported here, because it would slow the start of every command.
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(chain()).not_valid_after_utc.timestamp()
    except (OSError, ValueError):
        return None
