"""Everything that this package raises of its own.

::

    SuppressionError
    ├── ConfigurationError          the client was set up in a way it refuses; also a ValueError
    ├── ClientClosedError           the client was used after close()
    ├── RefusedError                the service answered: not like this
    │   ├── InvalidArgumentError    INVALID_ARGUMENT; see .violations
    │   ├── UnauthenticatedError    UNAUTHENTICATED: no token, or a wrong one
    │   └── PermissionDeniedError   PERMISSION_DENIED: the token does not allow this
    └── UnavailableError            the service could not be asked
        └── DeadlineExceededError   DEADLINE_EXCEEDED: no answer in time

``when_unavailable`` decides about checks that meet an ``UnavailableError``, and
about nothing else. Its status is UNAVAILABLE, DEADLINE_EXCEEDED,
RESOURCE_EXHAUSTED, ABORTED, CANCELLED, INTERNAL, UNKNOWN or DATA_LOSS: what
time, or someone at the service, mends. Every other status is a mistake of the
caller's program or configuration and is always raised, as ``RefusedError``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import grpc


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """What is wrong with one field of a request."""

    field: str
    description: str


class SuppressionError(Exception):
    """The root of all errors of this package.

    Attributes:
        code: the gRPC status; None where the error arose before any call.
        reason: UPPER_SNAKE, from google.rpc.ErrorInfo, such as
            ``REVISION_FOREIGN``; empty where the service named none.
        metadata: what ErrorInfo says beside the reason.
        violations: the fields at fault, from google.rpc.BadRequest.
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
    """The client was set up in a way that it refuses."""


class ClientClosedError(SuppressionError):
    """The client was used after it was closed."""


class RefusedError(SuppressionError):
    """The service answered, and refuses a call like this one."""


class InvalidArgumentError(RefusedError):
    """A field of the request is not acceptable; ``violations`` says which."""


class UnauthenticatedError(RefusedError):
    """The service wants a bearer token, or another one than it was given."""


class PermissionDeniedError(RefusedError):
    """The token is known, but does not allow this call."""


class UnavailableError(SuppressionError):
    """The service could not be asked."""


class DeadlineExceededError(UnavailableError):
    """The service did not answer in time. A write may have happened or not."""
