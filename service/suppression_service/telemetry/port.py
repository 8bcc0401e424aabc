"""The port where Prometheus finds the metrics.

It has no password and no TLS, as such ports commonly have not: what is there are
numbers, and none is about a person. It is opened only where it is asked for.
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

#: Seconds that a client may take for its request: a scrape sends it at once.
_PATIENCE_SECONDS: Final = 10

_log = structlog.get_logger()


class MetricsPortTaken(Exception):
    """Nothing can listen on the address: it is in use, or not of this machine."""


class Build(Collector):
    """Tells which version of the program runs."""

    def collect(self) -> Iterator[Metric]:
        """Yield the version, as a label."""
        family = GaugeMetricFamily(
            "suppression_build_info", "1, with the version as a label.", labels=("version",)
        )
        family.add_metric((metadata.version("suppression-service"),), 1)
        yield family


class _Handler(MetricsHandler):
    timeout = _PATIENCE_SECONDS


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Log what went wrong, in one line."""
        _log.warning("a scrape failed", error=type(sys.exception()).__name__)


class _ServerOfIpv6(_Server):
    address_family = socket.AF_INET6


@contextlib.contextmanager
def metrics_port(listen: str, *collectors: Collector) -> Iterator[None]:
    """Show what collectors have, for the length of the block.

    Args:
        listen: HOST:PORT; a port of 0 is a free one, which the log tells. Empty:
            nothing is shown.
        collectors: what is asked at each scrape.

    Raises:
        MetricsPortTaken: nothing can listen there.
    """
    if not listen:
        yield
        return
    with _opened(listen, *collectors) as server:
        threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
        host = listen.rpartition(":")[0]
        _log.info("metrics shown", listen=f"{host}:{server.server_address[1]}")
        try:
            yield
        finally:
            server.shutdown()


def _opened(listen: str, *collectors: Collector) -> _Server:
    registry = CollectorRegistry()
    for collector in (Build(), *collectors):
        registry.register(collector)
    host, _, port = listen.rpartition(":")
    kind = _ServerOfIpv6 if ":" in host else _Server
    try:
        return kind((host.strip("[]"), int(port)), _Handler.factory(registry))
    except OSError as error:
        raise MetricsPortTaken(f"cannot show metrics on {listen}: {error.strerror}") from None
