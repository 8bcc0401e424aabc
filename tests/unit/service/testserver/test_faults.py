import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from pydantic import ValidationError

from suppression.v1 import suppression_service_pb2 as rpc
from suppression_service.server.errors import Code
from suppression_service.testserver.faults import Fault, Faults, OrderedError

ORDINARY = rpc.CheckAddressResponse(verdict=1)  # type: ignore[arg-type]


@pytest.fixture
def asked() -> list[str]:
    """What happened, in order."""
    return []


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def meet(
    faults: Faults, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Awaitable[Message]]:
    """Make a call; no sleep takes any time, and each is noted."""

    async def sleep(seconds: float) -> None:
        asked.append(f"slept {seconds}")

    async def answer() -> Message:
        asked.append("answered")
        return ORDINARY

    async def call(method: str = "CheckAddress") -> Message:
        return await faults.meet(method, answer, lambda: asked.append("cut"))

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return call


Meet = Callable[..., Awaitable[Any]]


def fault(**told: Any) -> Fault:
    return Fault.model_validate({"method": "CheckAddress", **told})


async def test_without_a_fault_a_call_is_answered_as_always(meet: Meet, asked: list[str]) -> None:
    assert await meet() == ORDINARY
    assert asked == ["answered"]


async def test_a_fault_is_met_as_often_as_it_was_told_and_then_no_more(
    faults: Faults, meet: Meet
) -> None:
    faults.add(fault(answer={"verdict": 77}, times=2))
    assert [(await meet()).verdict for _ in range(3)] == [77, 77, 1]


async def test_faults_are_met_in_the_order_in_which_they_were_told(
    faults: Faults, meet: Meet
) -> None:
    for verdict in (77, 78):
        faults.add(fault(answer={"verdict": verdict}))
    assert [(await meet()).verdict for _ in range(3)] == [77, 78, 1]


async def test_a_fault_is_of_one_method(faults: Faults, meet: Meet) -> None:
    faults.add(fault(method="GetAddress", answer={}))
    assert await meet("CheckAddress") == ORDINARY


async def test_what_was_told_is_not_used_up_where_it_came_from(faults: Faults, meet: Meet) -> None:
    told = fault(answer={"verdict": 77})
    faults.add(told)
    await meet()
    assert told.times == 1


async def test_a_status_is_told_instead_of_an_answer(
    faults: Faults, meet: Meet, asked: list[str]
) -> None:
    faults.add(fault(status={"code": "UNAVAILABLE", "reason": "AWAY"}))
    with pytest.raises(OrderedError) as failure:
        await meet()
    assert (failure.value.code, asked) == (Code.UNAVAILABLE, [])


async def test_a_status_after_the_fact_is_told_once_the_call_is_done(
    faults: Faults, meet: Meet, asked: list[str]
) -> None:
    faults.add(fault(status={"code": "UNAVAILABLE"}, after=True))
    with pytest.raises(OrderedError):
        await meet()
    assert asked == ["answered"]


async def test_a_delay_comes_before_the_answer(
    faults: Faults, meet: Meet, asked: list[str]
) -> None:
    faults.add(fault(delay_ms=250))
    await meet()
    assert asked == ["slept 0.25", "answered"]


@pytest.mark.parametrize(("after", "first"), [(False, "cut"), (True, "answered")])
async def test_a_connection_is_cut_before_or_after_the_fact(
    faults: Faults, meet: Meet, asked: list[str], after: bool, first: str
) -> None:
    faults.add(fault(cut=True, after=after))
    await meet()
    assert "cut" in asked
    assert asked[0] == first


def test_a_status_carries_its_reason_its_metadata_and_its_fields() -> None:
    told = fault(
        status={"code": "INVALID_ARGUMENT", "reason": "NO", "fields": ["a"], "metadata": {"k": "v"}}
    )
    assert told.status is not None
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    first, second = OrderedError(told.status).details()
    assert first.Unpack(info)
    assert second.Unpack(bad)
    assert (info.reason, dict(info.metadata)) == ("NO", {"k": "v"})
    assert [violation.field for violation in bad.field_violations] == ["a"]


def test_a_bare_status_carries_no_details() -> None:
    told = fault(status={"code": "INTERNAL"})
    assert told.status is not None
    assert OrderedError(told.status).details() == []


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"status": {"code": "INTERNAL"}, "cut": True},
        {"delay_ms": 1, "answer": {}},
        {"delay_ms": 1, "after": True},
        {"answer": {}, "after": True},
        {"answer": {"no_such_field": 1}},
        {"delay_ms": -1},
        {"delay_ms": 1, "times": 0},
        {"delay_ms": 1, "method": "NoSuchMethod"},
        {"delay_ms": 1, "surprise": True},
        {"status": {"code": "OK"}},
        {"status": {"code": "NO_SUCH_CODE"}},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        fault(**told)
