"""A proxy in front of the gRPC server, which can refuse and cut connections.

The gRPC server itself goes on. To clients an outage looks like a crash: connections end
without a GOAWAY frame.
"""

import asyncio
import contextlib
from typing import Final

_PIECE: Final = 64 * 1024


class Door:
    """Passes bytes between clients and the server behind it.

    Args:
        listen: HOST:PORT, with a real port that the caller has reserved.
        behind: the port of the server on 127.0.0.1.
    """

    def __init__(self, listen: str, behind: int) -> None:
        host, _, port = listen.rpartition(":")
        self._host, self._port = host.strip("[]"), int(port)
        self._behind = behind
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Accept connections. Does nothing if the door is open."""
        if self._server is None:
            # Shares the port with the socket that reserves it, which never listens.
            self._server = await asyncio.start_server(
                self._let_in, self._host, self._port, reuse_port=True
            )

    def shut(self) -> None:
        """Refuse new connections and cut the open ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    def cut(self) -> None:
        """Cut every connection; new ones are accepted."""
        for writer in self._connections:
            writer.transport.abort()

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            with contextlib.suppress(OSError):
                from_server, to_server = await asyncio.open_connection("127.0.0.1", self._behind)
                await _both_ways((reader, to_server), (from_server, writer))
        finally:
            self._connections.discard(writer)


async def _both_ways(*ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    """Pass bytes in both directions until one side closes, then close the other."""
    tasks = [asyncio.create_task(_pass_on(*way)) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _, writer in ways:
            writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(_PIECE):
        writer.write(piece)
        await writer.drain()
