"""What every call passes, whatever transport brings it.

A call is authenticated, counted, limited, traced and answered here. A transport gives the
bytes of a request and a :class:`.caller.Caller`, and gets the bytes of the response or an
:class:`.errors.ApiError`.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import structlog
from google.protobuf.message import Message

from suppression_service.server.auth import Token, TokenFile
from suppression_service.server.caller import CALLER, Caller
from suppression_service.server.errors import (
    ApiError,
    Code,
    DeadlineExceeded,
    InternalError,
    PermissionMissing,
    TooLong,
    Unauthenticated,
)
from suppression_service.server.limits import RateLimit
from suppression_service.server.metrics import CallCounts
from suppression_service.server.rpc import Rpc

if TYPE_CHECKING:
    from suppression_service.server.tracing import Span, Tracing

_log = structlog.get_logger()

_BEARER: Final = "bearer "
#: Seconds by which a caller's clock may be ahead of ours at its deadline.
_CLOCK_TOLERANCE: Final = 0.05


#: Refused calls that are logged in a minute, at most.
MAX_LINES: Final = 100

_MINUTE: Final = 60.0


class RefusalLog:
    """Logs refused calls, up to :data:`MAX_LINES` a minute.

    Without the limit, invalid calls, or a database that is away, could fill the disk. The
    metrics count every refused call.

    Args:
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self._left = MAX_LINES
        self._unlogged = 0

    def note(self, method: str, error: ApiError) -> None:
        """Log a call that was refused."""
        if self._clock() - self._since >= _MINUTE:
            self._renew()
        if not self._left:
            self._unlogged += 1
            return
        self._left -= 1
        _log.info("call refused", method=method, code=error.code.name, reason=error.reason)

    def _renew(self) -> None:
        if self._unlogged:
            _log.info("more calls refused, not logged one by one", calls=self._unlogged)
        self._since, self._left, self._unlogged = self._clock(), MAX_LINES, 0


class Gate:
    """Decides who may make a call, and how often.

    Args:
        tokens: the permitted tokens; with None, every caller may make every call.
        token_limit: the limit for the tokens of one name; None is no limit.
        peer_limit: the limit for the calls of one IP address; None is no limit.
    """

    def __init__(
        self,
        tokens: TokenFile | None = None,
        token_limit: RateLimit | None = None,
        peer_limit: RateLimit | None = None,
    ) -> None:
        self._tokens = tokens
        self._token_limit = token_limit
        self._peer_limit = peer_limit

    def admit(self, rpc: Rpc, caller: Caller) -> None:
        """Let a call pass, and tell the caller's name and role.

        Raises:
            Overloaded: the address or the token calls too often.
            Unauthenticated: there is no valid token.
            PermissionMissing: the token's role does not permit the call.
        """
        if self._peer_limit is not None:
            self._peer_limit.consume(caller.peer)
        if self._tokens is None:
            return
        token = _token(self._tokens, caller)
        if token.role < rpc.role:
            raise PermissionMissing(
                "ROLE_TOO_LOW", f"this call needs a token with the role {rpc.role.name.lower()}"
            )
        if self._token_limit is not None:
            self._token_limit.consume(token.name)
        caller.token_name, caller.token_role = token.name, token.role


def _token(tokens: TokenFile, caller: Caller) -> Token:
    shown = caller.metadata("authorization")
    if shown[: len(_BEARER)].lower() != _BEARER:
        raise Unauthenticated("TOKEN_MISSING", "show a token: 'authorization: Bearer …'")
    if (token := tokens.find(shown[len(_BEARER) :].strip())) is None:
        raise Unauthenticated("TOKEN_UNKNOWN", "not a token of this service")
    return token


