"""Requests of ASGI: their caller, and the memory that they take."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, Self

from suppression_service.server.caller import Caller
from suppression_service.server.errors import InvalidMetadata, TooManyCalls

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
AsgiApplication = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Seconds between two looks whether the caller of a waiting call has left.
LEFT_SECONDS: Final = 0.25

# By gRPC's protocol: at most eight digits and a unit.
_MAX_DIGITS: Final = 8
_UNITS: Final = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}


class CallerLeft(asyncio.CancelledError):
    """The caller has ended the call, or its connection is gone."""


class AsgiCaller(Caller):
    """The caller of a gRPC call over ASGI.

    Raises:
        InvalidMetadata: from :meth:`time_remaining`: the timeout is not one of gRPC.
    """

    __slots__ = ("_headers", "_peer", "_started")

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._started = time.monotonic()
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self._peer = scope["client"]

    def metadata(self, name: str) -> str:
        """See :meth:`Caller.metadata`."""
        return self._headers.get(name.encode(), b"").decode("latin-1")

    def time_remaining(self) -> float | None:
        """See :meth:`Caller.time_remaining`."""
        if (given := self._headers.get(b"grpc-timeout")) is None:
            return None
        return self._started + _seconds(given.decode("latin-1")) - time.monotonic()

    @property
    def peer(self) -> str:
        """See :attr:`Caller.peer`."""
        return str(self._peer[0]) if self._peer else ""


def _seconds(timeout: str) -> float:
    digits, unit = timeout[:-1], timeout[-1:]
    if unit not in _UNITS or not digits.isdecimal() or len(digits) > _MAX_DIGITS:
        raise InvalidMetadata("grpc-timeout", "not a timeout of gRPC")
    return int(digits) * _UNITS[unit]


class MemoryBudget:
    """The memory that parts of requests, and answers not yet sent, may take in a process.

    Args:
        limit: bytes, at most.
    """

    def __init__(self, limit: int) -> None:
        self.free = limit


class Reservation:
    """The part of a budget that one request takes, until the end of the block."""

    __slots__ = ("_budget", "_taken")

    def __init__(self, budget: MemoryBudget) -> None:
        self._budget = budget
        self._taken = 0

    def __enter__(self) -> Self:
        return self

    def take(self, size: int) -> None:
        """Take bytes from the budget.

        Raises:
            TooManyCalls: too little is left.
        """
        if size > self._budget.free:
            raise TooManyCalls("MEMORY", "too much is on its way to and from this server")
        self._budget.free -= size
        self._taken += size

    def __exit__(self, *_: object) -> None:
        self._budget.free += self._taken


def until_left(receive: Receive, *, complete: bool = False) -> Receive:
    """Return a ``receive`` that waits, once the request is complete, until the caller has left.

    That of pyvoy returns an empty event at once, each time: who waits with it for the end of
    the connection keeps a core busy.
    """

    async def receive_or_wait() -> Event:
        nonlocal complete
        # Shielded: pyvoy raises, in a callback, if nobody waits for its event any more.
        if not complete:
            event = await asyncio.shield(_future(receive))
            complete = event["type"] == "http.request" and not event.get("more_body")
            return event
        while True:
            await asyncio.sleep(LEFT_SECONDS)
            event = await asyncio.shield(_future(receive))
            if event["type"] == "http.disconnect":
                return event

    return receive_or_wait


def _future(receive: Receive) -> asyncio.Future[Event]:
    return asyncio.ensure_future(receive())
