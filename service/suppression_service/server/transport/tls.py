"""The server's certificate, read again when its file changes."""

from pathlib import Path

import grpc
import structlog

from suppression_service.server.settings import ServiceSettings

_log = structlog.get_logger()


def server_credentials(settings: ServiceSettings) -> grpc.ServerCredentials | None:
    """Return credentials that follow the files; None where the settings name none.

    Every handshake looks at the files, so a renewed certificate needs no restart and
    open connections are left alone.

    Raises:
        OSError: a file cannot be read.
    """
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    files = _Files(settings.tls_certificate, settings.tls_key, settings.tls_client_ca)
    return grpc.dynamic_ssl_server_credentials(
        files.configuration(),
        # None means no change; the type stubs do not know that.
        files.configuration_if_changed,  # type: ignore[arg-type]
        require_client_authentication=settings.tls_client_ca is not None,
    )


class _Files:
    def __init__(self, certificate: Path, key: Path, client_ca: Path | None) -> None:
        self._certificate = certificate
        self._key = key
        self._client_ca = client_ca
        self._seen = self._contents()

    def configuration(self) -> grpc.ServerCertificateConfiguration:
        certificate, key, client_ca = self._seen
        return grpc.ssl_server_certificate_configuration([(key, certificate)], client_ca)

    def configuration_if_changed(self) -> grpc.ServerCertificateConfiguration | None:
        """Return the new files; None where they are as before, or half written."""
        try:
            contents = self._contents()
        except OSError as error:
            _log.error("TLS files unreadable; keeping the certificate", error=error.strerror)
            return None
        if contents == self._seen:
            return None
        self._seen = contents
        _log.info("TLS certificate read again")
        return self.configuration()

    def _contents(self) -> tuple[bytes, bytes, bytes | None]:
        client_ca = self._client_ca.read_bytes() if self._client_ca else None
        return self._certificate.read_bytes(), self._key.read_bytes(), client_ca
