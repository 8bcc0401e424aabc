# ruff: noqa: N802 - methods are named by the contract
"""Stand-ins for the service: no test in this folder opens a socket."""

import asyncio
from collections.abc import Callable, Generator
from typing import Any

import pytest
from google.protobuf.message import Message

from suppression import AsyncSuppressionClient, Call, SuppressionClient
from suppression.v1 import list_service_pb2 as lists
from suppression.v1 import statistics_service_pb2 as statistics
from suppression.v1 import suppression_service_pb2 as pb

#: The outcomes of an import, if it is not "created".
OUTCOMES = {"known@example.com": 3, "removed@example.com": 4, "refused@example.com": 5}


class Played:
    """How an exchange went: the calls that it made, and its answer."""

    def __init__(self, calls: list[Call], answer: Any) -> None:
        self.calls = calls
        self.answer = answer


def _play(exchange: Generator[Call, Any, Any], *script: Message | Exception) -> Played:
    calls: list[Call] = []
    try:
        calls.append(next(exchange))
        for step in script:
            answered = exchange.throw if isinstance(step, Exception) else exchange.send
            call = answered(step)  # type: ignore[operator]
            calls.append(call)
    except StopIteration as end:
        return Played(calls, end.value)
    raise AssertionError(f"the exchange wants an answer to {calls[-1].method}")


@pytest.fixture
def play() -> Callable[..., Played]:
    return _play


class FakeService:
    """A transport that suppresses every address which begins with "bad"."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.failure: Exception | None = None
        self.closed = 0
        # What ListSuppressions returns, the length of its pages, and what changes meanwhile.
        self.entries: list[Any] = []
        self.page = 1_000
        self.changes: list[Any] = []
        self.history: dict[str, list[Any]] = {}

    def answer(self, call: Call) -> Message:
        self.calls.append(call)
        if self.failure:
            raise self.failure
        return getattr(self, call.method)(call.request)

    def CheckAddress(self, request: pb.CheckAddressRequest) -> Message:
        return pb.CheckAddressResponse(verdict=2 if request.address.startswith("bad") else 1)

    def BatchCheck(self, request: pb.BatchCheckRequest) -> Message:
        bad = [address.startswith("bad") for address in request.addresses]
        return pb.BatchCheckResponse(
            verdicts=[2 if b else 1 for b in bad],
            matches=[pb.Match(index=index, reason=1) for index, b in enumerate(bad) if b],
        )

    def Suppress(self, request: pb.SuppressRequest) -> Message:
        entry = {"address": request.address, "reason": request.reason, "stream": request.stream}
        return pb.SuppressResponse(suppression=entry, created=True, revision="r1")

    def Unsuppress(self, request: pb.UnsuppressRequest) -> Message:
        removed = [{"address": request.address, "reason": 5}] if "bad" in request.address else []
        return pb.UnsuppressResponse(removed=removed, revision="r2")

    def EraseAddress(self, request: pb.EraseAddressRequest) -> Message:
        return pb.EraseAddressResponse(suppressions=2, events=3, revision="r4")

    def GetAddress(self, request: pb.GetAddressRequest) -> Message:
        if self.entries:
            listed = self.history.get(request.address, [])
            return pb.GetAddressResponse(suppressions=listed, revision="r3")
        entry = {"address": request.address, "reason": 1, "detail": "\x1b[31m550 no such user"}
        return pb.GetAddressResponse(suppressions=[entry], revision="r3")

    def ListChanges(self, request: pb.ListChangesRequest) -> Message:
        if self.entries:
            return pb.ListChangesResponse(changes=self.changes, through_revision="r9")
        return pb.ListChangesResponse(through_revision=request.after_revision + "+")

    def ListSuppressions(self, request: lists.ListSuppressionsRequest) -> Message:
        start = int(request.page_token or 0)
        end = start + self.page
        return lists.ListSuppressionsResponse(
            suppressions=self.entries[start:end],
            next_page_token=str(end) if end < len(self.entries) else "",
            revision="r1",
        )

    def ImportSuppressions(self, request: lists.ImportSuppressionsRequest) -> Message:
        results = [{"outcome": OUTCOMES.get(row.address, 1)} for row in request.suppressions]
        return lists.ImportSuppressionsResponse(results=results)

    def GetStatistics(self, request: statistics.GetStatisticsRequest) -> Message:
        row = {"day": "2026-01-31", "reason": 1, "category": 2, "sends": 100, "hard_bounces": 2}
        return statistics.GetStatisticsResponse(rows=[row])


class BlockingTransport:
    def __init__(self, service: FakeService) -> None:
        self.service = service

    def call(self, call: Call) -> Message:
        return self.service.answer(call)

    def close(self) -> None:
        self.service.closed += 1


class AsyncioTransport:
    def __init__(self, service: FakeService) -> None:
        self.service = service

    async def call(self, call: Call) -> Message:
        await asyncio.sleep(0)
        return self.service.answer(call)

    async def close(self) -> None:
        self.service.closed += 1


class Awaitable:
    """The sync client in the shape of the async one, so that one test serves both."""

    def __init__(self, client: SuppressionClient) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)
        if not callable(method):
            return method

        async def call(*args: Any, **kwargs: Any) -> Any:
            return method(*args, **kwargs)

        return call


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def blocking_transport(service: FakeService) -> BlockingTransport:
    return BlockingTransport(service)


@pytest.fixture(params=["sync", "async"])
def client_of(request: pytest.FixtureRequest, service: FakeService) -> Callable[..., Any]:
    """Make a client of the fake service: once the sync one, once the async one."""

    def make(**settings: Any) -> Any:
        if request.param == "async":
            return AsyncSuppressionClient(
                "localhost:1", transport=AsyncioTransport(service), **settings
            )
        return Awaitable(
            SuppressionClient("localhost:1", transport=BlockingTransport(service), **settings)
        )

    return make
