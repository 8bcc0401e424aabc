import asyncio
import threading
from collections.abc import Sequence

import pytest

from suppression_ingest.outcomes import Outcome
from suppression_ingest.pipeline import Decided
from suppression_ingest.sns.envelope import Envelope
from suppression_ingest.webhook.batches import MAX_TOGETHER, Batches
from suppression_service.store import StoreUnavailable


def decided(name: str) -> Decided:
    return Decided(Outcome(kind=name), Envelope(""))


class Processor:
    """Remembers the batches that it is given, and holds the first until it is told."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.begun = threading.Event()
        self.goes_on = threading.Event()
        self.failure: Exception | None = None

    def __call__(self, messages: Sequence[Decided]) -> list[Outcome]:
        self.batches.append([message.outcome.kind for message in messages])
        self.begun.set()
        assert self.goes_on.wait(60)
        if self.failure:
            raise self.failure
        return [message.outcome for message in messages]


async def begun(processor: Processor) -> None:
    assert await asyncio.to_thread(processor.begun.wait, 60)


async def test_what_arrives_while_one_commits_is_committed_together() -> None:
    # given one message that is being committed
    processor = Processor()
    batches = Batches(processor)
    async with batches.running():
        first = asyncio.create_task(batches.take_in(decided("first")))
        await begun(processor)
        # when three more arrive
        others = [asyncio.create_task(batches.take_in(decided(name))) for name in "abc"]
        await asyncio.sleep(0)
        processor.goes_on.set()
        await asyncio.gather(first, *others)
    # then they share a transaction
    assert processor.batches == [["first"], ["a", "b", "c"]]


async def test_each_is_told_what_became_of_it() -> None:
    processor = Processor()
    processor.goes_on.set()
    batches = Batches(processor)
    async with batches.running():
        outcomes = await asyncio.gather(*(batches.take_in(decided(str(n))) for n in range(50)))
    assert [outcome.kind for outcome in outcomes] == [str(n) for n in range(50)]


async def test_no_batch_is_larger_than_may_be() -> None:
    processor = Processor()
    processor.goes_on.set()
    batches = Batches(processor)
    async with batches.running():
        await asyncio.gather(*(batches.take_in(decided("x")) for _ in range(MAX_TOGETHER * 2 + 1)))
    assert max(map(len, processor.batches)) <= MAX_TOGETHER


async def test_a_database_that_is_away_is_told_to_each_and_asked_again_for_the_next() -> None:
    # given a database that is away
    processor = Processor()
    processor.goes_on.set()
    processor.failure = StoreUnavailable("gone")
    batches = Batches(processor)
    async with batches.running():
        with pytest.raises(StoreUnavailable):
            await batches.take_in(decided("a"))
        # when it is back
        processor.failure = None
        # then the next one is taken
        assert (await batches.take_in(decided("b"))).acknowledged


async def test_what_nobody_waits_for_any_more_is_not_begun() -> None:
    # given a message that waits, and whose sender then gives up
    processor = Processor()
    batches = Batches(processor)
    async with batches.running():
        first = asyncio.create_task(batches.take_in(decided("first")))
        await begun(processor)
        given_up = asyncio.create_task(batches.take_in(decided("given up")))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.sleep(0)
        processor.goes_on.set()
        await first
    # then it was left to come again
    assert processor.batches == [["first"]]


async def test_what_waits_at_the_end_is_committed() -> None:
    processor = Processor()
    batches = Batches(processor)
    async with batches.running():
        waiting = [asyncio.create_task(batches.take_in(decided(name))) for name in "ab"]
        await begun(processor)
        processor.goes_on.set()
    assert [outcome.kind for outcome in await asyncio.gather(*waiting)] == ["a", "b"]
