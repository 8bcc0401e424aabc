"""A server in the process of the tests."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Protocol

import grpc

from suppression_service.net import reserved_address
from suppression_service.server.server import serve
from suppression_service.server.settings import ServiceSettings


@contextlib.asynccontextmanager
async def served(url: str, **settings: Any) -> AsyncIterator[str]:
    """Serve a database for the length of the block; give the HOST:PORT where that begins."""
    quick = {"drain_seconds": 0, "grace_seconds": 5, "snapshot_directory": ""}
    told = ServiceSettings(database_url=url, **{**quick, **settings})
    stop = asyncio.Event()
    with reserved_address("127.0.0.1:0") as listen:
        server = asyncio.create_task(serve(told, listen, stop))
        try:
            yield listen
        finally:
            stop.set()
            await server


class Serve(Protocol):
    """Serves a database in this process for the length of a block."""

    def __call__(
        self, url: str, *, ready: bool = True, **settings: Any
    ) -> contextlib.AbstractAsyncContextManager[grpc.aio.Channel]:
        """Yield a channel to the server, once it answers unless told otherwise."""
