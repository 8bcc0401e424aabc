"""The transport, as the service in a process of Envoy sees it."""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import structlog
from prometheus_client import Metric

from suppression_service.aio import every
from suppression_service.server.calls import Calls
from suppression_service.server.health import Health
from suppression_service.server.settings import ServiceSettings
from suppression_service.server.transport.envoy.admin import EnvoyAdmin
from suppression_service.server.transport.envoy.application import Application
from suppression_service.server.transport.envoy.bootstrap import DRAIN_SECONDS, admin_socket
from suppression_service.server.transport.envoy.certificates import CertificateFiles

#: Seconds between two looks at the files of the certificate.
CERTIFICATE_SECONDS: Final = 1.0
#: Seconds between two readings of Envoy's metrics.
METRICS_SECONDS: Final = 5.0
#: Seconds between two looks whether calls are still under way.
_LOOK_SECONDS: Final = 0.05
_MIB: Final = 1024 * 1024

_log = structlog.get_logger()


class EnvoyTransport:
    """Answers the calls that the Envoy of this process brings.

    Args:
        settings: of the server.
        folder: of this process alone.
    """

    def __init__(self, settings: ServiceSettings, folder: Path) -> None:
        self._settings = settings
        #: Of this process alone.
        self.folder: Final = folder
        self._admin = EnvoyAdmin(admin_socket(folder))
        self._background = contextlib.AsyncExitStack()
        self._health = Health()
        self._metrics: list[Metric] = []
        #: Answers the requests; None before :meth:`start`.
        self.application: Application | None = None
        #: Set once there is an application, so that Envoy may listen.
        self.started = asyncio.Event()

    async def start(self, calls: Calls, health: Health) -> None:
        """See :meth:`..transport.Transport.start`."""
        settings = self._settings
        self._health = health
        self.application = Application(
            calls,
            health,
            max_request=settings.max_batch_request,
            # The rest is for what Envoy keeps, and for what a request becomes once decoded.
            max_memory=settings.max_memory * _MIB // 2,
            with_reflection=settings.reflection,
        )
        if settings.tls_certificate:
            files = CertificateFiles(settings, self.folder)
            refresh = every(CERTIFICATE_SECONDS, files.refreshing, "certificate")
            await self._background.enter_async_context(refresh)
        await self._background.enter_async_context(
            every(METRICS_SECONDS, self._read_metrics, "Envoy's metrics")
        )
        self.started.set()
        while not await asyncio.to_thread(self._admin.is_live):  # noqa: ASYNC110 - Envoy tells nobody
            await asyncio.sleep(_LOOK_SECONDS)
        await self._read_metrics()

    async def stop(self, grace_seconds: float) -> None:
        """See :meth:`..transport.Transport.stop`."""
        began = time.monotonic()
        self._health.end_watches()
        try:
            await asyncio.to_thread(self._admin.drain)
            # For a moment at least: peers are asked to leave with the next response.
            while not await self._is_quiet(time.monotonic() - began > DRAIN_SECONDS):
                if time.monotonic() - began > grace_seconds:
                    break
                await asyncio.sleep(_LOOK_SECONDS)
        except OSError as error:
            _log.error("Envoy cannot drain", error=str(error))
        await self._background.aclose()

    def metrics(self) -> Iterable[Metric]:
        """See :meth:`..transport.Transport.metrics`."""
        return self._metrics

    async def _read_metrics(self) -> None:
        try:
            self._metrics = await asyncio.to_thread(self._admin.metrics)
        except OSError as error:
            _log.warning("no metrics of Envoy", error=str(error))

    async def _is_quiet(self, settled: bool) -> bool:
        """Whether nothing is under way, and nobody connected who has not been asked to leave."""
        if self.application is not None and self.application.under_way:
            return False
        load = await asyncio.to_thread(self._admin.load)
        return not load.requests and not load.unread and (settled or not load.connections)
