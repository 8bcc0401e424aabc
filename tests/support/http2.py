"""HTTP/2 frames (RFC 9113) for tests with misbehaving clients: complete frames, or parts of one."""

import asyncio
import contextlib
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

#: Kinds of frames.
DATA, HEADERS, RST_STREAM, SETTINGS = 0x0, 0x1, 0x3, 0x4
PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0x6, 0x7, 0x8, 0x9
#: Flags of frames. ACK is a flag of SETTINGS and PING.
END_STREAM, END_HEADERS, ACK = 0x1, 0x4, 0x1
#: Bytes of a frame's head.
HEAD: Final = 9
#: Flow control begins with this many bytes, for a connection and for each stream.
FIRST_WINDOW: Final = 65_535
#: The number of this setting: the window that each stream begins with.
INITIAL_WINDOW_SIZE: Final = 0x4

_CANCEL: Final = 0x8


def frame(kind: int, payload: bytes, stream: int = 0, flags: int = 0) -> bytes:
    """Return a frame."""
    head = len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4)
    return head + payload


def settings(window: int = FIRST_WINDOW) -> bytes:
    """Return the client's settings: how much of each answer it takes before it asks for more."""
    return frame(SETTINGS, INITIAL_WINDOW_SIZE.to_bytes(2) + window.to_bytes(4))


def window_update(size: int, stream: int = 0) -> bytes:
    """Return what lets the peer send more, on a stream or (0) on the connection."""
    return frame(WINDOW_UPDATE, size.to_bytes(4), stream)


def reset(stream: int) -> bytes:
    """Return what cancels a stream."""
    return frame(RST_STREAM, _CANCEL.to_bytes(4), stream)


def block(method: str, more: Mapping[str, str] | None = None) -> bytes:
    """Return the headers of a call as a block (RFC 7541): with more headers, without a frame.

    Args:
        method: of SuppressionService, or a path that begins with a slash.
        more: headers after those that every call has.
    """
    path = method if method.startswith("/") else f"/suppression.v1.SuppressionService/{method}"
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": "localhost",
        "content-type": "application/grpc",
        "te": "trailers",
        **(more or {}),
    }
    return b"".join(field(name, value) for name, value in fields.items())


def field(name: str, value: str, *, remembered: bool = False) -> bytes:
    """Return a header, not compressed; a remembered one gets a place in the peer's table."""
    return (b"\x40" if remembered else b"\0") + _text(name) + _text(value)


def headers(method: str, stream: int) -> bytes:
    """Return the beginning of a call."""
    return frame(HEADERS, block(method), stream, END_HEADERS)


def message(serialized: bytes, stream: int) -> bytes:
    """Return the rest of a call."""
    return frame(DATA, prefixed(serialized), stream, END_STREAM)


def prefixed(serialized: bytes, *, compressed: bool = False, length: int | None = None) -> bytes:
    """Return a message of gRPC, which says its length: the true one, unless another is given."""
    said = len(serialized) if length is None else length
    return bytes((compressed,)) + said.to_bytes(4) + serialized


def _text(text: str) -> bytes:
    return _length(len(text)) + text.encode()


def _length(number: int) -> bytes:
    # RFC 7541, 5.1, with a prefix of 7 bits.
    if number < 0x7F:
        return bytes((number,))
    rest = number - 0x7F
    encoded = bytearray((0x7F,))
    while rest >= 0x80:
        encoded.append(rest % 0x80 | 0x80)
        rest //= 0x80
    encoded.append(rest)
    return bytes(encoded)


class Peer:
    """A connection that sends given bytes, and reads nothing until it is asked to.

    Args:
        address: HOST:PORT.
        data: to send.
    """

    def __init__(self, address: str, data: bytes = b"") -> None:
        self._host, _, self._port = address.rpartition(":")
        self._data = data

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self._host, int(self._port))
        # The server may refuse it.
        self._writer.write(self._data)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.transport.abort()

    async def hung_up_on(self) -> None:
        """Wait until the server closes the connection; the test's time limit ends it."""
        with contextlib.suppress(ConnectionError):
            await self._reader.read()
