"""What Envoy loads into its Python: a service whose process the Envoy is."""

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn

import structlog

from suppression_service.server.transport.envoy.asgi import (
    AsgiApplication,
    Event,
    Receive,
    Scope,
    Send,
)
from suppression_service.server.transport.envoy.transport import EnvoyTransport

_log = structlog.get_logger()


class Hosted:
    """An ASGI application. Its first lifespan is that of a service.

    pyvoy begins a lifespan for each port, in a thread with a loop of its own. The service lives
    in the loop of the first, and answers the requests of all.

    Args:
        begin: sets the process up; returns the transport, and what serves over it until the
            process is to stop, and then gives the exit status.
    """

    def __init__(
        self, begin: Callable[[], tuple[EnvoyTransport, Coroutine[Any, Any, int]]]
    ) -> None:
        self._begin = begin
        self._transport: EnvoyTransport | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or start."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        # Envoy listens after the start.
        assert self._transport is not None  # noqa: S101
        assert self._transport.application is not None  # noqa: S101
        assert self._loop is not None  # noqa: S101
        if asyncio.get_running_loop() is self._loop:
            await self._transport.application(scope, receive, send)
        else:
            await _answer_in(self._loop, self._transport.application, scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        if self._loop is not None:
            await send({"type": "lifespan.startup.complete"})
            await receive()
            return
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(_log_failure)
        self._transport, serve = self._begin()
        serving = asyncio.create_task(_end_with(serve, self._transport))
        await self._transport.started.wait()
        await send({"type": "lifespan.startup.complete"})
        await serving


async def _answer_in(
    loop: asyncio.AbstractEventLoop,
    application: AsgiApplication,
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    """Have a request answered in another loop than its own."""
    here = asyncio.get_running_loop()

    async def received() -> Event:
        return await receive()

    async def sent(event: Event) -> None:
        await send(event)

    async def receive_from_here() -> Event:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(received(), here))

    async def send_from_here(event: Event) -> None:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(sent(event), here))

    async def answer() -> None:
        await application(scope, receive_from_here, send_from_here)

    await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(answer(), loop))


def _log_failure(_loop: asyncio.AbstractEventLoop, failure: dict[str, Any]) -> None:
    """Log what nobody else can catch: without a traceback, since it can name a request."""
    error = failure.get("exception")
    _log.error("a callback failed", error=type(error).__name__, message=failure["message"])


async def _end_with(serve: Coroutine[Any, Any, int], transport: EnvoyTransport) -> NoReturn:
    """Serve, then end the whole process, Envoy included.

    Envoy has no orderly end that its Python could ask for and wait for.
    """
    status = 1
    try:
        status = await serve
    finally:
        _remove(transport.folder)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _remove(folder: Path) -> None:
    """Remove the folder of this process, with its key, and that of the server if it is empty.

    The parent would do it, but it may have been killed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.parent.rmdir()
