"""Faults of single calls, ordered through the control port."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Self

from google.protobuf import any_pb2, json_format, message_factory
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from suppression_service.server.errors import DOMAIN, ApiError, Code
from suppression_service.server.rpc import METHODS

Answer = Callable[[], Awaitable[Message]]


def _method(name: str) -> str:
    if name not in METHODS:
        raise ValueError("no method of this server")
    return name


def _failing_code(name: str) -> str:
    if name not in Code.__members__ or name == "OK":
        raise ValueError("not the name of a gRPC status that is an error")
    return name


MethodName = Annotated[str, AfterValidator(_method)]


class Status(BaseModel):
    """A gRPC status with its google.rpc details."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, AfterValidator(_failing_code)]
    reason: str = ""
    fields: list[str] = []
    metadata: dict[str, str] = {}
    message: str = "told to fail"


class Fault(BaseModel):
    """A fault of the next calls of a method: one of status, delay_ms, answer and cut."""

    model_config = ConfigDict(extra="forbid")

    method: MethodName
    times: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    status: Status | None = None
    delay_ms: Annotated[int, Field(ge=0, le=600_000)] | None = None
    answer: dict[str, Any] | None = None
    cut: bool = False
    after: bool = False

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        choices = [self.status, self.delay_ms, self.answer, self.cut or None]
        if sum(each is not None for each in choices) != 1:
            raise ValueError("give exactly one of status, delay_ms, answer and cut")
        if self.after and not (self.status or self.cut):
            raise ValueError("after goes with status or cut")
        if self.answer is not None:
            _response(self.method, self.answer)
        return self


class OrderedError(ApiError):
    """A call that fails because a test wants it to."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.reason, status.message)
        self._status = status

    @property
    def code(self) -> Code:  # type: ignore[override]
        """The ordered status; other errors have one for each class."""
        return Code[self._status.code]

    def details(self) -> list[any_pb2.Any]:
        """Return ErrorInfo and BadRequest, each only if the fault has values for it."""
        asked, details = self._status, []
        if asked.reason or asked.metadata:
            info = {"reason": asked.reason, "domain": DOMAIN, "metadata": asked.metadata}
            details.append(_packed(error_details_pb2.ErrorInfo(**info)))
        if asked.fields:
            violations = [{"field": field, "description": asked.message} for field in asked.fields]
            details.append(_packed(error_details_pb2.BadRequest(field_violations=violations)))
        return details


class Faults:
    """The faults that are still to occur, by method, in the order of their requests."""

    #: Seconds that a cut call waits to be cancelled: its connection is closed.
    _CUT_SECONDS: Final = 60.0

    def __init__(self) -> None:
        self._waiting: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def add(self, fault: Fault) -> None:
        """Add a fault, after those of the same method that are still to occur."""
        self._waiting[fault.method].append(fault.model_copy())

    async def meet(self, method: str, answer: Answer, cut: Callable[[], None]) -> Message:
        """Answer a call with the next fault of its method, or normally.

        Args:
            method: the name of the RPC.
            answer: returns the normal answer.
            cut: cuts every connection.

        Raises:
            ApiError: the normal answer, or the ordered status, is an error.
        """
        fault = self._take(method)
        if fault is None:
            return await answer()
        if fault.answer is not None:
            return _response(method, fault.answer)
        if fault.delay_ms is not None:
            await asyncio.sleep(fault.delay_ms / 1000)
            return await answer()
        if fault.after:
            await answer()
        if fault.status is not None:
            raise OrderedError(fault.status)
        cut()
        await asyncio.sleep(self._CUT_SECONDS)
        return await answer()

    def _take(self, method: str) -> Fault | None:
        if not (waiting := self._waiting[method]):
            return None
        fault = waiting[0]
        fault.times -= 1
        if not fault.times:
            waiting.popleft()
        return fault


def _response(method: str, fields: dict[str, Any]) -> Message:
    kind = message_factory.GetMessageClass(METHODS[method].output_type)
    try:
        return json_format.ParseDict(fields, kind())
    except json_format.ParseError as error:
        raise ValueError(f"answer: {error}") from None


def _packed(detail: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(detail)
    return packed
