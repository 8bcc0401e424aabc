"""A client over HTTP/2 that sends any headers and any data, and keeps all that comes back.

:mod:`tests.support.http2` writes single frames; this one follows whole calls.
"""

import contextlib
import dataclasses
import socket
import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Final, Self

import h2.config
import h2.connection
import h2.events

from tests.support.processes import DEADLINE

Headers = Iterable[tuple[str, str]]

_READ: Final = 65_536


@dataclasses.dataclass(slots=True)
class Response:
    """What came back on a stream. Headers and trailers are by name, the body is as it came."""

    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    trailers: dict[str, str] = dataclasses.field(default_factory=dict)
    body: bytes = b""
    #: The error code of RST_STREAM or GOAWAY (RFC 9113, 7); -1 if the connection ended without.
    reset: int | None = None
    connection_ended: bool = False
    ended: bool = False

    def metadata(self, name: str) -> str:
        """Return what the trailers say, or the headers of a response without a body."""
        return self.trailers.get(name) or self.headers.get(name, "")


class Http2Client:
    """One connection to a server.

    Args:
        address: HOST:PORT.
    """

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=DEADLINE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # The headers under test break rules.
        self._connection = h2.connection.H2Connection(
            h2.config.H2Configuration(
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
                header_encoding="latin-1",
            )
        )
        self._responses: dict[int, Response] = {}
        self._connection.initiate_connection()
        self._flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def begin(self, headers: Headers, *, last: bool = False) -> int:
        """Send headers; return the stream that they opened."""
        stream = self._connection.get_next_available_stream_id()
        self._responses[stream] = Response()
        self._connection.send_headers(stream, list(headers), end_stream=last)
        self._flush()
        return stream

    def send(self, stream: int, data: bytes, *, last: bool = False) -> None:
        """Send data, in as few frames as the server takes; stop once it has answered."""
        response = self._responses[stream]
        while data and not response.ended:
            room = min(
                self._connection.local_flow_control_window(stream),
                self._connection.max_outbound_frame_size,
            )
            if not room:
                self._read()
                continue
            part, data = data[:room], data[room:]
            self._connection.send_data(stream, part, end_stream=last and not data)
            self._flush()
        if last and not data and not response.ended and not self._is_closed(stream):
            self._connection.end_stream(stream)
            self._flush()

    def reset(self, stream: int, code: int = 0x8) -> None:
        """Cancel a stream."""
        self._connection.reset_stream(stream, code)
        self._flush()

    def response(self, stream: int) -> Response:
        """Wait for the whole response."""
        response = self._responses[stream]
        until = time.monotonic() + DEADLINE
        while not response.ended:
            assert time.monotonic() < until, f"no end of the response: {response}"
            self._read()
        return response

    def call(self, headers: Headers, *parts: bytes) -> Response:
        """Send headers and data, each part in a frame of its own; return the response."""
        stream = self.begin(headers, last=not parts)
        for number, part in enumerate(parts, 1):
            self.send(stream, part, last=number == len(parts))
        return self.response(stream)

    def _is_closed(self, stream: int) -> bool:
        return self._connection.streams[stream].state_machine.state.name != "OPEN"

    def _flush(self) -> None:
        with contextlib.suppress(ConnectionError):  # The next read sees it too.
            self._socket.sendall(self._connection.data_to_send())

    def _read(self) -> None:
        try:
            data = self._socket.recv(_READ)
        except ConnectionError:
            data = b""
        if not data:
            self._end_all(-1)
            return
        for event in self._connection.receive_data(data):
            self._note(event)
        self._flush()

    def _note(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.ConnectionTerminated):
            if event.error_code:
                self._end_all(event.error_code)
        elif (response := self._responses.get(getattr(event, "stream_id", 0))) is not None:
            self._note_response(event, response)

    def _note_response(self, event: h2.events.Event, response: Response) -> None:
        match event:
            case h2.events.ResponseReceived():
                response.headers = _by_name(event.headers)
            case h2.events.TrailersReceived():
                response.trailers = _by_name(event.headers)
            case h2.events.DataReceived():
                response.body += event.data
                self._connection.acknowledge_received_data(
                    event.flow_controlled_length, event.stream_id
                )
            case h2.events.StreamReset() if not response.ended:
                response.reset, response.ended = event.error_code, True
            case h2.events.StreamEnded():
                response.ended = True

    def _end_all(self, code: int) -> None:
        for response in self._responses.values():
            if not response.ended:
                response.reset, response.ended = code, True
                response.connection_ended = True


def _by_name(headers: Iterable[tuple[Any, Any]]) -> dict[str, str]:
    return dict(headers)


def grpc_headers(
    method: str, more: Mapping[str, str | None] | None = None
) -> list[tuple[str, str]]:
    """Return the headers of a call; ``more`` replaces some, and those with None are left out."""
    path = method if method.startswith("/") else f"/suppression.v1.SuppressionService/{method}"
    fields: dict[str, str | None] = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": "localhost",
        "content-type": "application/grpc",
        "te": "trailers",
        **(more or {}),
    }
    return [(name, value) for name, value in fields.items() if value is not None]
