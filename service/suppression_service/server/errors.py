"""The errors that callers get.

Each carries a gRPC status, a reason in UPPER_SNAKE for programs
(google.rpc.ErrorInfo) and, where a field is at fault, its name
(google.rpc.BadRequest). The text is for people. It never has an address, or the message
of a database driver.

    ApiError
    ├── InvalidField        INVALID_ARGUMENT
    ├── UnreadableRequest   INVALID_ARGUMENT
    ├── ListUnavailable     UNAVAILABLE
    ├── WriteUnavailable    UNAVAILABLE
    ├── Overloaded          RESOURCE_EXHAUSTED
    │   ├── TooManyWrites
    │   ├── TooManyCalls
    │   └── TooManyOfToken
    ├── Unauthenticated     UNAUTHENTICATED
    ├── PermissionMissing   PERMISSION_DENIED
    └── InternalError       INTERNAL
"""

import datetime as dt
from typing import ClassVar, Final

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

DOMAIN: Final = "suppression.v1"


class ApiError(Exception):
    """An error that the caller gets as a status.

    Args:
        reason: what happened, in UPPER_SNAKE, stable for programs.
        message: the same for people.
    """

    code: ClassVar[grpc.StatusCode]

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message

    def details(self) -> list[any_pb2.Any]:
        """Return the google.rpc details that go with the status."""
        return [_packed(error_details_pb2.ErrorInfo(reason=self.reason, domain=DOMAIN))]

    def to_status(self, request_id: str) -> grpc.Status:
        """Return the status for ``context.abort_with_status``; its RequestInfo has the id."""
        details = [*self.details(), _packed(error_details_pb2.RequestInfo(request_id=request_id))]
        number = self.code.value[0]
        status = status_pb2.Status(code=number, message=self.message, details=details)
        grpc_status: grpc.Status = rpc_status.to_status(status)
        return grpc_status


class InvalidField(ApiError):
    """A field of the request cannot be used."""

    code = grpc.StatusCode.INVALID_ARGUMENT

    def __init__(self, field: str, reason: str, message: str) -> None:
        super().__init__(reason, f"{field}: {message}")
        self.field = field
        self.description = message

    def details(self) -> list[any_pb2.Any]:
        """Return ErrorInfo and BadRequest."""
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=self.field, description=self.description
        )
        bad_request = error_details_pb2.BadRequest(field_violations=[violation])
        return [*super().details(), _packed(bad_request)]


class UnreadableRequest(ApiError):
    """The request cannot be decoded as its type."""

    code = grpc.StatusCode.INVALID_ARGUMENT

    def __init__(self) -> None:
        super().__init__("REQUEST_MALFORMED", "the request cannot be read")


class ListUnavailable(ApiError):
    """The list in memory is not loaded, is too old, or does not reach a revision in time."""

    code = grpc.StatusCode.UNAVAILABLE


class WriteUnavailable(ApiError):
    """The database does not take the write, or did not confirm it in time.

    The write may have succeeded. Writes are idempotent, so callers can repeat it.
    """

    code = grpc.StatusCode.UNAVAILABLE


class Overloaded(ApiError):
    """The server has too much to do now; the status says when to try again."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED
    retry_seconds: float = 1.0

    def details(self) -> list[any_pb2.Any]:
        """Return ErrorInfo and RetryInfo."""
        delay = duration_pb2.Duration()
        delay.FromTimedelta(dt.timedelta(seconds=self.retry_seconds))
        return [*super().details(), _packed(error_details_pb2.RetryInfo(retry_delay=delay))]


class TooManyWrites(Overloaded):
    """More writes wait than the database can take."""


class TooManyCalls(Overloaded):
    """The process has as many calls under way as it accepts."""

    retry_seconds = 0.1


class TooManyOfToken(Overloaded):
    """The tokens of this name exceed their rate limit.

    Args:
        retry_seconds: time until the next call is accepted.
    """

    def __init__(self, retry_seconds: float) -> None:
        super().__init__("TOKEN_RATE", "this token calls more often than it may")
        self.retry_seconds = retry_seconds


class Unauthenticated(ApiError):
    """The call has no token, or an unknown one."""

    code = grpc.StatusCode.UNAUTHENTICATED


class PermissionMissing(ApiError):
    """The role of the token does not permit the call."""

    code = grpc.StatusCode.PERMISSION_DENIED


class InternalError(ApiError):
    """An internal error of the service."""

    code = grpc.StatusCode.INTERNAL


def _packed(detail: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(detail)
    return packed
