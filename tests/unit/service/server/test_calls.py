import asyncio
from typing import Any

import pytest

from suppression.v1 import suppression_service_pb2 as rpc
from suppression_service.server.calls import CallServicer
from suppression_service.server.errors import ListUnavailable


class Aborted(Exception):
    """What a gRPC context raises after it has told a status."""


class Context:
    """A gRPC context whose caller may have a deadline."""

    def __init__(self, remaining: float | None = None) -> None:
        self.remaining = remaining

    def time_remaining(self) -> float | None:
        return self.remaining

    def invocation_metadata(self) -> tuple[()]:
        return ()

    async def abort_with_status(self, _status: object) -> None:
        raise Aborted


def guarded(answer: Any) -> Any:
    """A servicer that gives the same answer, or raises the same error, to each call."""

    class Servicer:
        def __getattr__(self, _name: str) -> Any:
            async def call(_request: object, _context: object) -> Any:
                if isinstance(answer, BaseException):
                    raise answer
                return answer

            return call

    return CallServicer(Servicer())


def counted(servicer: Any) -> dict[str, int]:
    handled = servicer.counts["CheckAddress"].handled
    return {code: count for code, count in handled.items() if count}


async def test_a_call_that_goes_well_is_counted() -> None:
    servicer = guarded(rpc.CheckAddressResponse())
    await servicer.CheckAddress(rpc.CheckAddressRequest(), Context())
    assert servicer.counts["CheckAddress"].started == 1
    assert counted(servicer) == {"OK": 1}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ListUnavailable("LIST_NOT_LOADED", "the list is being loaded"), "Unavailable"),
        (RuntimeError("a defect"), "Internal"),
    ],
)
async def test_a_call_that_fails_is_counted_by_its_status(error: Exception, code: str) -> None:
    servicer = guarded(error)
    with pytest.raises(Aborted):
        await servicer.CheckAddress(rpc.CheckAddressRequest(), Context())
    assert counted(servicer) == {code: 1}


@pytest.mark.parametrize(
    ("remaining", "code"), [(None, "Canceled"), (9.0, "Canceled"), (0.0, "DeadlineExceeded")]
)
async def test_a_call_that_its_caller_left_is_counted_by_the_time_it_had(
    remaining: float | None, code: str
) -> None:
    servicer = guarded(asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        await servicer.CheckAddress(rpc.CheckAddressRequest(), Context(remaining))
    assert counted(servicer) == {code: 1}
