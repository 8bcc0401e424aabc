from collections.abc import AsyncIterator

import pytest
from pydantic import ValidationError

from suppression_service.testserver import lists as module
from suppression_service.testserver.control import Control, NoSuchRequest
from suppression_service.testserver.lists import Lists


class Door:
    """Notes what is done to it."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def shut(self) -> None:
        self.done.append("shut")

    async def open(self) -> None:
        self.done.append("open")


@pytest.fixture
async def lists() -> AsyncIterator[Lists]:
    async with Lists().open() as opened:
        yield opened


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def control(lists: Lists, door: Door) -> Control:
    return Control(lists, door)  # type: ignore[arg-type]


async def test_a_token_has_the_same_list_again_and_another_token_another(lists: Lists) -> None:
    mine = await lists.of("mine")
    assert await lists.of("mine") is mine
    assert await lists.of("other") is not mine


async def test_of_many_lists_the_longest_unused_is_forgotten(
    lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_LISTS", 2)
    first, second = await lists.of("first"), await lists.of("second")
    await lists.of("first")
    await lists.of("third")
    assert await lists.of("first") is first
    assert await lists.of("second") is not second


async def test_a_fault_is_told_to_the_list_of_its_token_alone(
    control: Control, lists: Lists
) -> None:
    await control.answer("/faults", "mine", {"method": "CheckAddress", "delay_ms": 0})
    mine, other = await lists.of("mine"), await lists.of("other")
    assert mine.faults._take("CheckAddress") is not None
    assert other.faults._take("CheckAddress") is None


async def test_nothing_was_seen_of_a_list_that_nobody_has_used(control: Control) -> None:
    assert (await control.answer("/seen", "mine", {}))["calls"] == []


@pytest.mark.parametrize(
    ("request_", "done"),
    [("/stop", ["shut"]), ("/start", ["open"]), ("/restart", ["shut", "open"])],
)
async def test_the_door_is_opened_and_shut_as_asked(
    control: Control, door: Door, request_: str, done: list[str]
) -> None:
    assert await control.answer(request_, "", {}) == {}
    assert door.done == done


@pytest.mark.parametrize("request_", ["/stop", "/start", "/restart", "/seen", "/faults"])
async def test_what_a_request_does_not_have_is_refused(control: Control, request_: str) -> None:
    with pytest.raises(ValidationError):
        await control.answer(request_, "", {"surprise": 1})


async def test_a_request_that_there_is_not_is_refused_with_those_that_there_are(
    control: Control,
) -> None:
    with pytest.raises(NoSuchRequest, match="/faults"):
        await control.answer("/surprise", "", {})
