"""The webhook's TLS certificate, reloaded when its files change."""

import asyncio
import ssl
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

import structlog

from suppression_service.aio import every

#: Seconds between two checks of the files.
CHECK_SECONDS: Final = 2.0

_log = structlog.get_logger(__name__)


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return a TLS context that presents a certificate.

    Raises:
        OSError: the files do not hold a certificate chain and its private key in PEM, or
            the key has a password.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Without this argument, OpenSSL would ask for a password at the terminal.
    context.load_cert_chain(certificate, key, password="")
    return context


class TlsFiles:
    """Presents the newest usable certificate of its files.

    Each reload makes a new context, which later handshakes use. Files are not loaded into the
    context in use: a key that does not fit would leave it without a certificate.

    The object is made in the parent and pickled to the processes. Each process reads the
    files itself.

    Args:
        certificate: PEM, the chain to present.
        key: PEM, its private key.
    """

    # Set when listening begins, because a context cannot be pickled.
    _context: ssl.SSLContext

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate = certificate
        self._key = key
        self._seen = (b"", b"")
        self._chain = b""

    def listening(self, *_of_uvicorn: object) -> ssl.SSLContext:
        """Return the context to listen with.

        Raises:
            OSError: the files cannot be used.
        """
        self._read()
        listening = self._context
        # Called in every handshake, even if the peer sends no server name.
        listening.sni_callback = self._show
        return listening

    def chain(self) -> bytes:
        """Return the certificate in use, PEM."""
        return self._chain

    def following(self) -> AbstractAsyncContextManager[None]:
        """Check the files regularly for the length of the block."""
        return every(CHECK_SECONDS, lambda: asyncio.to_thread(self.reload), "certificate")

    def reload(self) -> None:
        """Reload the certificate if its files have changed; blocks.

        If the files are unusable, for example while the new key is not written yet, this is
        logged once, and the certificate in use stays.
        """
        if self._contents() == self._seen:
            return
        try:
            self._read()
        except OSError as error:
            _log.error("TLS files unusable; keeping the certificate", error=error.strerror)
        else:
            _log.info("TLS certificate reloaded")

    def _read(self) -> None:
        # Read first, so that the next check sees a change in between.
        self._seen = self._contents()
        self._context = server_context(self._certificate, self._key)
        self._chain = self._seen[0]

    def _contents(self) -> tuple[bytes, bytes]:
        try:
            return self._certificate.read_bytes(), self._key.read_bytes()
        except OSError:
            return b"", b""  # unusable too

    def _show(self, handshake: ssl.SSLObject, _name: str | None, _first: ssl.SSLContext) -> None:
        handshake.context = self._context
