"""From the status of a failed call to an error of this package."""

from collections.abc import Iterator
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from .errors import (
    DeadlineExceededError,
    FieldViolation,
    InvalidArgumentError,
    PermissionDeniedError,
    RefusedError,
    SuppressionError,
    UnauthenticatedError,
    UnavailableError,
)

_ERRORS: Final[dict[grpc.StatusCode, type[SuppressionError]]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidArgumentError,
    grpc.StatusCode.UNAUTHENTICATED: UnauthenticatedError,
    grpc.StatusCode.PERMISSION_DENIED: PermissionDeniedError,
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceededError,
    grpc.StatusCode.UNAVAILABLE: UnavailableError,
    grpc.StatusCode.RESOURCE_EXHAUSTED: UnavailableError,
    grpc.StatusCode.ABORTED: UnavailableError,
    # Nobody here cancels a call, so a proxy or a stopping server did.
    grpc.StatusCode.CANCELLED: UnavailableError,
    grpc.StatusCode.INTERNAL: UnavailableError,
    grpc.StatusCode.UNKNOWN: UnavailableError,
    grpc.StatusCode.DATA_LOSS: UnavailableError,
}


def error_from(call: Any) -> SuppressionError:
    """Return the error that a failed call stands for.

    Args:
        call: what grpc or grpc.aio raised; knows its code, details and trailing
            metadata.
    """
    code: grpc.StatusCode = call.code()
    info = error_details_pb2.ErrorInfo()
    fields = error_details_pb2.BadRequest()
    for detail in _details(call):
        for known in (info, fields):
            if detail.Is(known.DESCRIPTOR):
                detail.Unpack(known)
    violations = tuple(FieldViolation(v.field, v.description) for v in fields.field_violations)
    return _ERRORS.get(code, RefusedError)(
        _message(code, info.reason, call.details(), violations),
        code=code,
        reason=info.reason,
        metadata=info.metadata,
        violations=violations,
    )


def _details(call: Any) -> Iterator[Any]:
    try:
        status = rpc_status.from_call(call)
    except (ValueError, DecodeError):
        # A proxy rewrote the status or mangled the details; the code still holds.
        return
    if status is not None:
        yield from status.details


def _message(
    code: grpc.StatusCode, reason: str, text: str | None, violations: tuple[FieldViolation, ...]
) -> str:
    head = f"{code.name} ({reason})" if reason else code.name
    faults = [
        f"{v.field}: {v.description}" for v in violations if v.description not in (text or "")
    ]
    return "; ".join([f"{head}: {text}" if text else head, *faults])
