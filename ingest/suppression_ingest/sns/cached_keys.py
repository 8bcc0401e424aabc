"""Keys for an event loop, which never waits for a certificate.

Strangers can post messages that name certificates nobody has. Each such name costs a fetch.
So fetches wait in a queue, and a name that failed is not fetched again for some seconds; a
message whose key is cached waits for none of them.
"""

import asyncio
import dataclasses
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from suppression_ingest.errors import Unverifiable
from suppression_ingest.sns.certificates import Fetch, SigningKeys

#: Certificates that are fetched at a time. SNS has one or two per region: more names come
#: from strangers.
MAX_FETCHES: Final = 32
#: Messages that wait for a fetch at a time, at most: half of the connections of a webhook,
#: so that the other half is left for messages whose keys are cached.
MAX_WAITING: Final = 500
#: Seconds for which a name that failed is not fetched again. SNS repeats a post after 20.
FAILED_SECONDS: Final = 5.0
#: Names that failed, at most, that are remembered.
MAX_FAILED: Final = 10_000


class KeyNotCached(Unverifiable):
    """The key must be fetched first. Its ``url`` has passed all checks that precede a fetch."""

    def __init__(self, url: str) -> None:
        super().__init__("the certificate must be fetched first")
        self.url = url


@dataclasses.dataclass(slots=True)
class _Fetch:
    done: asyncio.Future[RSAPublicKey]
    waiting: int = 0


class CachedKeys(SigningKeys):
    """Keys for an event loop: :meth:`get` never waits, and :meth:`fetch` is a coroutine.

    Args:
        fetch: takes a certificate's URL, returns its PEM. It runs in threads.
        known: returns certificates from before a restart, by URL.
        clock: a monotonic clock, in seconds; replaced in tests.
    """

    def __init__(
        self,
        fetch: Fetch,
        known: Callable[[], Mapping[str, bytes]] = dict,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(fetch)
        self._known = known
        self._clock = clock
        self._fetches: dict[str, _Fetch] = {}
        self._waiting = 0
        # When the names may be tried again, in the order of their failures.
        self._failed: OrderedDict[str, float] = OrderedDict()
        # A pool of its own, so that other work does not wait for slow hosts.
        self._threads = ThreadPoolExecutor(MAX_FETCHES, thread_name_prefix="certificates")

    def load(self) -> None:
        """Cache the keys of the known certificates. It blocks."""
        for url, pem in self._known().items():
            self.add(url, pem)

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

        A fetch for which nobody waits any more before it begins is given up.

        Raises:
            Unverifiable: it cannot be fetched now.
        """
        self._require_turn(url)
        fetch = self._fetches.get(url) or self._begun(url)
        self._waiting += 1
        fetch.waiting += 1
        try:
            # The shield: one who stops waiting does not end the fetch of others.
            await asyncio.shield(fetch.done)
        except Unverifiable:
            self._note_failure(url)
            raise
        finally:
            self._waiting -= 1
            fetch.waiting -= 1
            if not fetch.waiting:
                del self._fetches[url]
                fetch.done.cancel()

    def _require_turn(self, url: str) -> None:
        if self._failed.get(url, 0.0) > self._clock():
            raise Unverifiable("certificate not fetched a moment ago")
        if self._waiting >= MAX_WAITING:
            raise Unverifiable("too many messages wait for certificates")

    def _begun(self, url: str) -> _Fetch:
        loop = asyncio.get_running_loop()
        fetch = _Fetch(loop.run_in_executor(self._threads, super().get, url))
        fetch.done.add_done_callback(_retrieve)
        self._fetches[url] = fetch
        return fetch

    def _note_failure(self, url: str) -> None:
        self._failed[url] = self._clock() + FAILED_SECONDS
        self._failed.move_to_end(url)
        if len(self._failed) > MAX_FAILED:
            self._failed.popitem(last=False)


def _retrieve(done: asyncio.Future[RSAPublicKey]) -> None:
    """Take the error of a fetch, which asyncio would log if nobody waits any more."""
    if not done.cancelled():
        done.exception()
