"""The port where Prometheus finds the metrics.

It has no password and no TLS, as is common for metrics: none of its numbers is about a
person. It is opened only if a setting names an address.
"""

import contextlib
import socket
import socketserver
import sys
import threading
from collections.abc import Iterator
from importlib import metadata
from typing import Any, Final

import structlog
from prometheus_client import CollectorRegistry, Metric, MetricsHandler
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from suppression_service.net import listening, with_real_port

#: Seconds that a client may take for its request: a scrape sends it at once.
_TIMEOUT_SECONDS: Final = 10

_log = structlog.get_logger()


class Build(Collector):
    """The version of the program that runs."""

    def collect(self) -> Iterator[Metric]:
        """Yield the version, as a label."""
        family = GaugeMetricFamily(
            "suppression_build_info", "1, with the version as a label.", labels=("version",)
        )
        family.add_metric((metadata.version("suppression-service"),), 1)
        yield family


class _Handler(MetricsHandler):
    timeout = _TIMEOUT_SECONDS


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, listener: socket.socket, handler: type[MetricsHandler]) -> None:
        super().__init__(listener.getsockname()[:2], handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Log what went wrong, in one line."""
        _log.warning("a scrape failed", error=type(sys.exception()).__name__)


@contextlib.contextmanager
def metrics_port(listen: str, *collectors: Collector) -> Iterator[None]:
    """Show the metrics of collectors for the length of the block.

    Args:
        listen: HOST:PORT; a port of 0 is a free one, which the log names. Empty:
            nothing is shown.
        collectors: collect the metrics at each scrape.

    Raises:
        AddressTaken: nothing can listen there.
    """
    if not listen:
        yield
        return
    registry = CollectorRegistry()
    for collector in (Build(), *collectors):
        registry.register(collector)
    with listening(listen) as listener, _Server(listener, _Handler.factory(registry)) as server:
        threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
        _log.info("metrics shown", listen=with_real_port(listen, listener))
        try:
            yield
        finally:
            server.shutdown()
