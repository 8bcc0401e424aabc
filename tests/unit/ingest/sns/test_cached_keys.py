import asyncio
import threading

import pytest

from suppression_ingest.errors import Unverifiable
from suppression_ingest.sns.certificates import MAX_FETCHES, CachedKeys, KeyNotCached

URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-{}.pem"


class SlowHost:
    """Gives its certificate when it is told to."""

    def __init__(self, certificate: bytes) -> None:
        self.certificate = certificate
        self.asked: list[str] = []
        self.reached = threading.Event()
        self.answers = threading.Event()

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        self.reached.set()
        assert self.answers.wait(60)
        return self.certificate


def test_a_key_that_was_not_fetched_is_wanted(certificate: bytes) -> None:
    with pytest.raises(KeyNotCached) as wanted:
        CachedKeys(lambda _url: certificate).get(URL)
    assert wanted.value.url == URL


async def test_a_key_that_was_fetched_is_at_hand(certificate: bytes) -> None:
    keys = CachedKeys(lambda _url: certificate)
    await keys.fetch(URL)
    assert keys.get(URL)


async def test_those_who_want_the_same_key_share_its_fetch(certificate: bytes) -> None:
    host = SlowHost(certificate)
    keys = CachedKeys(host)
    host.answers.set()
    await asyncio.gather(*(keys.fetch(URL) for _ in range(20)))
    assert host.asked == [URL]


async def test_a_failure_is_told_to_all_who_wait_and_not_remembered(certificate: bytes) -> None:
    # given a host that fails once
    answers: list[bytes | Exception] = [Unverifiable("down"), certificate]

    def fetch(_url: str) -> bytes:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    keys = CachedKeys(fetch)
    told = await asyncio.gather(*(keys.fetch(URL) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in told] == [Unverifiable] * 3
    # then the next fetch gets the key
    await keys.fetch(URL)
    assert keys.get(URL)


async def test_one_who_stops_waiting_does_not_end_the_fetch_of_others(certificate: bytes) -> None:
    # given two who wait for one fetch
    host = SlowHost(certificate)
    keys = CachedKeys(host)
    first, second = (asyncio.create_task(keys.fetch(URL)) for _ in range(2))
    assert await asyncio.to_thread(host.reached.wait, 60)
    # when one of them is gone
    first.cancel()
    host.answers.set()
    # then the other gets the key
    await second
    assert keys.get(URL)


async def test_only_so_many_certificates_are_fetched_at_once(certificate: bytes) -> None:
    # given as many fetches as may be, of a host that does not answer
    host = SlowHost(certificate)
    keys = CachedKeys(host)
    fetches = [asyncio.create_task(keys.fetch(URL.format(n))) for n in range(MAX_FETCHES)]
    assert await asyncio.to_thread(host.reached.wait, 60)
    # then another one is put off, and nobody waits for it
    with pytest.raises(Unverifiable, match="too many"):
        await keys.fetch(URL.format("more"))
    host.answers.set()
    await asyncio.gather(*fetches)
