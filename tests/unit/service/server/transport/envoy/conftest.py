"""An application whose service answers as a test says."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest

from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression_service.server.auth import Role
from suppression_service.server.caller import Caller
from suppression_service.server.calls import Calls
from suppression_service.server.errors import Code, Unauthenticated
from suppression_service.server.health import Health
from suppression_service.server.rpc import SERVICE, Rpc
from suppression_service.server.transport.envoy import asgi
from suppression_service.server.transport.envoy.application import Application
from tests.support.asgi import Exchange
from tests.support.http2 import prefixed

#: The paths of a short call, and of one with a larger message that waits.
CHECK: Final = "/suppression.v1.SuppressionService/CheckAddress"
BATCH: Final = "/suppression.v1.SuppressionService/BatchCheck"
MAX_BATCH_REQUEST: Final = 100_000
MAX_MEMORY: Final = 300_000


class Wired:
    """An application, the counts of its calls, and what its service does."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        #: Awaited by each call before it is answered.
        self.before: Callable[[], Awaitable[None]] = _nothing
        self.admitted = True
        rpcs = [
            Rpc("CheckAddress", Role.CHECK, self._check),
            Rpc("BatchCheck", Role.CHECK, self._batch, max_request=None),
        ]
        self.calls = Calls({SERVICE.full_name: None}, rpcs, self, MAX_BATCH_REQUEST)  # type: ignore[arg-type]
        self.health = Health()
        self.application = Application(
            self.calls,
            self.health,
            max_request=MAX_BATCH_REQUEST,
            max_memory=MAX_MEMORY,
            with_reflection=True,
        )

    def admit(self, _rpc: Rpc, _caller: Caller) -> None:
        """Be the gate of the calls."""
        if not self.admitted:
            raise Unauthenticated("TOKEN_MISSING", "show a token: '…'")

    async def _check(self, _service: object, request: Any, _caller: Caller) -> Any:
        self.requests.append(request)
        await self.before()
        return rpc.CheckAddressResponse(verdict=pb.VERDICT_SEND, revision="a.1")

    async def _batch(self, _service: object, request: Any, _caller: Caller) -> Any:
        self.requests.append(request)
        await self.before()
        return rpc.BatchCheckResponse(revision="a.1")

    def counted(self, method: str = "CheckAddress") -> dict[str, int]:
        """Return how many calls ended with each status."""
        handled = zip(Code, self.calls.counts[method].handled, strict=True)
        return {code.name: count for code, count in handled if count}

    async def answered(self, exchange: Exchange) -> Exchange:
        """Answer a request."""
        return await exchange.by(self.application)

    async def unary(
        self, parts: tuple[bytes, ...] = (prefixed(b""),), *, left: bool = False, **more: str
    ) -> Exchange:
        """Answer a call of CheckAddress over gRPC."""
        headers = {
            "content-type": "application/grpc",
            "te": "trailers",
            **{name.replace("_", "-"): value for name, value in more.items()},
        }
        return await self.answered(Exchange(CHECK, headers, parts, left=left))


async def _nothing() -> None:
    pass


@pytest.fixture
async def wired(monkeypatch: pytest.MonkeyPatch) -> Wired:
    """An application; whether its callers have left is looked at all the time."""
    monkeypatch.setattr(asgi, "LEFT_SECONDS", 0.0)
    return Wired()


@pytest.fixture
def forever() -> Callable[[], Awaitable[None]]:
    """Never return."""
    return asyncio.Event().wait  # type: ignore[return-value]
