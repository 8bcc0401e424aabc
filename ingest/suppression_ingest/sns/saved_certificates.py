"""Certificates that are kept in the database, so that a restart finds them there.

Without them, a webhook that starts while strangers post invented names of certificates
would have to fetch those of SNS behind all of these.
"""

import structlog

from suppression_ingest.errors import Unverifiable
from suppression_ingest.sns.certificates import Fetch, public_key
from suppression_service.store import Store, StoreError

_log = structlog.get_logger(__name__)


class SavedCertificates:
    """Fetches certificates, and saves those that are good.

    Args:
        fetch: takes a certificate's URL, returns its PEM.
        store: where they are saved.
        endpoint: the URL of a stand-in of SNS that they are fetched from; empty for none.
            What comes from a stand-in is used only with the same stand-in.
    """

    def __init__(self, fetch: Fetch, store: Store, endpoint: str = "") -> None:
        self._fetch = fetch
        self._store = store
        self._endpoint = endpoint

    def __call__(self, url: str) -> bytes:
        """Return the PEM at a URL.

        Raises:
            Unverifiable: it cannot be fetched, or is no certificate with an RSA key.
        """
        pem = self._fetch(url)
        public_key(pem)
        try:
            name = f"{self._endpoint} {url}".strip()
            self._store.save_signing_certificate(name, pem.decode(errors="replace"))
        except StoreError as error:
            # The message is verified all the same; the next start fetches the certificate.
            _log.warning("certificate not saved", cause=str(error))
        return pem

    def known(self) -> dict[str, bytes]:
        """Return the certificates that were saved, by URL."""
        try:
            saved = self._store.signing_certificates()
        except StoreError as error:
            _log.warning("saved certificates not read", cause=str(error))
            return {}
        named = [(*name.rpartition(" "), pem.encode()) for name, pem in saved.items()]
        return {
            url: pem
            for endpoint, _, url, pem in named
            if endpoint == self._endpoint and _is_good(pem)
        }


def _is_good(pem: bytes) -> bool:
    try:
        public_key(pem)
    except Unverifiable:
        return False
    return True
