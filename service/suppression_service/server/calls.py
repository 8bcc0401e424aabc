"""What stands around every call, in one layer: who may call, how often, errors, counts.

An interceptor costs a grpc.aio server some 8 % of an empty call, each of them. So
everything that all calls share is composed here, into one wrapper a method.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any, Final

import grpc
import structlog

from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceServicer
from suppression_service.server.auth import CALLER, NEEDED, Role, TokenFile
from suppression_service.server.errors import (
    ApiError,
    InternalError,
    PermissionMissing,
    Unauthenticated,
    UnreadableRequest,
)
from suppression_service.server.metrics import (
    CANCELED,
    DEADLINE_EXCEEDED,
    OK,
    CallCounts,
    code_name,
)
from suppression_service.server.quota import Quota
from suppression_service.server.refusals import Refusals
from suppression_service.server.request_id import CALL, request_id

_log = structlog.get_logger()
_Context = grpc.aio.ServicerContext[Any, Any]
_Method = Callable[[Any, _Context], Awaitable[Any]]

SERVICE: Final = rpc.DESCRIPTOR.services_by_name["SuppressionService"]

_BEARER: Final = "bearer "
#: Seconds by which a caller's clock may say earlier than ours that its time is over.
_MOMENT: Final = 0.05


class GuardedServicer(SuppressionServiceServicer):
    """A servicer whose methods end in an answer or in a status, whatever happens inside.

    A request that cannot be read is to be given as None.

    Args:
        servicer: what answers.
        tokens: who may call; None lets everybody do everything.
        quota: how often each token may call; None lets it call as often as it likes.
        around: is given each method with its name, and returns what is called in its
            place; None changes nothing.
    """

    def __init__(
        self,
        servicer: SuppressionServiceServicer,
        tokens: TokenFile | None = None,
        quota: Quota | None = None,
        around: Callable[[str, _Method], _Method] | None = None,
    ) -> None:
        #: What became of the calls so far, by method.
        self.counts = {method.name: CallCounts() for method in SERVICE.methods}
        refusals = Refusals()
        for method in SERVICE.methods:
            name = method.name
            gate = _gate(tokens, NEEDED.get(name, Role.ADMIN), quota) if tokens else None
            answer, counts = getattr(servicer, name), self.counts[name]
            call = _guarded(name, answer, gate, counts, refusals)
            setattr(self, name, around(name, call) if around else call)


def _gate(tokens: TokenFile, needed: Role, quota: Quota | None) -> Callable[[_Context], None]:
    """Return what lets a call in, or raises."""

    def let_in(context: _Context) -> None:
        token = tokens.holder(_bearer(context))
        if token is None:
            raise Unauthenticated("TOKEN_UNKNOWN", "not a token of this service")
        if token.role < needed:
            raise PermissionMissing(
                "ROLE_TOO_LOW", f"this call needs a token with the role {needed.name.lower()}"
            )
        if quota is not None:
            quota.take(token.name)
        CALLER.set(token.name)

    return let_in


def _bearer(context: _Context) -> str:
    for key, value in context.invocation_metadata() or ():
        if key == "authorization" and isinstance(value, str):
            if value[: len(_BEARER)].lower() == _BEARER:
                return value[len(_BEARER) :].strip()
            break
    raise Unauthenticated("TOKEN_MISSING", "show a token: 'authorization: Bearer …'")


def _why_left(context: _Context) -> str:
    """Return the status of a call that its caller left: because its time was over, or so."""
    remaining = context.time_remaining()
    return DEADLINE_EXCEEDED if remaining is not None and remaining < _MOMENT else CANCELED


def _guarded(
    name: str,
    method: _Method,
    gate: Callable[[_Context], None] | None,
    counts: CallCounts,
    refusals: Refusals,
) -> _Method:
    async def call(request: Any, context: _Context) -> Any:
        CALL.set(context)
        counts.started += 1
        begun, code = perf_counter(), OK
        try:
            if gate is not None:
                gate(context)
            if request is None:
                raise UnreadableRequest  # noqa: TRY301 - no call more on the hot path
            return await method(request, context)
        except ApiError as error:
            failure, code = error, code_name(error.code)
            refusals.note(name, error)
        except asyncio.CancelledError:
            code = _why_left(context)
            raise
        except Exception as error:  # noqa: BLE001 - a defect; its text stays here
            _log.exception("call failed", method=name, error=type(error).__name__)
            failure = InternalError("INTERNAL", "the service failed; its log says more")
            code = code_name(failure.code)
        finally:
            counts.end(code, perf_counter() - begun)
        return await context.abort_with_status(failure.to_status(request_id()))

    return call