class Calls:
    """The RPCs of all services, and what their calls have in common.

    Args:
        services: answer the calls; by full name.
        rpcs: their RPCs.
        gate: lets calls pass.
        max_batch_request: bytes of a request with a batch, at most.
        tracing: records the calls; None does not.
    """

    def __init__(
        self,
        services: Mapping[str, object],
        rpcs: Iterable[Rpc],
        gate: Gate | None = None,
        max_batch_request: int = 0,
        tracing: "Tracing | None" = None,
    ) -> None:
        self.services = services
        self.rpcs: Final = tuple(rpcs)
        #: The counts of the calls so far, by the name of the RPC.
        self.counts = {rpc.name: CallCounts() for rpc in self.rpcs}
        self.refusals = RefusalLog()
        self.gate = gate or Gate()
        self.tracing = tracing
        self._max_batch_request = max_batch_request

    def begin(self, rpc: Rpc, caller: Caller) -> "Call":
        """Return a call, to be entered as a context."""
        return Call(self, rpc, caller)

    def max_request(self, rpc: Rpc) -> int:
        """Return the bytes of a request, at most."""
        return self._max_batch_request if rpc.max_request is None else rpc.max_request

    async def answer(self, rpc: Rpc, caller: Caller, request: bytes) -> bytes:
        """Answer a call whose whole request is there.

        Raises:
            ApiError: the caller gets this instead.
        """
        with self.begin(rpc, caller) as call:
            call.admit()
            return await call.answer(request)


class Call:
    """One call. Leaving the context counts it, and logs a refusal.

    Raises:
        InternalError: on leaving, instead of an exception that is no ApiError.
    """

    __slots__ = ("_calls", "_span", "_started", "caller", "rpc")

    def __init__(self, calls: Calls, rpc: Rpc, caller: Caller) -> None:
        self._calls = calls
        self._span: Span | None = None
        self.rpc = rpc
        self.caller = caller

    def __enter__(self) -> Self:
        CALLER.set(self.caller)
        self._calls.counts[self.rpc.name].started += 1
        if (tracing := self._calls.tracing) is not None:
            self._span = tracing.begin(self.rpc, self.caller)
        self._started = perf_counter()
        return self

    def admit(self) -> None:
        """Let the call pass the gate; to be called before the request is read or decoded."""
        self._calls.gate.admit(self.rpc, self.caller)

    def at_once(self, request: bytes) -> bytes | None:
        """Return the response if the call has to wait for nothing, otherwise None."""
        if self.rpc.at_once is None:
            return None
        self._require_size(request)
        return self.rpc.at_once(self._calls.services[self.rpc.service], request, self.caller)

    async def answer(self, request: bytes) -> bytes:
        """Return the encoded response to an encoded request."""
        self._require_size(request)
        if self.rpc.answer_bytes is not None:
            return await self.rpc.answer_bytes(
                self._calls.services[self.rpc.service], request, self.caller
            )
        response = await self.answer_message(self.rpc.decode(request))
        return response.SerializeToString()

    async def answer_message(self, request: Message) -> Message:
        """Return the response to a request."""
        return await self.rpc.answer(self._calls.services[self.rpc.service], request, self.caller)

    def _require_size(self, request: bytes) -> None:
        if len(request) > (limit := self._calls.max_request(self.rpc)):
            raise TooLong(limit)

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if (refusal := self.end(error)) is not None and refusal is not error:
            raise refusal from None

    def end(self, error: BaseException | None) -> ApiError | None:
        """Count the call; return what its caller gets instead of a response, if anything."""
        seconds = perf_counter() - self._started
        code = self._code(error)
        self._calls.counts[self.rpc.name].end(code, seconds)
        if self._span is not None:
            self._span.end(code)
        if code is Code.INTERNAL and not isinstance(error, ApiError):
            return InternalError("INTERNAL", "the service failed; its log says more")
        return error if isinstance(error, ApiError) else None

    def _code(self, error: BaseException | None) -> Code:
        """Return the status of the call, and log what went wrong."""
        if error is None:
            return Code.OK
        if isinstance(error, ApiError):
            self._calls.refusals.note(self.rpc.name, error)
            return error.code
        if isinstance(error, asyncio.CancelledError):
            return Code.DEADLINE_EXCEEDED if _is_over(self.caller) else Code.CANCELLED
        name = type(error).__name__
        _log.error("call failed", method=self.rpc.name, error=name, exc_info=error)
        return Code.INTERNAL


def _is_over(caller: Caller) -> bool:
    """Whether a caller that left did so at its deadline."""
    remaining = caller.time_remaining()
    return remaining is not None and remaining < _CLOCK_TOLERANCE


def require_time(caller: Caller) -> None:
    """Refuse a call whose deadline is over.

    Raises:
        DeadlineExceeded: it is.
    """
    remaining = caller.time_remaining()
    if remaining is not None and remaining <= 0:
        raise DeadlineExceeded
