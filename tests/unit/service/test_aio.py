import asyncio

import pytest

from suppression_service.aio import every, in_background


async def test_work_goes_on_beside_the_block_and_ends_with_it() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with in_background(work, "work"):
        await begun.wait()
        assert not ended.is_set()
    assert ended.is_set()


async def test_a_defect_of_the_work_comes_to_light_at_the_end() -> None:
    async def stumble() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with in_background(stumble, "stumble"):
            await asyncio.sleep(0)


async def test_what_is_done_at_intervals_goes_on_until_the_block_ends() -> None:
    twice = asyncio.Event()
    times = 0

    async def act() -> None:
        nonlocal times
        times += 1
        if times == 2:
            twice.set()

    async with every(0, act, "act"):
        await twice.wait()
    ended_after = times
    await asyncio.sleep(0)
    assert times == ended_after
