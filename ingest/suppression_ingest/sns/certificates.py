"""The public keys that SNS signs with, and the certificates that hold them.

A certificate is fetched from the URL that a message names. Before that,
:mod:`suppression_ingest.sns.signature` has checked that the URL is one of SNS's own.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
#: Certificates that :class:`CachedKeys` fetches at a time. SNS has one or two per region:
#: more URLs come from a stranger.
MAX_FETCHES: Final = 8

_CHUNK: Final = 8_192
_OK: Final = 200


class CertificateFetcher:
    """Fetches certificates over HTTPS, without redirects and within limits of time and size.

    Args:
        endpoint: the URL of a stand-in of SNS, to connect to instead of the URL's host. The
            URL's host is still sent as the Host header. Empty for none.
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
        url, headers = self._at_endpoint(url) if self._endpoint else (url, {})
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
            self._keys[url] = _public_key(self._fetch(url))
            if len(self._keys) > MAX_KEYS:
                self._keys.popitem(last=False)
        self._keys.move_to_end(url)
        return self._keys[url]


class KeyNotCached(Unverifiable):
    """The key must be fetched first. Its ``url`` has passed all checks that precede a fetch."""

    def __init__(self, url: str) -> None:
        super().__init__("the certificate must be fetched first")
        self.url = url


class CachedKeys(SigningKeys):
    """Keys for an event loop: :meth:`get` never waits, and :meth:`fetch` is a coroutine.

    A message whose key is cached never waits for the key of another message.
    """

    def __init__(self, fetch: Fetch) -> None:
        super().__init__(fetch)
        self._fetches: dict[str, asyncio.Future[RSAPublicKey]] = {}
        # A pool of its own, so that other work does not wait for slow hosts.
        self._threads = ThreadPoolExecutor(MAX_FETCHES, thread_name_prefix="certificates")

    def get(self, url: str) -> RSAPublicKey:
        """Return the key of a certificate that has been fetched.

        Raises:
            KeyNotCached: the key has not been fetched.
        """
        if key := self._keys.get(url):
            return key
        raise KeyNotCached(url)

    async def fetch(self, url: str) -> None:
        """Fetch the key of a certificate; concurrent calls for one URL share the fetch.

        Raises:
            Unverifiable: it cannot be fetched now.
        """
        if url not in self._fetches:
            if len(self._fetches) >= MAX_FETCHES:
                raise Unverifiable("too many certificates are being fetched")
            loop = asyncio.get_running_loop()
            fetch = loop.run_in_executor(self._threads, super().get, url)
            self._fetches[url] = fetch
            fetch.add_done_callback(lambda done: self._finished(url, done))
        await asyncio.shield(self._fetches[url])

    def _finished(self, url: str, fetch: asyncio.Future[RSAPublicKey]) -> None:
        del self._fetches[url]
        if not fetch.cancelled():
            fetch.exception()  # marks it as retrieved, in case nobody waits any more


def _public_key(pem: bytes) -> RSAPublicKey:
    try:
        key = x509.load_pem_x509_certificate(pem).public_key()
    except Exception as error:  # noqa: BLE001 - the parser raises several kinds, none documented
        raise Unverifiable(f"not a certificate: {type(error).__name__}") from None
    if not isinstance(key, RSAPublicKey):
        raise Unverifiable("the certificate has no RSA key")
    return key
