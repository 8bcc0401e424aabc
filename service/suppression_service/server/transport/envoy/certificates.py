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

    def write(self) -> None:
        """Write the files for Envoy.

        Raises:
            OSError: a file of the settings cannot be read.
        """
        self._write(self._secrets())

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
            secrets = self._secrets()
            if secrets == self._written():
                return
            # A file may be half written, or the key not be the certificate's any more.
            _require_usable(self._settings)
            if secrets == self._secrets():  # Otherwise others were checked than were read.
                self._write(secrets)
                _log.info("TLS certificate read again")
        except OSError as error:
            _log.error("TLS files unusable; keeping the certificate", error=error.strerror)

    def _secrets(self) -> dict[str, str]:
        """Return what Envoy is to be given now, by the name of the secret."""
        settings = self._settings
        secrets = {}
        if settings.tls_certificate and settings.tls_key:
            chain, key = _inline(settings.tls_certificate), _inline(settings.tls_key)
            certificate = {"certificate_chain": chain, "private_key": key}
            secrets[CERTIFICATE] = _secret(CERTIFICATE, {"tls_certificate": certificate})
        if settings.tls_client_ca:
            trusted = {"trusted_ca": _inline(settings.tls_client_ca)}
            secrets[CLIENT_CA] = _secret(CLIENT_CA, {"validation_context": trusted})
        return secrets

    def _written(self) -> dict[str, str]:
        """Return what Envoy has been given, maybe by the parent, before the process began."""
        names = (CERTIFICATE, CLIENT_CA)
        paths = {name: self._folder / f"{name}.json" for name in names}
        return {name: path.read_text() for name, path in paths.items() if path.exists()}

    def _write(self, secrets: dict[str, str]) -> None:
        for name, secret in secrets.items():
            unfinished = self._folder / f"{name}.new"
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secret)
            # Envoy sees files that are moved into place.
            unfinished.replace(self._folder / f"{name}.json")


def _secret(name: str, secret: dict[str, Any]) -> str:
    return json.dumps({"resources": [{"@type": _SECRET, "name": name, **secret}]})


def _require_usable(settings: ServiceSettings) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if settings.tls_certificate:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key, password="")
    if settings.tls_client_ca:
        context.load_verify_locations(settings.tls_client_ca)


def _inline(path: Path) -> dict[str, str]:
    return {"inline_bytes": base64.b64encode(path.read_bytes()).decode()}
