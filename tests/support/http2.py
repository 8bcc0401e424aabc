"""HTTP/2 frames (RFC 9113) for tests with misbehaving clients: complete frames, or parts of one."""

import asyncio
import contextlib
from types import TracebackType
from typing import Final, Self

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

_DATA, _HEADERS, _SETTINGS = 0x0, 0x1, 0x4
_END_STREAM, _END_HEADERS = 0x1, 0x4
_INITIAL_WINDOW_SIZE: Final = 0x4


def frame(kind: int, payload: bytes, stream: int = 0, flags: int = 0) -> bytes:
    """Return a frame."""
    head = len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4)
    return head + payload


def settings(window: int = 65_535) -> bytes:
    """Return the client's settings: how much of each answer it takes before it asks for more."""
    return frame(_SETTINGS, _INITIAL_WINDOW_SIZE.to_bytes(2) + window.to_bytes(4))


def headers(method: str, stream: int) -> bytes:
    """Return the beginning of a call."""
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": f"/suppression.v1.SuppressionService/{method}",
        ":authority": "localhost",
        "content-type": "application/grpc",
        "te": "trailers",
    }
    block = b"".join(b"\0" + _text(name) + _text(value) for name, value in fields.items())
    return frame(_HEADERS, block, stream, _END_HEADERS)


def message(serialized: bytes, stream: int) -> bytes:
    """Return the rest of a call."""
    return frame(_DATA, b"\0" + len(serialized).to_bytes(4) + serialized, stream, _END_STREAM)


def _text(text: str) -> bytes:
    # HPACK (RFC 7541): a literal, not indexed, not compressed, shorter than 127 bytes.
    return bytes((len(text),)) + text.encode()


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
