"""Keys for many posts at once.

A post whose key is at hand never waits for one whose key is not: checking a
signature and fetching a certificate are two steps here.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from suppression_ingest.errors import Unverifiable
from suppression_ingest.sns.certificates import Fetch, SigningKeys

#: Certificates that are fetched at the same time. SNS has one or two a region: more
#: of them are somebody's inventions.
MAX_FETCHES: Final = 8


class KeyWanted(Unverifiable):
    """The key has to be fetched first; ``url`` has passed every check before that."""

    def __init__(self, url: str) -> None:
        super().__init__("the certificate is not at hand")
        self.url = url


class KeyRing(SigningKeys):
    """Keys that are at hand, and a way to get others; used from one event loop.

    :meth:`get` may be called from any thread.
    """

    def __init__(self, fetch: Fetch) -> None:
        super().__init__(fetch)
        self._under_way: dict[str, asyncio.Future[RSAPublicKey]] = {}
        # Their own: whatever else is done in threads does not wait for slow hosts.
        self._threads = ThreadPoolExecutor(MAX_FETCHES, thread_name_prefix="certificates")

    def get(self, url: str) -> RSAPublicKey:
        """Return the key of a certificate that has been fetched.

        Raises:
            KeyWanted: it has not.
        """
        if key := self._keys.get(url):
            return key
        raise KeyWanted(url)

    async def fetch(self, url: str) -> None:
        """Fetch the key of a certificate; all who ask for one meanwhile share the fetch.

        Raises:
            Unverifiable: it cannot be had now.
        """
        if url not in self._under_way:
            if len(self._under_way) >= MAX_FETCHES:
                raise Unverifiable("too many certificates are being fetched")
            loop = asyncio.get_running_loop()
            fetch = loop.run_in_executor(self._threads, super().get, url)
            self._under_way[url] = fetch
            fetch.add_done_callback(lambda done: self._done(url, done))
        await asyncio.shield(self._under_way[url])

    def _done(self, url: str, fetch: asyncio.Future[RSAPublicKey]) -> None:
        del self._under_way[url]
        if not fetch.cancelled():
            fetch.exception()  # whoever waits has been told; nobody may be waiting any more
