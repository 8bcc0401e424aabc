"""One process of the server, from opening the database to draining."""

import asyncio
import contextlib
import gc
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import grpc
import structlog
from grpc_health.v1 import health

from suppression_service.aio import every
from suppression_service.server.auth import TokenFile
from suppression_service.server.calls import SERVICE, CallServicer
from suppression_service.server.health import PublishedHealth, answering_probes
from suppression_service.server.limits import RateLimit
from suppression_service.server.metrics import ProcessMetrics
from suppression_service.server.replica.base import BaseSource
from suppression_service.server.replica.follower import Follower
from suppression_service.server.replica.snapshot import SnapshotDirectory
from suppression_service.server.service import SuppressionServicer
from suppression_service.server.settings import ServiceSettings
from suppression_service.server.transport.grpcio import add_services, bind, grpc_server
from suppression_service.server.writer import GroupWriter
from suppression_service.store import Store, StoreUnavailable
from suppression_service.store.engine import open_engine
from suppression_service.telemetry.aggregate import Reporter, ReportTo

if TYPE_CHECKING:
    from suppression_service.server.tracing import Tracing

#: Seconds between two checks of the health.
_HEALTH_SECONDS: Final = 0.1
#: Seconds between two checks whether the token file has changed.
_TOKEN_SECONDS: Final = 1.0

_log = structlog.get_logger()


async def serve(
    settings: ServiceSettings, listen: str, stop: asyncio.Event, report_to: ReportTo | None = None
) -> None:
    """Answer until ``stop`` is set, then drain.

    Args:
        settings: everything but the address to listen on.
        listen: HOST:PORT, shared with the other processes.
        stop: set when the process is to stop.
        report_to: where to report metrics, if anywhere.

    Raises:
        StoreError: the database URL or schema cannot be used.
    """
    store = _store(settings)
    follower = Follower(
        store,
        BaseSource(store, _snapshots(settings, store)),
        poll_seconds=settings.poll_seconds,
        max_staleness=settings.max_staleness_time,
    )
    writer = GroupWriter(store, settings.max_calls)
    servicer = SuppressionServicer(store, follower, writer, settings.max_batch, settings.max_calls)
    # The blocks end in the opposite order: first the calls, then the writes, then the store.
    with contextlib.closing(store):
        async with follower.following(), writer.writing():
            # Until this process listens, connections go to processes that can answer.
            await _first(follower.tried, stop)
            if not stop.is_set():
                endpoint = _Endpoint(settings, servicer, follower, report_to)
                await endpoint.answer(listen, stop)


class _Endpoint:
    """The gRPC server of a process, and the tasks that run beside it."""

    def __init__(
        self,
        settings: ServiceSettings,
        servicer: SuppressionServicer,
        follower: Follower,
        report_to: ReportTo | None,
    ) -> None:
        self._settings = settings
        self._servicer = servicer
        self._follower = follower
        self._report_to = report_to
        self._tokens = TokenFile(settings.token_file) if settings.token_file else None
        self._tracing = _tracing(settings)

    async def answer(self, listen: str, stop: asyncio.Event) -> None:
        """Answer at HOST:PORT until ``stop`` is set, then drain."""
        settings = self._settings
        server = grpc_server(settings)
        calls = self._calls()
        status = add_services(server, calls, settings)
        bind(server, settings, listen)
        health_state = PublishedHealth(status, self._follower)
        await health_state.refresh()
        async with (
            answering_probes(settings.health_listen, status),
            every(_HEALTH_SECONDS, health_state.refresh, "health"),
            every(_TOKEN_SECONDS, _refresh(self._tokens), "tokens"),
            self._reporting(calls),
            self._tracing.sending() if self._tracing else contextlib.nullcontext(),
        ):
            await server.start()
            # The objects that exist now stay, so the garbage collector need not scan them again.
            gc.freeze()
            await stop.wait()
            await _drain(server, status, self._servicer, settings)

    def _calls(self) -> CallServicer:
        settings = self._settings
        rate_limit = RateLimit(settings.max_rate) if settings.max_rate else None
        around = self._tracing.traced if self._tracing else None
        return CallServicer(self._servicer, self._tokens, rate_limit, around)

    def _reporting(self, calls: CallServicer) -> AbstractAsyncContextManager[None]:
        if self._report_to is None:
            return contextlib.nullcontext()
        metrics = ProcessMetrics(
            SERVICE.full_name, calls.counts, self._servicer.checks, self._follower
        )
        return Reporter(self._report_to, metrics).reporting()


def _tracing(settings: ServiceSettings) -> "Tracing | None":
    if not settings.tracing:
        return None
    from suppression_service.server.tracing import Tracing  # an extra

    return Tracing(SERVICE.full_name)


async def _first(*events: asyncio.Event) -> None:
    """Wait until one of several events is set."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


def _refresh(tokens: TokenFile | None) -> Callable[[], Awaitable[None]]:
    async def refresh() -> None:
        if tokens is not None:
            await asyncio.to_thread(tokens.refresh)

    return refresh


def _store(settings: ServiceSettings) -> Store:
    store = Store(open_engine(settings.database_url), max_streams=settings.max_streams)
    try:
        store.require_schema()
    except StoreUnavailable as error:
        # A process that is replaced while the database is away has its snapshot. The store
        # checks the schema once the database is back.
        _log.warning("database away at start", error=str(error))
    return store


def _snapshots(settings: ServiceSettings, store: Store) -> SnapshotDirectory | None:
    if not settings.snapshot_directory:
        return None
    try:
        return SnapshotDirectory(Path(settings.snapshot_directory), store.engine.url)
    except OSError as error:
        _log.warning("no snapshots: each process keeps a list of its own", error=str(error))
        return None


async def _drain(
    server: grpc.aio.Server,
    status: health.aio.HealthServicer,
    servicer: SuppressionServicer,
    settings: ServiceSettings,
) -> None:
    """Stop without failing a call: leave the load balancer, then finish what is under way."""
    _log.info("draining")
    await status.enter_graceful_shutdown()
    await asyncio.sleep(settings.drain_seconds)
    servicer.drain()
    await server.stop(settings.grace_seconds)
