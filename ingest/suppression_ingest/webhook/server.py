"""The processes of the webhook: the application under uvicorn, once or several times."""

import asyncio
import contextlib
import dataclasses
import multiprocessing
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Final

import structlog
import uvicorn
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from suppression_ingest.metrics.messages import MessageMetrics
from suppression_ingest.sns.certificates import CachedKeys, CertificateFetcher
from suppression_ingest.webhook.app import POST_PATH, Health, Parts, Webhook
from suppression_ingest.webhook.confirmation import Confirmations, SnsConfirm
from suppression_ingest.webhook.connections import MAX_CONNECTIONS, TimeoutProtocol
from suppression_ingest.webhook.refusals import POST_REFUSALS
from suppression_ingest.webhook.settings import WebhookSettings
from suppression_ingest.webhook.tls import TlsFiles
from suppression_ingest.wiring import authentication_of, pipeline_of
from suppression_service.aio import GroupCommit
from suppression_service.logs import forward_warnings, set_up_logs
from suppression_service.net import lift_open_files, listening, with_real_port
from suppression_service.store import Store
from suppression_service.store.engine import open_engine
from suppression_service.telemetry.aggregate import Gathering, Reporter, ReportTo
from suppression_service.telemetry.certificate import CertificateMetrics
from suppression_service.telemetry.port import metrics_port

#: Files of one process, if the system permits as many. They are what bounds connections on
#: which TLS is not through: each takes 53 kB, so all of them 220 MB.
MAX_FILES: Final = 4_096
#: Seconds that requests under way have on shutdown: longer than any answer takes.
GRACE_SECONDS: Final = 15
#: Seconds that an idle connection is kept. Load balancers keep theirs for 60, and
#: must not find one closed that they are just about to use.
IDLE_SECONDS: Final = 75
#: Messages in one transaction, at most.
MAX_TOGETHER: Final = 200
#: Seconds that the last transactions have when the process stops.
STOP_SECONDS: Final = 10.0
#: Seconds after which a worker that does not answer its parent is replaced.
HUNG_SECONDS: Final = 30

_log = structlog.get_logger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Factory:
    """Makes the application in the process that is to run it.

    Args:
        settings: of all of it.
        address: HOST:PORT that is listened on, to be told in the log.
        tls: the certificate; None without TLS.
        gathering: the path to report to what is counted; empty: nobody is told.
    """

    settings: WebhookSettings
    address: str
    tls: TlsFiles | None
    gathering: str = ""

    def __call__(self) -> Starlette:
        """Return the application; it connects to nothing yet."""
        set_up_logs(self.settings.log_format)
        forward_warnings("uvicorn")
        store = Store(open_engine(self.settings.database_url))
        fetch = CertificateFetcher(self.settings.certificate_endpoint)
        parts = assembled(self.settings, store, fetch)
        application = Webhook(self.settings, parts).application()
        inner = application.router.lifespan_context

        @contextlib.asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncIterator[None]:
            _end_with_the_parent()
            # The scheme is not told: behind a load balancer it is another one.
            _log.info("started", listen=self.address, path=POST_PATH)
            with contextlib.closing(store), fetch:
                async with self._reporting(parts), self._following(), inner(app):
                    yield

        application.router.lifespan_context = lifespan
        return application

    def _reporting(self, parts: Parts) -> contextlib.AbstractAsyncContextManager[None]:
        """Report what is counted, and how old it is, for the length of the block."""
        if not self.gathering:
            return contextlib.nullcontext()
        told = CollectorRegistry()
        told.register(MessageMetrics(parts.log.stats, POST_REFUSALS))
        told.register(parts.oldest)
        told.register(CertificateMetrics(self.tls.chain if self.tls else None))
        return Reporter(ReportTo(self.gathering, str(os.getpid())), told).reporting()

    def _following(self) -> contextlib.AbstractAsyncContextManager[None]:
        """Follow the files of the certificate for the length of the block."""
        return self.tls.following() if self.tls else contextlib.nullcontext()


def assembled(settings: WebhookSettings, store: Store, fetch: CertificateFetcher) -> Parts:
    """Return the parts of the web application, by the settings."""
    keys = CachedKeys(fetch)
    confirm = SnsConfirm(authenticate_unsubscribe=settings.webhook_authenticate_unsubscribe)
    pipeline = pipeline_of(settings, store, authentication_of(settings, keys))
    return Parts(
        pipeline=pipeline,
        keys=keys,
        # What waits is bounded by the memory of the bodies under way; see webhook.posts.
        recording=GroupCommit(
            pipeline.record, "recording", max_together=MAX_TOGETHER, stop_seconds=STOP_SECONDS
        ),
        confirmations=Confirmations(confirm),
        health=Health(store.revision),
    )


def serve(settings: WebhookSettings) -> int:
    """Serve until SIGTERM or SIGINT; requests under way are answered first.

    Returns:
        The exit status.

    Raises:
        StoreError: the database cannot be used.
        AddressTaken: nothing can listen on the address, or on that for metrics.
    """
    # Better found out now and once than in every worker.
    Store.open(settings.database_url).close()
    lift_open_files(MAX_FILES)
    with listening(settings.webhook_listen) as listener, _gathered(settings) as gathering:
        config = _config(settings, with_real_port(settings.webhook_listen, listener), gathering)
        if settings.webhook_workers == 1:
            return _serve_alone(config, listener)
        return _serve_together(config, listener)


@contextlib.contextmanager
def _gathered(settings: WebhookSettings) -> Iterator[str]:
    """Show metrics of all workers for the length of the block, if a port is named.

    Yields:
        The path that workers report to, or nothing.
    """
    if not settings.metrics_listen:
        yield ""
        return
    gathering = Gathering()
    with gathering.listening() as path, metrics_port(settings.metrics_listen, gathering):
        yield path


def _config(settings: WebhookSettings, address: str, gathering: str) -> uvicorn.Config:
    tls = _tls(settings)
    return uvicorn.Config(
        Factory(settings, address, tls, gathering),
        factory=True,
        workers=settings.webhook_workers,
        # In one piece with the factory: in a worker too both have the same files.
        ssl_context_factory=tls.listening if tls else None,
        http=TimeoutProtocol,
        ws="none",
        loop="suppression_ingest.webhook.connections:TlsTimeoutLoop",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        # Beyond what the protocol lets in; what is left for uvicorn to refuse is work under
        # way for peers that are gone.
        limit_concurrency=MAX_CONNECTIONS + 1,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=HUNG_SECONDS,
    )


def _tls(settings: WebhookSettings) -> TlsFiles | None:
    if settings.webhook_tls_certificate and settings.webhook_tls_key:
        return TlsFiles(settings.webhook_tls_certificate, settings.webhook_tls_key)
    return None


def _serve_alone(config: uvicorn.Config, listener: socket.socket) -> int:
    server = uvicorn.Server(config)
    # uvicorn handles signals while it runs, and then raises them anew: here they are
    # handled before, and have done their work after.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.handle_exit)
    server.run([listener])
    return 0


def _serve_together(config: uvicorn.Config, listener: socket.socket) -> int:
    supervisor = Multiprocess(config, [listener])
    supervisor.run()
    failed = any(each.exitcode == STARTUP_FAILURE for each in supervisor.processes)
    return STARTUP_FAILURE if failed else 0


def _end_with_the_parent() -> None:
    """Have this worker stop when its parent is gone, however it went."""
    if parent := multiprocessing.parent_process():
        asyncio.get_running_loop().add_reader(parent.sentinel, os.kill, os.getpid(), signal.SIGTERM)
