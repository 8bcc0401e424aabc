import asyncio
import threading

from suppression_ingest.webhook.app import Health
from suppression_service.store import StoreUnavailable


async def test_a_database_that_answers_is_good() -> None:
    assert await Health(lambda: 7).good()


async def test_a_database_that_is_away_is_not() -> None:
    def away() -> int:
        raise StoreUnavailable("gone")

    assert not await Health(away).good()


async def test_a_database_that_hangs_is_not_and_is_asked_once_however_many_want_to_know() -> None:
    # given a database that does not answer
    asked = []
    release = threading.Event()

    def hang() -> None:
        asked.append(1)
        release.wait(60)

    health = Health(hang, timeout=0.01)
    # when many ask
    answers = await asyncio.gather(*(health.good() for _ in range(5)))
    again = await health.good()
    release.set()
    # then all are told no, by one question
    assert (set(answers), again) == ({False}, False)
    assert len(asked) == 1
