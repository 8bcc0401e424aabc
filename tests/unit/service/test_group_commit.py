import asyncio
import threading

import pytest

from suppression_service.aio import GroupCommit

MAX_TOGETHER = 10


class Commit:
    """Remembers the batches that it is given, and holds the first until it is told."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.begun = threading.Event()
        self.goes_on = threading.Event()
        self.failure: Exception | None = None

    def __call__(self, items: list[str]) -> list[str | Exception]:
        self.batches.append(items)
        self.begun.set()
        assert self.goes_on.wait(60)
        if self.failure:
            raise self.failure
        return [ValueError(item) if item == "bad" else f"{item}!" for item in items]


def group_of(commit: Commit, max_waiting: int = 0) -> GroupCommit[str, str]:
    return GroupCommit(
        commit, "test", max_together=MAX_TOGETHER, max_waiting=max_waiting, stop_seconds=10
    )


async def begun(commit: Commit) -> None:
    assert await asyncio.to_thread(commit.begun.wait, 60)


async def test_what_arrives_while_one_commits_is_committed_together() -> None:
    # given one item that is being committed
    commit = Commit()
    group = group_of(commit)
    async with group.running():
        first = asyncio.create_task(group.commit("first"))
        await begun(commit)
        # when three more arrive
        others = [asyncio.create_task(group.commit(name)) for name in "abc"]
        await asyncio.sleep(0)
        commit.goes_on.set()
        await asyncio.gather(first, *others)
    # then they share a transaction
    assert commit.batches == [["first"], ["a", "b", "c"]]


async def test_each_caller_gets_its_own_answer() -> None:
    commit = Commit()
    commit.goes_on.set()
    group = group_of(commit)
    async with group.running():
        answers = await asyncio.gather(*(group.commit(str(n)) for n in range(50)))
    assert answers == [f"{n}!" for n in range(50)]


async def test_no_batch_is_larger_than_may_be() -> None:
    commit = Commit()
    commit.goes_on.set()
    group = group_of(commit)
    async with group.running():
        await asyncio.gather(*(group.commit("x") for _ in range(MAX_TOGETHER * 2 + 1)))
    assert max(map(len, commit.batches)) <= MAX_TOGETHER


async def test_a_commit_that_fails_fails_each_item_and_the_next_is_tried() -> None:
    # given commits that fail
    commit = Commit()
    commit.goes_on.set()
    commit.failure = OSError("gone")
    group = group_of(commit)
    async with group.running():
        with pytest.raises(OSError, match="gone"):
            await group.commit("a")
        # when they do not any more
        commit.failure = None
        # then the next one is taken
        assert await group.commit("b") == "b!"


async def test_what_nobody_waits_for_any_more_is_not_begun() -> None:
    # given an item that waits, and whose caller then gives up
    commit = Commit()
    group = group_of(commit)
    async with group.running():
        first = asyncio.create_task(group.commit("first"))
        await begun(commit)
        given_up = asyncio.create_task(group.commit("given up"))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.sleep(0)
        commit.goes_on.set()
        await first
    # then it was left to come again
    assert commit.batches == [["first"]]


async def test_what_waits_at_the_end_is_committed() -> None:
    commit = Commit()
    group = group_of(commit)
    async with group.running():
        waiting = [asyncio.create_task(group.commit(name)) for name in "ab"]
        await begun(commit)
        commit.goes_on.set()
    assert await asyncio.gather(*waiting) == ["a!", "b!"]


async def test_an_item_that_cannot_be_committed_fails_alone() -> None:
    commit = Commit()
    commit.goes_on.set()
    group = group_of(commit)
    async with group.running():
        good, bad = await asyncio.gather(
            group.commit("good"), group.commit("bad"), return_exceptions=True
        )
    assert good == "good!"
    assert isinstance(bad, ValueError)


async def test_an_item_beyond_the_limit_is_turned_away_at_once() -> None:
    # given a group that has as many items as it takes
    commit = Commit()
    commit.goes_on.set()
    group = group_of(commit, max_waiting=1)
    waiting = asyncio.create_task(group.commit("first"))
    await asyncio.sleep(0)
    # when one more comes, then it is turned away, and the one that waits is committed
    with pytest.raises(asyncio.QueueFull):
        await group.commit("second")
    async with group.running():
        assert await waiting == "first!"
