"""gRPC's unary calls, over ASGI.

The protocol is described in gRPC's documents "gRPC over HTTP2", "Compression" and "Status
codes and their use in gRPC". A message is preceded by five bytes: whether it is compressed,
and its length.
"""

import asyncio
import base64
import contextlib
import urllib.parse
from typing import Final, NoReturn

from suppression_service.server.calls import Call, Calls, require_time
from suppression_service.server.errors import (
    ApiError,
    CompressedRequest,
    DeadlineExceeded,
    InvalidFraming,
    OneMessageExpected,
    TooLong,
)
from suppression_service.server.rpc import Rpc
from suppression_service.server.transport.envoy.asgi import (
    AsgiCaller,
    CallerLeft,
    MemoryBudget,
    Receive,
    Reservation,
    Scope,
    Send,
    until_left,
)

#: The content types of messages in the binary encoding of protobuf.
CONTENT_TYPES: Final = frozenset({b"application/grpc", b"application/grpc+proto"})

_PREFIX: Final = 5
# The memory of a request while it is answered, in times of its encoded bytes.
_DECODED: Final = 4
_CONTENT_TYPE: Final = (b"content-type", b"application/grpc")
_START: Final = {
    "type": "http.response.start",
    "status": 200,
    "headers": [_CONTENT_TYPE],
    "trailers": True,
}
_TRAILERS: Final = {"type": "http.response.trailers", "headers": [(b"grpc-status", b"0")]}
_NO_BODY: Final = {"type": "http.response.body", "body": b""}
# What a status message may have unencoded: printable ASCII without "%".
_PLAIN: Final = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")


class UnaryCalls:
    """Answers unary calls over gRPC.

    Args:
        calls: the RPCs of the service.
        budget: the memory for parts of requests, and for answers that are being sent.
    """

    def __init__(self, calls: Calls, budget: MemoryBudget) -> None:
        self._calls = calls
        self._budget = budget

    async def answer(self, rpc: Rpc, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call."""
        caller = AsgiCaller(scope)
        try:
            with self._calls.begin(rpc, caller) as call, Reservation(self._budget) as reserved:
                call.admit()
                _require_trailers(caller, scope)
                require_time(caller)
                if caller.metadata("grpc-encoding") not in ("", "identity"):
                    raise CompressedRequest
                request = await _message(receive, self._calls.max_request(rpc), reserved)
                require_time(caller)
                response = call.at_once(request)
                if response is None:
                    reserved.take(_DECODED * len(request))
                    response = await _answer_or_leave(call, request, receive)
                reserved.take(len(response))
                await _send_response(send, response)
        except ApiError as error:
            await refuse(send, error, caller.request_id)
        except CallerLeft:
            pass


async def _send_response(send: Send, response: bytes) -> None:
    message = b"\0" + len(response).to_bytes(4) + response
    try:
        await send(_START)
        await send({"type": "http.response.body", "body": message})
        await send(_TRAILERS)
    except OSError as error:  # By ASGI's specification, the caller has left.
        raise CallerLeft from error


async def refuse(send: Send, error: ApiError, request_id: str) -> None:
    """Answer with the status of an error, and without a message."""
    status = error.to_status(request_id)
    details = base64.b64encode(status.SerializeToString()).rstrip(b"=")
    headers = [
        _CONTENT_TYPE,
        (b"grpc-status", str(status.code).encode()),
        (b"grpc-message", urllib.parse.quote(status.message, safe=_PLAIN).encode()),
        (b"grpc-status-details-bin", details),
    ]
    if isinstance(error, CompressedRequest):
        headers.append((b"grpc-accept-encoding", b"identity"))
    with contextlib.suppress(OSError):  # The caller has left.
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send(_NO_BODY)


def _require_trailers(caller: AsgiCaller, scope: Scope) -> None:
    """Refuse a call whose peer would not get the trailers, and so not the status."""
    if scope["http_version"] != "2" or caller.metadata("te") != "trailers":
        raise InvalidFraming("gRPC needs HTTP/2 and 'te: trailers'")


async def _message(receive: Receive, limit: int, reserved: Reservation) -> bytes:
    """Return the message of a request.

    Args:
        receive: of the request.
        limit: bytes of a message, at most.
        reserved: the memory for the parts of a request that is not complete.
    """
    event = await receive()
    body: bytes = event.get("body", b"")
    if event.get("more_body") or event["type"] != "http.request":
        parts = bytearray()
        while event["type"] == "http.request":
            reserved.take(len(event["body"]))
            parts += event["body"]
            _require_prefix(parts, limit)
            if not event.get("more_body"):
                break
            event = await receive()
        else:
            raise CallerLeft
        body = bytes(parts)
    _require_prefix(body, limit)
    if len(body) - _PREFIX != int.from_bytes(body[1:_PREFIX]):
        _refuse_length(body)
    return body[_PREFIX:]


def _require_prefix(body: bytes | bytearray, limit: int) -> None:
    """Refuse a request by the prefix of its message, as soon as that is there."""
    if len(body) >= _PREFIX:
        if body[0]:
            # Compressed, though the metadata name no compression; or reserved bits.
            raise InvalidFraming("a message is compressed, and the call says that none is")
        if int.from_bytes(body[1:_PREFIX]) > limit:
            raise TooLong(limit)
        if len(body) > _PREFIX + int.from_bytes(body[1:_PREFIX]):
            raise OneMessageExpected


def _refuse_length(body: bytes) -> NoReturn:
    if not body:
        raise OneMessageExpected
    raise InvalidFraming("the request ends within a message")


async def _answer_or_leave(call: Call, request: bytes, receive: Receive) -> bytes:
    """Answer a call that waits, unless its caller leaves or its deadline passes before."""
    answering = asyncio.ensure_future(call.answer(request))
    leaving = asyncio.ensure_future(until_left(receive, complete=True)())
    try:
        await asyncio.wait(
            {answering, leaving},
            timeout=call.caller.time_remaining(),
            return_when=asyncio.FIRST_COMPLETED,
        )
        if answering.done():
            return answering.result()
        if leaving.done():
            raise CallerLeft
        raise DeadlineExceeded
    finally:
        answering.cancel()
        leaving.cancel()
