"""A worker process: one event loop, one replica, one gRPC server.

Spawned, never forked: a gRPC object that lives through a fork deadlocks. The
parent imports this module to name :func:`run`, so grpc comes in only inside it.
"""

import asyncio
import multiprocessing
import signal
import sys
from typing import Final

import structlog
from structlog.typing import Processor

from suppression_service.logs import set_up_logs
from suppression_service.net import lift_open_files
from suppression_service.server.request_id import add_request_id
from suppression_service.server.settings import ServiceSettings
from suppression_service.store import StoreError
from suppression_service.telemetry.aggregate import ReportTo

#: Exit status for a database that cannot be used: starting again would not help.
EXIT_UNUSABLE: Final = 3

_log = structlog.get_logger()


def run(settings: ServiceSettings, listen: str, report_to: ReportTo | None = None) -> None:
    """Serve until SIGTERM, SIGINT or the end of the parent process."""
    import uvloop

    set_up_logs(settings.log_format, *_added_to_lines(settings))
    lift_open_files()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve_until_told(settings, listen, report_to))
    except StoreError as error:
        _log.error("cannot serve", error=str(error))
        sys.exit(EXIT_UNUSABLE)


def _added_to_lines(settings: ServiceSettings) -> list[Processor]:
    if not settings.tracing:
        return [add_request_id]
    from suppression_service.server.tracing import add_trace_id  # an extra

    return [add_request_id, add_trace_id]


async def _serve_until_told(
    settings: ServiceSettings, listen: str, report_to: ReportTo | None
) -> None:
    from suppression_service.server.server import serve

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # Readable once the parent is gone, however it went: nobody is left to stop us.
    if parent := multiprocessing.parent_process():
        loop.add_reader(parent.sentinel, _orphaned, loop, parent.sentinel, stop)
    await serve(settings, listen, stop, report_to)


def _orphaned(loop: asyncio.AbstractEventLoop, sentinel: int, stop: asyncio.Event) -> None:
    loop.remove_reader(sentinel)  # It stays readable.
    stop.set()
