"""One process of a server, started by its parent (:mod:`.processes`)."""

import asyncio
import os
import sys

import structlog
import uvloop
from structlog.typing import Processor

from suppression_service.config import EXIT_UNUSABLE
from suppression_service.logs import set_up_logs
from suppression_service.net import raise_open_file_limit
from suppression_service.server.caller import add_request_id
from suppression_service.server.child import stop_event
from suppression_service.server.process_start import ProcessStart
from suppression_service.server.server import serve
from suppression_service.server.settings import ServiceSettings
from suppression_service.server.transport import Transport
from suppression_service.server.transport.grpcio import GrpcioTransport
from suppression_service.store import StoreError

_log = structlog.get_logger()


async def serve_until_stopped(start: ProcessStart, transport: Transport) -> int:
    """Serve until the parent says stop, or dies; return the exit status."""
    try:
        await serve(start.settings, transport, stop_event(), start.report_to)
    except StoreError as error:
        _log.error("cannot serve", error=str(error))
        return EXIT_UNUSABLE
    return 0


def set_up(settings: ServiceSettings) -> None:
    """Set up the log of this process, and its limits."""
    set_up_logs(settings.log_format, *_log_processors(settings))
    raise_open_file_limit()


def _log_processors(settings: ServiceSettings) -> list[Processor]:
    if not settings.tracing:
        return [add_request_id]
    from suppression_service.server.tracing import add_trace_id  # an extra

    return [add_request_id, add_trace_id]


def main() -> None:
    """Be a process that serves over grpcio."""
    start = ProcessStart.from_environment(os.environ)
    set_up(start.settings)
    transport = GrpcioTransport(start.settings, start.listen)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(serve_until_stopped(start, transport)))


if __name__ == "__main__":
    main()
