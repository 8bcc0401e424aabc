"""The webhook's certificate, read again when its files change."""

import asyncio
import ssl
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

import structlog

from suppression_service.aio import in_background

#: Seconds between two looks at the files.
LOOK_SECONDS: Final = 2.0

_log = structlog.get_logger(__name__)


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return a context that shows a certificate.

    Raises:
        OSError: the files do not hold a certificate chain and its private key without
            a password, in PEM.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # Without one, OpenSSL would ask for it at the terminal.
    context.load_cert_chain(certificate, key, password="")
    return context


class TlsFiles:
    """Shows peers the newest certificate of its files that could be used.

    What is read gets a context of its own, which handshakes are given from then on. The
    one in use is not loaded anew: a key that does not fit would take the old one from it.

    Made in the parent, and sent to workers, each of which reads the files for itself.

    Args:
        certificate: PEM, the chain to show.
        key: PEM, its private key.
    """

    # Not before listening: a context cannot be sent.
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
        # Called in every handshake, whether the peer names a server or not.
        listening.sni_callback = self._show
        return listening

    def chain(self) -> bytes:
        """Return the certificate in use, PEM."""
        return self._chain

    def followed(self) -> AbstractAsyncContextManager[None]:
        """Look at the files now and then for the length of the block."""
        return in_background(self._follow, "certificate")

    def look(self) -> None:
        """Use what the files hold if that is new, and can be used; blocks.

        What cannot be, such as a certificate whose key is not written yet, is logged
        once, and what is in use stays.
        """
        if self._contents() == self._seen:
            return
        try:
            self._read()
        except OSError as error:
            _log.error("TLS files unusable; keeping the certificate", error=error.strerror)
        else:
            _log.info("TLS certificate read again")

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await asyncio.to_thread(self.look)

    def _read(self) -> None:
        # Before the rest: what changes in between is then new to the next look.
        self._seen = self._contents()
        self._context = server_context(self._certificate, self._key)
        self._chain = self._seen[0]

    def _contents(self) -> tuple[bytes, bytes]:
        try:
            return self._certificate.read_bytes(), self._key.read_bytes()
        except OSError:
            return b"", b""  # which are as little of use

    def _show(self, handshake: ssl.SSLObject, _name: str | None, _first: ssl.SSLContext) -> None:
        handshake.context = self._context
