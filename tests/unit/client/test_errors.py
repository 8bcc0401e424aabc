import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2

from suppression import (
    DeadlineExceededError,
    FieldViolation,
    InvalidArgumentError,
    PermissionDeniedError,
    RefusedError,
    UnauthenticatedError,
    UnavailableError,
)
from suppression.errors import error_of

DETAILS = "grpc-status-details-bin"
Code = grpc.StatusCode


class Failed:
    """What grpc raises, as far as anybody looks at it."""

    def __init__(
        self, code: grpc.StatusCode, text: str | None = "no", details: bytes | None = None
    ) -> None:
        self._code, self._text = code, text
        self._trailers = () if details is None else ((DETAILS, details),)

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str | None:
        return self._text

    def trailing_metadata(self) -> tuple[tuple[str, bytes], ...]:
        return self._trailers


def packed(message: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest) -> AnyMessage:
    detail = AnyMessage()
    detail.Pack(message)
    return detail


RICH = status_pb2.Status(
    code=3,
    message="no",
    details=[
        packed(
            error_details_pb2.ErrorInfo(
                reason="FIELD_INVALID", domain="suppression.v1", metadata={"limit": "100"}
            )
        ),
        packed(
            error_details_pb2.BadRequest(
                field_violations=[{"field": "stream", "description": "over 100 bytes"}]
            )
        ),
    ],
).SerializeToString()


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (Code.INVALID_ARGUMENT, InvalidArgumentError),
        (Code.UNAUTHENTICATED, UnauthenticatedError),
        (Code.PERMISSION_DENIED, PermissionDeniedError),
        (Code.UNIMPLEMENTED, RefusedError),
        (Code.NOT_FOUND, RefusedError),
        (Code.ALREADY_EXISTS, RefusedError),
        (Code.FAILED_PRECONDITION, RefusedError),
        (Code.OUT_OF_RANGE, RefusedError),
        (Code.DEADLINE_EXCEEDED, DeadlineExceededError),
        (Code.UNAVAILABLE, UnavailableError),
        (Code.RESOURCE_EXHAUSTED, UnavailableError),
        (Code.ABORTED, UnavailableError),
        (Code.CANCELLED, UnavailableError),
        (Code.INTERNAL, UnavailableError),
        (Code.UNKNOWN, UnavailableError),
        (Code.DATA_LOSS, UnavailableError),
    ],
)
def test_every_status_has_its_error(code: grpc.StatusCode, error: type[Exception]) -> None:
    assert type(error_of(Failed(code))) is error


def test_an_error_knows_its_status() -> None:
    assert error_of(Failed(Code.UNKNOWN)).code is Code.UNKNOWN


def test_an_error_knows_its_reason() -> None:
    error = error_of(Failed(Code.INVALID_ARGUMENT, details=RICH))

    assert (error.reason, error.metadata) == ("FIELD_INVALID", {"limit": "100"})


def test_an_error_knows_the_fields_at_fault() -> None:
    error = error_of(Failed(Code.INVALID_ARGUMENT, details=RICH))

    assert error.violations == (FieldViolation("stream", "over 100 bytes"),)


def test_the_text_of_an_error_says_it_all() -> None:
    error = error_of(Failed(Code.INVALID_ARGUMENT, details=RICH))

    assert str(error) == "INVALID_ARGUMENT (FIELD_INVALID): no; stream: over 100 bytes"


def test_the_text_of_an_error_says_nothing_twice() -> None:
    status = status_pb2.Status.FromString(RICH)
    status.message = "stream: over 100 bytes"
    failed = Failed(Code.INVALID_ARGUMENT, status.message, status.SerializeToString())

    assert str(error_of(failed)) == "INVALID_ARGUMENT (FIELD_INVALID): stream: over 100 bytes"


def test_an_error_without_text_still_says_its_status() -> None:
    assert str(error_of(Failed(Code.UNKNOWN, text=None))) == "UNKNOWN"


@pytest.mark.parametrize("details", [b"\xff\xff", status_pb2.Status(code=5).SerializeToString()])
def test_mangled_details_do_not_hide_the_status(details: bytes) -> None:
    assert type(error_of(Failed(Code.UNAUTHENTICATED, details=details))) is UnauthenticatedError


@pytest.mark.parametrize("reason", ["REQUEST_TOO_LONG", "FILTER_TOO_SLOW"])
def test_a_request_that_is_never_accepted_is_not_an_outage(reason: str) -> None:
    info = packed(error_details_pb2.ErrorInfo(reason=reason, domain="suppression.v1"))
    status = status_pb2.Status(code=8, message="no", details=[info])

    error = error_of(Failed(Code.RESOURCE_EXHAUSTED, "no", status.SerializeToString()))

    assert type(error) is RefusedError
