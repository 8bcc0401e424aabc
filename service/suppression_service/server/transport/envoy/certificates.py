"""The server's certificate, in the files that Envoy reads again when they are replaced.

Envoy's own watch sees only files that are moved into their place, and takes a certificate and
a key that do not belong together. So the files of the settings are read and checked here, and
Envoy is given a file of its own (its "secret discovery service", from a file).
"""

import asyncio
import base64
import json
import os
import ssl
from pathlib import Path
from typing import Any, Final

import structlog

from suppression_service.server.settings import ServiceSettings

#: The names of the secrets, which are also the names of their files.
CERTIFICATE: Final = "certificate"
CLIENT_CA: Final = "client_ca"

_SECRET: Final = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"  # noqa: S105

_log = structlog.get_logger()


class CertificateFiles:
    """Gives Envoy the certificate that the settings name.

    Args:
        settings: of the server, with TLS.
        folder: that of the process, for the files that Envoy reads.
    """

    def __init__(self, settings: ServiceSettings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._written = self._contents()

    def write(self) -> None:
        """Write the files for Envoy.

        Raises:
            OSError: a file of the settings cannot be read.
        """
        certificate, key, *client_ca = self._written = self._contents()
        self._write(
            CERTIFICATE,
            {
                "tls_certificate": {
                    "certificate_chain": _inline(certificate),
                    "private_key": _inline(key),
                }
            },
        )
        for trusted in client_ca:
            self._write(CLIENT_CA, {"validation_context": {"trusted_ca": _inline(trusted)}})

    def write_for_start(self) -> None:
        """Write the files for an Envoy that is about to start.

        Those of the process that it replaces stay if these cannot be written.

        Raises:
            OSError: they cannot be written, and there are none.
        """
        try:
            self.write()
        except OSError as error:
            if not (self._folder / f"{CERTIFICATE}.json").exists():
                raise
            _log.error("TLS files not written; keeping the certificate", error=error.strerror)

    async def refreshing(self) -> None:
        """Write the files again if those of the settings have changed and can be used."""
        await asyncio.to_thread(self._refresh)

    def _refresh(self) -> None:
        try:
            if self._contents() == self._written:
                return
            # A file may be half written, or the key not be the certificate's any more.
            _require_usable(self._settings)
            self.write()
        except OSError as error:
            _log.error("TLS files unusable; keeping the certificate", error=error.strerror)
        else:
            _log.info("TLS certificate read again")

    def _contents(self) -> list[bytes]:
        settings = self._settings
        paths = settings.tls_certificate, settings.tls_key, settings.tls_client_ca
        return [path.read_bytes() for path in paths if path is not None]

    def _write(self, name: str, secret: dict[str, Any]) -> None:
        resource = {"@type": _SECRET, "name": name, **secret}
        unfinished = self._folder / f"{name}.new"
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({"resources": [resource]}, file)
        # Envoy sees files that are moved into place.
        unfinished.replace(self._folder / f"{name}.json")


def _require_usable(settings: ServiceSettings) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if settings.tls_certificate:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key, password="")
    if settings.tls_client_ca:
        context.load_verify_locations(settings.tls_client_ca)


def _inline(contents: bytes) -> dict[str, str]:
    return {"inline_bytes": base64.b64encode(contents).decode()}
