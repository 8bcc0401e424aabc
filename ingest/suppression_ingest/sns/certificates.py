"""The public keys that SNS signs with.

They are fetched from the address that a message names, after
:mod:`suppression_ingest.sns.signature` has made sure that it is one of SNS's own.
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

#: Seconds to connect, and to wait for each piece of the answer.
PIECE_SECONDS: Final = 3
#: Seconds for all of it.
TOTAL_SECONDS: Final = 6
#: Bytes; SNS's certificates have about 2,000.
MAX_CERTIFICATE: Final = 65_536
#: Keys to remember. SNS uses one or two a region at a time; stand-ins one a message.
MAX_KEYS: Final = 100

_CHUNK: Final = 8_192
_OK: Final = 200


class CertificateFetcher:
    """Fetches certificates over HTTPS: no redirect, no delay, nothing large.

    Args:
        endpoint: where to connect instead of the URL's own host, which is still
            named in the Host header; for stand-ins of SNS. Empty: none.
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
        """Return what is at a URL.

        Raises:
            Unverifiable: it did not come, not at once, or is not a certificate's size.
        """
        try:
            return self._fetch(url)
        except requests.RequestException as error:
            # Its text repeats the URL; the type says enough.
            raise Unverifiable(f"certificate not fetched: {type(error).__name__}") from None

    def _fetch(self, url: str) -> bytes:
        deadline = time.monotonic() + TOTAL_SECONDS
        where, headers = self._at_endpoint(url) if self._endpoint else (url, {})
        with self._session.get(
            where, headers=headers, timeout=PIECE_SECONDS, allow_redirects=False, stream=True
        ) as response:
            if response.status_code != _OK:
                raise Unverifiable(f"certificate not fetched: HTTP {response.status_code}")
            return _read(response, deadline)

    def _at_endpoint(self, url: str) -> tuple[str, dict[str, str]]:
        """Return where a stand-in has a certificate, and how to ask it.

        Stand-ins are many services on one port. They tell them apart by the
        host or, like moto's server, by the scope of a signature; the scope is
        all of the signature that they look at.
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
            raise Unverifiable("certificate not fetched: too long to be one")
        if time.monotonic() > deadline:
            raise Unverifiable("certificate not fetched: too slow")
    return content


class SigningKeys:
    """Public keys by certificate URL; good ones are remembered, failures never.

    A failure that was remembered would turn a minute's outage into lost bounces.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._keys: OrderedDict[str, RSAPublicKey] = OrderedDict()

    def get(self, url: str) -> RSAPublicKey:
        """Return the key of a certificate.

        Its dates are not looked at: a queue keeps messages for 14 days and a file
        for ever, and whether SNS still signs with it does not matter to them.

        Raises:
            Unverifiable: the certificate cannot be had, or is not one of an RSA key.
        """
        if url not in self._keys:
            self._keys[url] = _public_key(self._fetch(url))
            if len(self._keys) > MAX_KEYS:
                self._keys.popitem(last=False)
        self._keys.move_to_end(url)
        return self._keys[url]


def _public_key(pem: bytes) -> RSAPublicKey:
    try:
        key = x509.load_pem_x509_certificate(pem).public_key()
    except Exception as error:  # noqa: BLE001 - the parser raises several sorts, none documented
        raise Unverifiable(f"no certificate where one belongs: {type(error).__name__}") from None
    if not isinstance(key, RSAPublicKey):
        raise Unverifiable("the certificate is not one of an RSA key")
    return key
