"""The public keys that SNS signs with, and the certificates that hold them.

A certificate is fetched from the URL that a message names. Before that,
:mod:`suppression_ingest.sns.signature` has checked that the URL is one of SNS's own.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from suppression_ingest.errors import Unverifiable

#: Takes a certificate's URL, returns its PEM; raises :class:`Unverifiable`.
Fetch = Callable[[str], bytes]

#: Seconds to connect, and to wait for each chunk of the answer.
CHUNK_SECONDS: Final = 3
#: Seconds for the whole fetch.
TOTAL_SECONDS: Final = 6
#: The most bytes of a certificate. Those of SNS have about 2,000.
MAX_CERTIFICATE: Final = 65_536
#: Keys to cache. SNS uses one or two per region at a time, stand-ins one per message.
MAX_KEYS: Final = 100

_CHUNK: Final = 8_192
_OK: Final = 200


class CertificateFetcher:
    """Fetches certificates over HTTPS, without redirects and within limits of time and size.

    Args:
        endpoint: the URL of a stand-in of SNS, to connect to instead of the URL's host. The
            URL's host is still sent as the Host header. A URL of the stand-in's own is left
            as it is. Empty for none.
    """

    def __init__(self, endpoint: str = "") -> None:
        self._endpoint = endpoint.rstrip("/")
        self._session = requests.Session()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._session.close()

    def __call__(self, url: str) -> bytes:
        """Return the PEM at a URL.

        Raises:
            Unverifiable: it cannot be fetched within the limits.
        """
        try:
            return self._fetch(url)
        except requests.RequestException as error:
            # The error's text repeats the URL; its type is enough.
            raise Unverifiable(f"certificate not fetched: {type(error).__name__}") from None

    def _fetch(self, url: str) -> bytes:
        deadline = time.monotonic() + TOTAL_SECONDS
        headers: dict[str, str] = {}
        if self._endpoint and not url.startswith(f"{self._endpoint}/"):
            url, headers = self._at_endpoint(url)
        with self._session.get(
            url, headers=headers, timeout=CHUNK_SECONDS, allow_redirects=False, stream=True
        ) as response:
            if response.status_code != _OK:
                raise Unverifiable(f"certificate not fetched: HTTP {response.status_code}")
            return _read(response, deadline)

    def _at_endpoint(self, url: str) -> tuple[str, dict[str, str]]:
        """Return the URL of a certificate at a stand-in, and the headers to send.

        A stand-in serves many AWS services on one port. It selects one by the host or, like
        moto's server, by the scope of a signature. It does not check the signature.
        """
        parts = urlsplit(url)
        region = parts.netloc.split(".")[1]
        scope = f"AWS4-HMAC-SHA256 Credential=none/19700101/{region}/sns/aws4_request"
        return f"{self._endpoint}{parts.path}", {"Host": parts.netloc, "Authorization": scope}


def _read(response: requests.Response, deadline: float) -> bytes:
    content = b""
    for chunk in response.iter_content(_CHUNK):
        content += chunk
        if len(content) > MAX_CERTIFICATE:
            raise Unverifiable("certificate not fetched: too large")
        if time.monotonic() > deadline:
            raise Unverifiable("certificate not fetched: too slow")
    return content


class SigningKeys:
    """Public keys by certificate URL. Keys are cached, failures are not.

    A cached failure would turn an outage of a minute into lost bounces.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._keys: OrderedDict[str, RSAPublicKey] = OrderedDict()

    def get(self, url: str) -> RSAPublicKey:
        """Return the key of a certificate; fetch it unless it is cached.

        The dates of the certificate are not checked: a queue keeps messages for 14 days and
        a file for ever, and the certificate may have expired since.

        Raises:
            Unverifiable: the certificate cannot be fetched, or has no RSA key.
        """
        if url not in self._keys:
            self.add(url, self._fetch(url))
        self._keys.move_to_end(url)
        return self._keys[url]

    def add(self, url: str, pem: bytes) -> None:
        """Cache the key of a certificate.

        Raises:
            Unverifiable: it has no RSA key.
        """
        self._keys[url] = public_key(pem)
        if len(self._keys) > MAX_KEYS:
            self._keys.popitem(last=False)


def public_key(pem: bytes) -> RSAPublicKey:
    """Return the key of a certificate.

    Raises:
        Unverifiable: it is no certificate, or has no RSA key.
    """
    try:
        key = x509.load_pem_x509_certificate(pem).public_key()
    except Exception as error:  # noqa: BLE001 - the parser raises several kinds, none documented
        raise Unverifiable(f"not a certificate: {type(error).__name__}") from None
    if not isinstance(key, RSAPublicKey):
        raise Unverifiable("the certificate has no RSA key")
    return key
