"""One worker's gRPC server: from an open database to a drained stop."""

import asyncio
import contextlib
import gc
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from suppression.v1.suppression_service_pb2_grpc import (
    add_SuppressionServiceServicer_to_server,
)
from suppression_service.aio import every
from suppression_service.server.auth import TokenFile
from suppression_service.server.calls import SERVICE, GuardedServicer
from suppression_service.server.health import answering_probes
from suppression_service.server.metrics import WorkerMetrics
from suppression_service.server.quota import Quota
from suppression_service.server.readable import ReadableRequests, as_empty, as_none
from suppression_service.server.replica.base import BaseSource
from suppression_service.server.replica.follower import Follower
from suppression_service.server.replica.snapshot import SnapshotDirectory
from suppression_service.server.service import SuppressionServicer
from suppression_service.server.settings import ServiceSettings
from suppression_service.server.transport.options import server_options
from suppression_service.server.transport.tls import server_credentials
from suppression_service.server.writer import GroupWriter
from suppression_service.store import Store, StoreUnavailable
from suppression_service.store.engine import open_engine
from suppression_service.telemetry.aggregate import Reporter, ReportTo

if TYPE_CHECKING:
    from suppression_service.server.tracing import Tracing

#: Seconds between two looks at whether health has changed.
_HEALTH_SECONDS: Final = 0.1
#: Seconds between two looks at whether the file of tokens has changed.
_TOKEN_SECONDS: Final = 1.0

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
_log = structlog.get_logger()


async def serve(
    settings: ServiceSettings, listen: str, stop: asyncio.Event, report_to: ReportTo | None = None
) -> None:
    """Answer until ``stop`` is set, then drain.

    Args:
        settings: everything but the address to listen on.
        listen: HOST:PORT, shared with the other workers.
        stop: set when it is time to go.
        report_to: who is told what was counted, if anybody.

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
    # Left in the opposite order: calls end first, then the writes, then the store.
    with contextlib.closing(store):
        async with follower.following(), writer.writing():
            # A worker that does not listen yet leaves connections to those that can answer.
            await _first(follower.tried, stop)
            if not stop.is_set():
                port = _Port(settings, servicer, follower, report_to)
                await port.answer(listen, stop)


class _Port:
    """Where a worker takes calls, and what goes with it for as long as it does."""

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
        guarded = self._guarded()
        status = _add_services(server, guarded, settings)
        _bind(server, settings, listen)
        published = _Health(status, self._follower)
        await published.refresh()
        async with (
            answering_probes(settings.health_listen, status),
            every(_HEALTH_SECONDS, published.refresh, "health"),
            every(_TOKEN_SECONDS, _refresh(self._tokens), "tokens"),
            self._reporting(guarded),
            self._tracing.sending() if self._tracing else contextlib.nullcontext(),
        ):
            await server.start()
            # What was made until now stays: no use in looking at it for garbage again.
            gc.freeze()
            await stop.wait()
            await _drain(server, status, self._servicer, settings)

    def _guarded(self) -> GuardedServicer:
        settings = self._settings
        quota = Quota(settings.max_rate) if settings.max_rate else None
        around = self._tracing.traced if self._tracing else None
        return GuardedServicer(self._servicer, self._tokens, quota, around)

    def _reporting(self, guarded: GuardedServicer) -> AbstractAsyncContextManager[None]:
        if self._report_to is None:
            return contextlib.nullcontext()
        metrics = WorkerMetrics(
            SERVICE.full_name, guarded.counts, self._servicer.checks, self._follower
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
    store = Store(open_engine(settings.database_url))
    try:
        store.require_schema()
    except StoreUnavailable as error:
        # A worker that is replaced while the database is away has its snapshot; the store
        # looks at the schema once it is back.
        _log.warning("database away at start", error=str(error))
    return store


def _snapshots(settings: ServiceSettings, store: Store) -> SnapshotDirectory | None:
    if not settings.snapshot_directory:
        return None
    try:
        return SnapshotDirectory(Path(settings.snapshot_directory), store.engine.url)
    except OSError as error:
        _log.warning("no snapshots: each worker keeps a list of its own", error=str(error))
        return None


def grpc_server(settings: ServiceSettings) -> grpc.aio.Server:
    """Return a server with this service's options and no calls yet."""
    return grpc.aio.server(options=server_options(settings))


def _add_services(
    server: grpc.aio.Server, servicer: GuardedServicer, settings: ServiceSettings
) -> health.aio.HealthServicer:
    status = health.aio.HealthServicer()
    lenient = ReadableRequests(server, as_empty)
    add_SuppressionServiceServicer_to_server(servicer, ReadableRequests(server, as_none))
    health_pb2_grpc.add_HealthServicer_to_server(status, lenient)
    if settings.reflection:
        names = (SERVICE.full_name, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflected = reflection.aio.ReflectionServicer(names)
        reflection_pb2_grpc.add_ServerReflectionServicer_to_server(reflected, lenient)
    return status


def _bind(server: grpc.aio.Server, settings: ServiceSettings, listen: str) -> None:
    if credentials := server_credentials(settings):
        server.add_secure_port(listen, credentials)
    else:
        server.add_insecure_port(listen)


class _Health:
    """Says SERVING while there is a replica that is young enough to answer from."""

    def __init__(self, status: health.aio.HealthServicer, follower: Follower) -> None:
        self._status = status
        self._follower = follower
        self._told: int | None = None

    async def refresh(self) -> None:
        now = _SERVING if self._follower.replica else _NOT_SERVING
        if now != self._told:
            await _set_health(self._status, now)
            self._told = now


async def _set_health(status: health.aio.HealthServicer, to: int) -> None:
    for name in ("", SERVICE.full_name):
        await status.set(name, to)


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
