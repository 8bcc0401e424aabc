import asyncio
from typing import Any

import pytest

from suppression.v1 import suppression_service_pb2 as rpc
from suppression_service.server.auth import Role
from suppression_service.server.caller import Caller
from suppression_service.server.calls import Calls, Gate
from suppression_service.server.errors import (
    ApiError,
    Code,
    InternalError,
    ListUnavailable,
    Overloaded,
    TooLong,
    TooManyOfPeer,
    UnreadableRequest,
)
from suppression_service.server.limits import RateLimit
from suppression_service.server.rpc import METHODS, SERVICE, Rpc
from suppression_service.server.services import RPCS
from suppression_service.server.settings import MAX_SMALL_REQUEST
from tests.support.callers import FakeCaller


def calls_answered(answer: Any, gate: Gate | None = None) -> Calls:
    """Calls that are given the same answer each, or the same error."""

    async def call(_service: object, _request: object, _caller: Caller) -> Any:
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return Calls({SERVICE.full_name: None}, [Rpc("CheckAddress", Role.CHECK, call)], gate)


async def answered(calls: Calls, request: bytes = b"", caller: Caller | None = None) -> bytes:
    [check] = calls.rpcs
    return await calls.answer(check, caller or FakeCaller(), request)


def counted(calls: Calls) -> dict[str, int]:
    handled = zip(Code, calls.counts["CheckAddress"].handled, strict=True)
    return {code.name: count for code, count in handled if count}


def test_every_rpc_of_the_contract_is_registered_once() -> None:
    assert sorted(METHODS) == sorted(each.name for each in RPCS)


async def test_a_call_that_goes_well_is_counted() -> None:
    calls = calls_answered(rpc.CheckAddressResponse())
    await answered(calls)
    assert calls.counts["CheckAddress"].started == 1
    assert counted(calls) == {"OK": 1}


@pytest.mark.parametrize(
    ("error", "told", "code"),
    [
        (ListUnavailable("LIST_NOT_LOADED", "…"), ListUnavailable, "UNAVAILABLE"),
        (RuntimeError("a defect"), InternalError, "INTERNAL"),
    ],
)
async def test_a_call_that_fails_is_counted_by_its_status(
    error: Exception, told: type[ApiError], code: str
) -> None:
    calls = calls_answered(error)
    with pytest.raises(told):
        await answered(calls)
    assert counted(calls) == {code: 1}


@pytest.mark.parametrize(
    ("remaining", "code"), [(None, "CANCELLED"), (9.0, "CANCELLED"), (0.0, "DEADLINE_EXCEEDED")]
)
async def test_a_call_that_its_caller_left_is_counted_by_the_time_it_had(
    remaining: float | None, code: str
) -> None:
    calls = calls_answered(asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        await answered(calls, caller=FakeCaller(remaining))
    assert counted(calls) == {code: 1}


async def test_a_request_that_is_too_long_is_not_decoded() -> None:
    with pytest.raises(TooLong):
        await answered(calls_answered(None), b"\xff" * (MAX_SMALL_REQUEST + 1))


async def test_a_request_that_is_no_message_is_refused() -> None:
    with pytest.raises(UnreadableRequest):
        await answered(calls_answered(None), b"\xff\x07")


async def test_an_address_that_calls_too_often_is_told_when_to_try_again() -> None:
    gate = Gate(peer_limit=RateLimit(1, TooManyOfPeer, now=lambda: 0))
    calls = calls_answered(rpc.CheckAddressResponse(), gate)
    await answered(calls)
    with pytest.raises(Overloaded) as refused:
        await answered(calls)
    assert refused.value.retry_seconds == 1.0
