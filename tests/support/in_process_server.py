"""A server on grpcio in the process of the tests, for integration tests of the service."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Protocol

import grpc

from suppression_service.net import reserved_address
from suppression_service.server.server import serve
from suppression_service.server.settings import ServiceSettings
from suppression_service.server.transport.grpcio import GrpcioTransport


@contextlib.asynccontextmanager
async def served(url: str, **settings: Any) -> AsyncIterator[str]:
    """Serve a database for the length of the block; yield HOST:PORT before it is ready."""
    quick = {"drain_seconds": 0, "grace_seconds": 5, "snapshot_directory": ""}
    given = ServiceSettings(database_url=url, **{**quick, **settings})
    stop = asyncio.Event()
    with reserved_address("127.0.0.1:0") as listen:
        server = asyncio.create_task(serve(given, GrpcioTransport(given, listen), stop))
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
        """Yield a channel to the server, after it is ready unless ``ready=False``."""
