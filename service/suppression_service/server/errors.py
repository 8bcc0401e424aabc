"""The errors that callers get.

Each carries a gRPC status, a reason in UPPER_SNAKE for programs
(google.rpc.ErrorInfo) and, where a field is at fault, its name
(google.rpc.BadRequest). The text is for people. It never has an address, or the message
of a database driver.

    ApiError
    ├── InvalidField        INVALID_ARGUMENT
    ├── UnreadableRequest   INVALID_ARGUMENT
    ├── CompressedRequest   UNIMPLEMENTED
    ├── InvalidMetadata     INVALID_ARGUMENT
    ├── InvalidFraming      INTERNAL
    ├── OneMessageExpected  UNIMPLEMENTED
    ├── ListUnavailable     UNAVAILABLE
    ├── WriteUnavailable    UNAVAILABLE
    ├── Overloaded          RESOURCE_EXHAUSTED
    │   ├── TooManyWrites
    │   ├── TooManyCalls
    │   ├── TooManyOfToken
    │   └── TooManyOfPeer
    ├── TooLong             RESOURCE_EXHAUSTED
    ├── DeadlineExceeded    DEADLINE_EXCEEDED
    ├── Unauthenticated     UNAUTHENTICATED
    ├── PermissionMissing   PERMISSION_DENIED
    └── InternalError       INTERNAL
"""

import datetime as dt
import enum
from typing import ClassVar, Final

from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

DOMAIN: Final = "suppression.v1"


class Code(enum.IntEnum):
    """The statuses of gRPC, with their numbers on the wire (google.rpc.Code)."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class ApiError(Exception):
    """An error that the caller gets as a status.

    Args:
        reason: what happened, in UPPER_SNAKE, stable for programs.
        message: the same for people.
    """

    code: ClassVar[Code]

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message

    def details(self) -> list[any_pb2.Any]:
        """Return the google.rpc details that go with the status."""
        return [_packed(error_details_pb2.ErrorInfo(reason=self.reason, domain=DOMAIN))]

    def to_status(self, request_id: str) -> status_pb2.Status:
        """Return the status, with the id of the call as its RequestInfo."""
        details = [*self.details(), _packed(error_details_pb2.RequestInfo(request_id=request_id))]
        return status_pb2.Status(code=int(self.code), message=self.message, details=details)


class InvalidField(ApiError):
    """A field of the request cannot be used."""

    code = Code.INVALID_ARGUMENT

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


def stream_limit() -> InvalidField:
    """Return the error of a write that names one stream too many."""
    return InvalidField(
        "stream",
        "STREAM_LIMIT",
        "a new stream, where there are as many as SUPPRESSION_MAX_STREAMS permits",
    )


class UnreadableRequest(ApiError):
    """The request cannot be decoded as its type."""

    code = Code.INVALID_ARGUMENT

    def __init__(self) -> None:
        super().__init__("REQUEST_MALFORMED", "the request cannot be read")


class TooLong(ApiError):
    """The request has more bytes than the longest valid one; trying again does not help."""

    code = Code.RESOURCE_EXHAUSTED

    def __init__(self, limit: int) -> None:
        super().__init__("REQUEST_TOO_LONG", f"the request has more than {limit} bytes")


class CompressedRequest(ApiError):
    """The request is compressed, which the service does not accept.

    A small compressed request can decompress to more than the memory of the process.
    """

    code = Code.UNIMPLEMENTED

    def __init__(self) -> None:
        super().__init__("REQUEST_COMPRESSED", "send the request without compression")


class InvalidMetadata(ApiError):
    """A piece of metadata cannot be used."""

    code = Code.INVALID_ARGUMENT

    def __init__(self, name: str, message: str) -> None:
        super().__init__("METADATA_INVALID", f"{name}: {message}")


class InvalidFraming(ApiError):
    """The request breaks the rules of its protocol."""

    code = Code.INTERNAL

    def __init__(self, message: str) -> None:
        super().__init__("FRAMING_INVALID", message)


class OneMessageExpected(ApiError):
    """The request has no message, or several, where one is due."""

    code = Code.UNIMPLEMENTED

    def __init__(self) -> None:
        super().__init__("ONE_MESSAGE_EXPECTED", "this call takes exactly one message")


class DeadlineExceeded(ApiError):
    """The deadline of the caller is over."""

    code = Code.DEADLINE_EXCEEDED

    def __init__(self) -> None:
        super().__init__("DEADLINE_EXCEEDED", "the deadline of the call is over")


class ListUnavailable(ApiError):
    """The list in memory is not loaded, is too old, or does not reach a revision in time."""

    code = Code.UNAVAILABLE


class FilterTooSlow(ApiError):
    """Finding the entries of a filter takes too long; trying again does not help."""

    code = Code.RESOURCE_EXHAUSTED

    def __init__(self) -> None:
        super().__init__(
            "FILTER_TOO_SLOW",
            "finding these entries takes too long; filter by fewer fields, or by a domain",
        )


class WriteUnavailable(ApiError):
    """The database does not take the write, or did not confirm it in time.

    The write may have succeeded. Writes are idempotent, so callers can repeat it.
    """

    code = Code.UNAVAILABLE


class Overloaded(ApiError):
    """The server has too much to do now; the status says when to try again."""

    code = Code.RESOURCE_EXHAUSTED
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


class TooManyOfPeer(Overloaded):
    """The calls of one IP address exceed its rate limit.

    Args:
        retry_seconds: time until the next call is accepted.
    """

    def __init__(self, retry_seconds: float) -> None:
        super().__init__("PEER_RATE", "this IP address calls more often than it may")
        self.retry_seconds = retry_seconds


class Unauthenticated(ApiError):
    """The call has no token, or an unknown one."""

    code = Code.UNAUTHENTICATED


class PermissionMissing(ApiError):
    """The role of the token does not permit the call."""

    code = Code.PERMISSION_DENIED


class InternalError(ApiError):
    """An internal error of the service."""

    code = Code.INTERNAL


def _packed(detail: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(detail)
    return packed
