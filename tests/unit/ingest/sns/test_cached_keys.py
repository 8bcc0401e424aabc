import asyncio
import threading

import pytest

from suppression_ingest.errors import Unverifiable
from suppression_ingest.sns.cached_keys import (
    FAILED_SECONDS,
    MAX_FETCHES,
    MAX_WAITING,
    CachedKeys,
    KeyNotCached,
)

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


async def test_a_name_that_failed_is_fetched_again_after_some_seconds(certificate: bytes) -> None:
    # given a host that fails once
    answers: list[bytes | Exception] = [Unverifiable("down"), certificate]

    def fetch(_url: str) -> bytes:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    now = 100.0
    keys = CachedKeys(fetch, clock=lambda: now)
    # then all who wait are told, and those who come at once after them,
    told = await asyncio.gather(*(keys.fetch(URL) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in told] == [Unverifiable] * 3
    with pytest.raises(Unverifiable, match="a moment ago"):
        await keys.fetch(URL)
    # and later the key is fetched
    now += FAILED_SECONDS
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


async def test_a_fetch_waits_for_those_before_it(certificate: bytes) -> None:
    # given as many fetches as may be, of a host that does not answer
    host = SlowHost(certificate)
    keys = CachedKeys(host)
    fetches = [asyncio.create_task(keys.fetch(URL.format(n))) for n in range(MAX_FETCHES)]
    assert await asyncio.to_thread(host.reached.wait, 60)
    # when another one comes, then it is not refused
    more = asyncio.create_task(keys.fetch(URL.format("more")))
    await asyncio.sleep(0)
    host.answers.set()
    await asyncio.gather(*fetches, more)
    assert keys.get(URL.format("more"))


async def test_a_fetch_is_given_up_when_nobody_waits_for_it(certificate: bytes) -> None:
    # given fetches that wait behind others
    host = SlowHost(certificate)
    keys = CachedKeys(host)
    fetches = [asyncio.create_task(keys.fetch(URL.format(n))) for n in range(MAX_FETCHES)]
    queued = [asyncio.create_task(keys.fetch(URL.format(f"late{n}"))) for n in range(9)]
    await asyncio.sleep(0)
    # when those who wanted them are gone
    for one in queued:
        one.cancel()
    await asyncio.wait(queued)
    host.answers.set()
    await asyncio.gather(*fetches)
    # then they are not fetched
    await keys.fetch(URL.format("last"))
    assert [url for url in host.asked if "late" in url] == []


async def test_only_so_many_messages_wait_for_certificates(certificate: bytes) -> None:
    # given as many as may wait
    host = SlowHost(certificate)
    keys = CachedKeys(host)
    fetches = [asyncio.create_task(keys.fetch(URL.format(n % 99))) for n in range(MAX_WAITING)]
    await asyncio.sleep(0)
    # then another one is put off
    with pytest.raises(Unverifiable, match="too many"):
        await keys.fetch(URL.format("more"))
    host.answers.set()
    await asyncio.gather(*fetches)


def test_keys_from_before_a_restart_are_at_hand(certificate: bytes) -> None:
    keys = CachedKeys(lambda _url: b"", known=lambda: {URL: certificate})
    keys.load()
    assert keys.get(URL)
