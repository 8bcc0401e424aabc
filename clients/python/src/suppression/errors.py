"""The errors of this package, and the gRPC statuses that they stand for.

::

    SuppressionError
    ├── ConfigurationError          the arguments of the client are not valid; also a ValueError
    ├── ClientClosedError           the client was used after close()
    ├── RefusedError                the service refused the call
    │   ├── InvalidArgumentError    INVALID_ARGUMENT; see .violations
    │   ├── UnauthenticatedError    UNAUTHENTICATED: no token, or a wrong one
    │   └── PermissionDeniedError   PERMISSION_DENIED: the token does not allow this
    └── UnavailableError            the service did not answer
        └── DeadlineExceededError   DEADLINE_EXCEEDED: no answer in time

``when_unavailable`` decides what a check does on an ``UnavailableError``, and on no other
error. Its status is UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, CANCELLED,
INTERNAL, UNKNOWN or DATA_LOSS: time or an operator of the service corrects those. Every
other status is a mistake in the caller's program or configuration, and is always raised as
``RefusedError``. So is RESOURCE_EXHAUSTED with the reason REQUEST_TOO_LONG.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2
from grpc_status import rpc_status


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """An error in one field of a request."""

    field: str
    description: str


class SuppressionError(Exception):
    """The base of all errors of this package.

    Attributes:
        code: the gRPC status; None if no call was made.
        reason: of google.rpc.ErrorInfo, such as ``REVISION_FOREIGN``; can be empty.
        metadata: of google.rpc.ErrorInfo.
        violations: the invalid fields, from google.rpc.BadRequest.
    """

    def __init__(
        self,
        message: str = "",
        *,
        code: grpc.StatusCode | None = None,
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        violations: tuple[FieldViolation, ...] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.metadata = dict(metadata or {})
        self.violations = violations


class ConfigurationError(SuppressionError, ValueError):
    """The arguments of the client are invalid or unsafe."""


class ClientClosedError(SuppressionError):
    """The client was used after it was closed."""


class RefusedError(SuppressionError):
    """The service refused the call."""


class InvalidArgumentError(RefusedError):
    """A field of the request is invalid; see ``violations``."""


class UnauthenticatedError(RefusedError):
    """The bearer token is missing or unknown."""


class PermissionDeniedError(RefusedError):
    """The token does not allow this call."""


class UnavailableError(SuppressionError):
    """The service did not answer."""


class DeadlineExceededError(UnavailableError):
    """The service did not answer in time. A write may have happened or not."""


_ERRORS: Final[dict[grpc.StatusCode, type[SuppressionError]]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidArgumentError,
    grpc.StatusCode.UNAUTHENTICATED: UnauthenticatedError,
    grpc.StatusCode.PERMISSION_DENIED: PermissionDeniedError,
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceededError,
    grpc.StatusCode.UNAVAILABLE: UnavailableError,
    grpc.StatusCode.RESOURCE_EXHAUSTED: UnavailableError,
    grpc.StatusCode.ABORTED: UnavailableError,
    # The clients do not cancel calls, so a proxy or a stopping server did.
    grpc.StatusCode.CANCELLED: UnavailableError,
    grpc.StatusCode.INTERNAL: UnavailableError,
    grpc.StatusCode.UNKNOWN: UnavailableError,
    grpc.StatusCode.DATA_LOSS: UnavailableError,
}

# The reasons of RESOURCE_EXHAUSTED for a request that no outage explains: it is never accepted.
_REFUSED_REASONS: Final = frozenset({"REQUEST_TOO_LONG", "FILTER_TOO_SLOW"})


def error_of(call: Any) -> SuppressionError:
    """Return the error for a failed call.

    Args:
        call: the error that grpc or grpc.aio raised, with its code, details and trailing metadata.
    """
    code: grpc.StatusCode = call.code()
    info, fields = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in _details(call):
        for known in (info, fields):
            detail.Unpack(known)  # does nothing if it is of another type
    violations = tuple(FieldViolation(v.field, v.description) for v in fields.field_violations)
    error = RefusedError if info.reason in _REFUSED_REASONS else _ERRORS.get(code, RefusedError)
    return error(
        _message(code, info.reason, call.details() or "", violations),
        code=code,
        reason=info.reason,
        metadata=info.metadata,
        violations=violations,
    )


def _details(call: Any) -> Sequence[Any]:
    try:
        status = rpc_status.from_call(call)
    except (ValueError, DecodeError):
        # A proxy changed the status or damaged the details. The code is still valid.
        return ()
    return status.details if status is not None else ()


def _message(
    code: grpc.StatusCode, reason: str, text: str, violations: tuple[FieldViolation, ...]
) -> str:
    head = f"{code.name} ({reason})" if reason else code.name
    fields = [f"{v.field}: {v.description}" for v in violations if v.description not in text]
    return "; ".join([f"{head}: {text}" if text else head, *fields])
