"""The processes of the webhook: the application under uvicorn, in one process or several."""

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
from suppression_ingest.sns.cached_keys import CachedKeys
from suppression_ingest.sns.certificates import CertificateFetcher
from suppression_ingest.sns.saved_certificates import SavedCertificates
from suppression_ingest.webhook.app import POST_PATH, Health, Parts, Webhook
from suppression_ingest.webhook.confirmation import Confirmations, SnsConfirm
from suppression_ingest.webhook.connections import MAX_CONNECTIONS, TimeoutProtocol
from suppression_ingest.webhook.refusals import POST_REFUSALS
from suppression_ingest.webhook.settings import WebhookSettings
from suppression_ingest.webhook.tls import TlsFiles
from suppression_ingest.wiring import authentication_of, pipeline_of
from suppression_service.aio import GroupCommit
from suppression_service.logs import forward_warnings, set_up_logs
from suppression_service.net import listening, raise_open_file_limit, with_real_port
from suppression_service.store import Store
from suppression_service.store.engine import open_engine
from suppression_service.telemetry.aggregate import Aggregate, Reporter, ReportTo
from suppression_service.telemetry.certificate import CertificateMetrics
from suppression_service.telemetry.port import metrics_port

#: The limit of open files of one process, if the system permits it. It limits the connections
#: that are still in a TLS handshake. Each takes 53 kB, so all of them take 220 MB.
MAX_FILES: Final = 4_096
#: Seconds for open requests to end on shutdown: longer than any answer takes.
GRACE_SECONDS: Final = 15
#: Seconds that an idle connection is kept: longer than the 60 s of load balancers, which
#: would otherwise send a request on a connection that is closed.
IDLE_SECONDS: Final = 75
#: The most messages in one transaction.
MAX_TOGETHER: Final = 200
#: Seconds for the last transactions to end when the process stops.
STOP_SECONDS: Final = 10.0
#: Seconds after which a process that does not answer its parent is replaced.
HUNG_SECONDS: Final = 30

_log = structlog.get_logger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Factory:
    """Makes the application in the process that runs it.

    Args:
        settings: the settings of the webhook.
        address: HOST:PORT of the listener, for the log.
        tls: the certificate; None without TLS.
        reports_path: the socket to report metrics to; empty: metrics are off.
    """

    settings: WebhookSettings
    address: str
    tls: TlsFiles | None
    reports_path: str = ""

    def __call__(self) -> Starlette:
        """Return the application. It connects to nothing yet."""
        set_up_logs(self.settings.log_format)
        forward_warnings("uvicorn")
        store = Store(open_engine(self.settings.database_url))
        fetch = CertificateFetcher(self.settings.certificate_endpoint)
        parts = parts_of(self.settings, store, fetch)
        application = Webhook(self.settings, parts).application()
        inner = application.router.lifespan_context

        @contextlib.asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncIterator[None]:
            _end_with_the_parent()
            # Without a scheme: behind a load balancer it may be http or https.
            _log.info("started", listen=self.address, path=POST_PATH)
            with contextlib.closing(store), fetch:
                async with self._reporting(parts), self._reloading(), inner(app):
                    yield

        application.router.lifespan_context = lifespan
        return application

    def _reporting(self, parts: Parts) -> contextlib.AbstractAsyncContextManager[None]:
        """Report metrics to the parent for the length of the block."""
        if not self.reports_path:
            return contextlib.nullcontext()
        registry = CollectorRegistry()
        registry.register(MessageMetrics(parts.log.stats, POST_REFUSALS))
        registry.register(parts.oldest)
        registry.register(CertificateMetrics(self.tls.chain if self.tls else None))
        return Reporter(ReportTo(self.reports_path, str(os.getpid())), registry).reporting()

    def _reloading(self) -> contextlib.AbstractAsyncContextManager[None]:
        """Reload the certificate when its files change, for the length of the block."""
        return self.tls.following() if self.tls else contextlib.nullcontext()


def parts_of(settings: WebhookSettings, store: Store, fetch: CertificateFetcher) -> Parts:
    """Return the parts of the web application that the settings describe."""
    saved = SavedCertificates(fetch, store, settings.certificate_endpoint)
    keys = CachedKeys(saved, saved.known)
    confirm = SnsConfirm(authenticate_unsubscribe=settings.webhook_authenticate_unsubscribe)
    pipeline = pipeline_of(settings, store, authentication_of(settings, keys))
    return Parts(
        pipeline=pipeline,
        keys=keys,
        # The memory budget of bodies limits what waits.
        recording=GroupCommit(
            pipeline.record, "recording", max_together=MAX_TOGETHER, stop_seconds=STOP_SECONDS
        ),
        confirmations=Confirmations(confirm),
        health=Health(store.revision),
    )


def serve(settings: WebhookSettings) -> int:
    """Serve until SIGTERM or SIGINT. Open requests are answered before the end.

    Returns:
        The exit status.

    Raises:
        StoreError: the database cannot be used.
        AddressTaken: the address, or the address for metrics, is in use.
    """
    # An error is found once and now, not in every process.
    Store.open(settings.database_url).close()
    raise_open_file_limit(MAX_FILES)
    with listening(settings.webhook_listen) as listener, _serving_metrics(settings) as reports_path:
        config = _config(settings, with_real_port(settings.webhook_listen, listener), reports_path)
        if settings.webhook_processes == 1:
            return _serve_alone(config, listener)
        return _serve_together(config, listener)


@contextlib.contextmanager
def _serving_metrics(settings: WebhookSettings) -> Iterator[str]:
    """Serve metrics of all processes for the length of the block, if a port is set.

    Yields:
        The path of the socket that processes report to, or an empty text.
    """
    if not settings.metrics_listen:
        yield ""
        return
    aggregate = Aggregate()
    with aggregate.listening() as path, metrics_port(settings.metrics_listen, aggregate):
        yield path


def _config(settings: WebhookSettings, address: str, reports_path: str) -> uvicorn.Config:
    tls = _tls(settings)
    return uvicorn.Config(
        Factory(settings, address, tls, reports_path),
        factory=True,
        workers=settings.webhook_processes,
        # The same object as in the factory, so that each process has only one copy.
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
        # More than MAX_CONNECTIONS, at which the protocol itself closes connections. uvicorn
        # then refuses only while many requests still run for peers that are gone.
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
    # uvicorn handles signals while it runs and raises them again afterwards. With these
    # handlers, a signal also counts before uvicorn runs, and does no harm afterwards.
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
    """Stop this process when its parent has ended, for any reason."""
    if parent := multiprocessing.parent_process():
        asyncio.get_running_loop().add_reader(parent.sentinel, os.kill, os.getpid(), signal.SIGTERM)
