import asyncio

import pytest

from suppression_service.aio import in_background


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
