"""A connection of an attacker: HTTP/2 on a raw socket, with any frame at any time."""

import asyncio
import socket
import struct
import sys
from dataclasses import dataclass
from typing import Final

from tests.support import http2

#: A frame of DATA has at most this many bytes, unless the server says otherwise.
_FRAME: Final = 16_384
_READ: Final = 256 * 1024
#: An address of its own, so that limits by address count the attacker apart from the others.
_SOURCE: Final = "127.0.0.2" if sys.platform == "linux" else "127.0.0.1"
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Spent:
    """What an attack has cost the attacker so far; sizes in bytes."""

    connections: int = 0
    refused: int = 0
    streams: int = 0
    sent: int = 0
    received: int = 0


@dataclass(slots=True)
class _Upload:
    window: int
    data: memoryview
    whole: bool

    def take(self, room: int) -> bytes:
        """Return what may be sent next, as far as there is room on the connection."""
        size = max(0, min(len(self.data), self.window, room, _FRAME))
        part, self.data = self.data[:size], self.data[size:]
        self.window -= size
        return bytes(part)


class Ended(ConnectionError):
    """The server has closed the connection, or wants it closed."""


class Connection:
    """An open connection.

    Args:
        reader: what the server sends.
        writer: to the server.
        spent: counts.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, spent: Spent
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._spent = spent
        self._unread = bytearray()
        self._unacknowledged = 0
        self._next_stream = 1
        self._window = self._stream_window = http2.FIRST_WINDOW
        self._uploads: dict[int, _Upload] = {}

    def new_stream(self) -> int:
        """Return the number of a stream that was never used."""
        stream, self._next_stream = self._next_stream, self._next_stream + 2
        self._spent.streams += 1
        return stream

    async def send(self, data: bytes) -> None:
        """Send bytes as they are, and wait while the server does not take them."""
        self._write(data)
        await self._writer.drain()
        await asyncio.sleep(0)

    def upload(self, stream: int, data: memoryview, *, whole: bool) -> None:
        """Send data on a stream, as fast as the server's windows allow, while `read` is called."""
        self._uploads[stream] = _Upload(self._stream_window, data, whole)

    async def read(self) -> list[int]:
        """Wait for frames, and keep flow control going; return the streams that ended.

        Raises:
            Ended: the connection has.
        """
        self._send_uploads()
        await self._writer.drain()
        data = await self._reader.read(_READ)
        if not data:
            raise Ended
        self._spent.received += len(data)
        self._unread += data
        return self._ended()

    async def discard(self) -> None:
        """Read all that comes and look at nothing, until the server closes the connection."""
        while data := await self._reader.read(_READ):
            self._spent.received += len(data)
        raise Ended

    def abort(self) -> None:
        """Close the connection by a reset."""
        self._writer.transport.abort()

    def _write(self, data: bytes) -> None:
        self._spent.sent += len(data)
        self._writer.write(data)

    def _ended(self) -> list[int]:
        unread, at, ended = self._unread, 0, []
        while len(unread) - at >= http2.HEAD:
            end = at + http2.HEAD + int.from_bytes(unread[at : at + 3])
            if len(unread) < end:
                break
            kind, flags = unread[at + 3], unread[at + 4]
            stream = int.from_bytes(unread[at + 5 : at + http2.HEAD])
            last = kind in {http2.DATA, http2.HEADERS} and flags & http2.END_STREAM
            if last or kind == http2.RST_STREAM:
                ended.append(stream)
            self._on_frame(kind, flags, stream, bytes(unread[at + http2.HEAD : end]))
            at = end
        del unread[:at]
        for stream in ended:
            self._uploads.pop(stream, None)
        return ended

    def _on_frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == http2.GOAWAY:
            raise Ended
        if kind == http2.WINDOW_UPDATE:
            self._widen(stream, int.from_bytes(payload))
        elif kind == http2.SETTINGS and not flags & http2.ACK:
            self._take_settings(payload)
        elif kind == http2.PING and not flags & http2.ACK:
            self._write(http2.frame(http2.PING, payload, flags=http2.ACK))
        elif kind == http2.DATA:
            self._acknowledge(len(payload))

    def _widen(self, stream: int, size: int) -> None:
        if not stream:
            self._window += size
        elif upload := self._uploads.get(stream):
            upload.window += size

    def _take_settings(self, payload: bytes) -> None:
        for number, value in struct.iter_unpack(">HI", payload):
            if number == http2.INITIAL_WINDOW_SIZE:
                more, self._stream_window = value - self._stream_window, value
                for upload in self._uploads.values():
                    upload.window += more
        self._write(http2.frame(http2.SETTINGS, b"", flags=http2.ACK))

    def _acknowledge(self, size: int) -> None:
        self._unacknowledged += size
        if self._unacknowledged >= http2.FIRST_WINDOW // 2:
            self._write(http2.window_update(self._unacknowledged))
            self._unacknowledged = 0

    def _send_uploads(self) -> None:
        for stream, upload in self._uploads.items():
            while part := upload.take(self._window):
                self._window -= len(part)
                last = upload.whole and not upload.data
                self._write(http2.frame(http2.DATA, part, stream, http2.END_STREAM if last else 0))


async def connect(port: int, spent: Spent, *, buffer: int = 0) -> Connection:
    """Connect to a port of this machine.

    Args:
        port: of 127.0.0.1.
        spent: counts.
        buffer: bytes that the kernel keeps for an attacker that does not read; 0: as usual.

    Raises:
        OSError: it is refused.
    """
    peer = socket.socket()
    try:
        peer.setblocking(False)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        if buffer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        peer.bind((_SOURCE, 0))
        spent.connections += 1
        await asyncio.get_running_loop().sock_connect(peer, ("127.0.0.1", port))
        limit = buffer or _READ
        reader, writer = await asyncio.open_connection(sock=peer, limit=limit)
    except BaseException:
        peer.close()
        raise
    return Connection(reader, writer, spent)
