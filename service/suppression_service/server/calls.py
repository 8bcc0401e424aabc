"""The layer around every call: authentication, rate limit, errors, counts and the log.

Each interceptor makes an empty call of a grpc.aio server about 8 % slower. So one wrapper
for each method does everything that all calls need.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any, Final

import grpc
import structlog

from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceServicer
from suppression_service.server.auth import CALLER, REQUIRED_ROLES, Role, TokenFile
from suppression_service.server.errors import (
    ApiError,
    InternalError,
    PermissionMissing,
    Unauthenticated,
    UnreadableRequest,
)
from suppression_service.server.limits import RateLimit
from suppression_service.server.metrics import (
    CANCELED,
    DEADLINE_EXCEEDED,
    OK,
    CallCounts,
    code_name,
)
from suppression_service.server.request_id import CALL, request_id

_log = structlog.get_logger()
_Context = grpc.aio.ServicerContext[Any, Any]
_Method = Callable[[Any, _Context], Awaitable[Any]]

SERVICE: Final = rpc.DESCRIPTOR.services_by_name["SuppressionService"]

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


class CallServicer(SuppressionServiceServicer):
    """A servicer whose methods always end with an answer or a status.

    For a request that cannot be decoded, the transport passes None.

    Args:
        servicer: has a method for each call, which answers it.
        tokens: the permitted tokens; with None, every caller may make every call.
        rate_limit: the limit for the tokens of one name; None is no limit.
        around: takes the name of a method and the method, and returns the method to call
            instead; with None, the methods stay as they are.
    """

    def __init__(
        self,
        servicer: object,
        tokens: TokenFile | None = None,
        rate_limit: RateLimit | None = None,
        around: Callable[[str, _Method], _Method] | None = None,
    ) -> None:
        #: The counts of the calls so far, by method.
        self.counts = {method.name: CallCounts() for method in SERVICE.methods}
        refusals = RefusalLog()
        for method in SERVICE.methods:
            name = method.name
            gate = (
                _authorize(tokens, REQUIRED_ROLES.get(name, Role.ADMIN), rate_limit)
                if tokens
                else None
            )
            answer, counts = getattr(servicer, name), self.counts[name]
            call = _guarded(name, answer, gate, counts, refusals)
            setattr(self, name, around(name, call) if around else call)


def _authorize(
    tokens: TokenFile, needed: Role, rate_limit: RateLimit | None
) -> Callable[[_Context], None]:
    """Return a function that refuses a call by raising, or sets CALLER."""

    def check(context: _Context) -> None:
        token = tokens.find(_bearer(context))
        if token is None:
            raise Unauthenticated("TOKEN_UNKNOWN", "not a token of this service")
        if token.role < needed:
            raise PermissionMissing(
                "ROLE_TOO_LOW", f"this call needs a token with the role {needed.name.lower()}"
            )
        if rate_limit is not None:
            rate_limit.consume(token.name)
        CALLER.set(token.name)

    return check


def _bearer(context: _Context) -> str:
    for key, value in context.invocation_metadata() or ():
        if key == "authorization" and isinstance(value, str):
            if value[: len(_BEARER)].lower() == _BEARER:
                return value[len(_BEARER) :].strip()
            break
    raise Unauthenticated("TOKEN_MISSING", "show a token: 'authorization: Bearer …'")


def _why_left(context: _Context) -> str:
    """Return the status of a call that its caller ended, at its deadline or before it."""
    remaining = context.time_remaining()
    return DEADLINE_EXCEEDED if remaining is not None and remaining < _CLOCK_TOLERANCE else CANCELED


def _guarded(
    name: str,
    method: _Method,
    gate: Callable[[_Context], None] | None,
    counts: CallCounts,
    refusals: RefusalLog,
) -> _Method:
    async def call(request: Any, context: _Context) -> Any:
        CALL.set(context)
        counts.started += 1
        started, code = perf_counter(), OK
        try:
            if gate is not None:
                gate(context)
            if request is None:
                raise UnreadableRequest  # noqa: TRY301 - no extra call on the hot path
            return await method(request, context)
        except ApiError as error:
            failure, code = error, code_name(error.code)
            refusals.note(name, error)
        except asyncio.CancelledError:
            code = _why_left(context)
            raise
        except Exception as error:  # noqa: BLE001 - the text of the error is only logged
            _log.exception("call failed", method=name, error=type(error).__name__)
            failure = InternalError("INTERNAL", "the service failed; its log says more")
            code = code_name(failure.code)
        finally:
            counts.end(code, perf_counter() - started)
        return await context.abort_with_status(failure.to_status(request_id()))

    return call
