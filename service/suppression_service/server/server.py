"""One process of the server, from opening the database to draining."""

import asyncio
import contextlib
import gc
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from suppression_service.aio import every
from suppression_service.server.auth import TokenFile
from suppression_service.server.calls import Calls, Gate
from suppression_service.server.errors import TooManyOfPeer
from suppression_service.server.health import Health, PublishedHealth
from suppression_service.server.limits import RateLimit
from suppression_service.server.metrics import ProcessMetrics
from suppression_service.server.replica.base import BaseSource
from suppression_service.server.replica.follower import Follower
from suppression_service.server.replica.snapshot import SnapshotDirectory
from suppression_service.server.services import RPCS, Services
from suppression_service.server.settings import ServiceSettings
from suppression_service.server.transport import Transport
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
    settings: ServiceSettings,
    transport: Transport,
    stop: asyncio.Event,
    report_to: ReportTo | None = None,
) -> None:
    """Answer until ``stop`` is set, then drain.

    Args:
        settings: of the server.
        transport: brings the calls.
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
    services = Services(store, follower, writer, settings.max_batch, settings.max_calls)
    # The blocks end in the opposite order: first the calls, then the writes, then the store.
    with contextlib.closing(store):
        async with follower.following(), writer.writing():
            # Until this process listens, connections go to processes that can answer.
            await _first(follower.tried, stop)
            if not stop.is_set():
                endpoint = _Endpoint(settings, services, follower, report_to)
                await endpoint.answer(transport, stop)


class _Endpoint:
    """The calls of a process, and the tasks that run beside them."""

    def __init__(
        self,
        settings: ServiceSettings,
        services: Services,
        follower: Follower,
        report_to: ReportTo | None,
    ) -> None:
        self._settings = settings
        self._services = services
        self._follower = follower
        self._report_to = report_to
        self._tokens = TokenFile(settings.token_file) if settings.token_file else None
        self._tracing = _tracing(settings)

    async def answer(self, transport: Transport, stop: asyncio.Event) -> None:
        """Answer until ``stop`` is set, then drain."""
        calls, health = self._calls(), Health()
        published = PublishedHealth(health, self._follower)
        await published.refresh()
        async with (
            every(_HEALTH_SECONDS, published.refresh, "health"),
            every(_TOKEN_SECONDS, _refresh(self._tokens), "tokens"),
            self._reporting(calls, transport),
            self._tracing.sending() if self._tracing else contextlib.nullcontext(),
        ):
            await transport.start(calls, health)
            _log.info("answering calls")
            # The objects that exist now stay, so the garbage collector need not scan them again.
            gc.freeze()
            await stop.wait()
            await self._drain(transport, health)

    async def _drain(self, transport: Transport, health: Health) -> None:
        """Stop without failing a call: leave the load balancer, then finish what is under way."""
        _log.info("draining")
        health.drain()
        await asyncio.sleep(self._settings.drain_seconds)
        self._services.drain()
        await transport.stop(self._settings.grace_seconds)

    def _calls(self) -> Calls:
        settings = self._settings
        gate = Gate(
            self._tokens,
            RateLimit(settings.max_rate) if settings.max_rate else None,
            RateLimit(settings.max_peer_rate, TooManyOfPeer) if settings.max_peer_rate else None,
        )
        return Calls(self._services.by_name, RPCS, gate, settings.max_batch_request, self._tracing)

    def _reporting(self, calls: Calls, transport: Transport) -> AbstractAsyncContextManager[None]:
        if self._report_to is None:
            return contextlib.nullcontext()
        metrics = ProcessMetrics(
            calls.counts,
            self._services.checks,
            self._follower,
            transport.metrics,
        )
        return Reporter(self._report_to, metrics).reporting()


def _tracing(settings: ServiceSettings) -> "Tracing | None":
    if not settings.tracing:
        return None
    from suppression_service.server.tracing import Tracing  # an extra

    return Tracing()


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
