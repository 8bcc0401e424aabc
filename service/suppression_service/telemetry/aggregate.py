"""The sum of the metrics of all processes, made by their parent.

The processes share a port, so a scrape would reach only one of them. Instead, each reports
its metrics to its parent, over a socket that only this user can open. The parent adds the
counters up. The counters of a process that has died stay in the sum, because a counter must
not fall. Its gauges are dropped.
"""

import asyncio
import contextlib
import dataclasses
import json
import socketserver
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import structlog
from prometheus_client import Metric
from prometheus_client.registry import Collector

from suppression_service.aio import in_background

#: Seconds between two reports.
REPORT_SECONDS: Final = 1.0
#: Seconds after which the gauges of a process that does not report are left out.
FRESH_SECONDS: Final = 10.0

_GAUGE: Final = "gauge"

_log = structlog.get_logger()


class ReportTo(NamedTuple):
    """The socket that a process reports to, and the name of the process."""

    path: str
    process: str


class Reporter:
    """Reports the metrics of a process. It waits if the parent is slow, or not ready yet.

    Args:
        to: the socket of the parent.
        collector: yields the metrics.
    """

    def __init__(self, to: ReportTo, collector: Collector) -> None:
        self._to = to
        self._collector = collector

    def reporting(self) -> contextlib.AbstractAsyncContextManager[None]:
        """Report every second for the length of the block."""
        return in_background(self._report_on, "reporting")

    async def _report_on(self) -> None:
        parent = await self._connected()
        try:
            await self._report_to(parent)
        except OSError as error:
            # The parent keeps these counters. A new connection would count them twice.
            _log.warning("metrics end: the parent closed the connection", error=str(error))
        except Exception:  # noqa: BLE001 - calls go on without metrics
            _log.exception("metrics cannot be reported")
        finally:
            parent.transport.abort()

    async def _connected(self) -> asyncio.StreamWriter:
        warned = False
        while True:
            try:
                return (await asyncio.open_unix_connection(self._to.path))[1]
            except OSError as error:  # for example, because many processes start at once
                if not warned:
                    _log.warning("metrics wait for the parent", error=str(error))
                warned = True
            await asyncio.sleep(REPORT_SECONDS)

    async def _report_to(self, parent: asyncio.StreamWriter) -> None:
        while True:
            parent.write(_line(self._to.process, self._collector.collect()))
            # Even if the parent is slow, the next report has the newest values.
            await parent.drain()
            await asyncio.sleep(REPORT_SECONDS)


@dataclasses.dataclass(frozen=True, slots=True)
class _Report:
    process: str
    families: list[Metric]
    received: float

    def counters(self) -> Iterator[Metric]:
        """Yield the counters."""
        return (family for family in self.families if family.type != _GAUGE)

    def gauges(self) -> Iterator[Metric]:
        """Yield the gauges."""
        return (family for family in self.families if family.type == _GAUGE)


class Aggregate(Collector):
    """Receives the reports of all processes, and yields their sum.

    Args:
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._reports: dict[object, _Report] = {}
        self._ended_counters = _Sum()

    @contextlib.contextmanager
    def listening(self) -> Iterator[str]:
        """Receive reports for the length of the block; yields the path to report to."""
        with tempfile.TemporaryDirectory(prefix="suppression-") as folder:
            path = str(Path(folder) / "metrics")
            with _ReportServer(path, self) as server:
                threading.Thread(target=server.serve_forever, name="reports", daemon=True).start()
                try:
                    yield path
                finally:
                    server.shutdown()

    def receive(self, source: object, line: bytes) -> None:
        """Keep a report; it replaces the previous one of the same source."""
        process, families = _parsed(line)
        with self._lock:
            self._reports[source] = _Report(process, families, self._clock())

    def end(self, source: object) -> None:
        """Keep the counters of a process that does not report any more."""
        with self._lock:
            if report := self._reports.pop(source, None):
                self._ended_counters.add(report.counters())

    def collect(self) -> Iterator[Metric]:
        """Yield the sum of all counters, and the gauges of processes that are alive."""
        total = _Sum()
        with self._lock:
            total.add(self._ended_counters.families())
            reports = list(self._reports.values())
        for report in reports:
            total.add(report.counters())
            if self._clock() - report.received < FRESH_SECONDS:
                total.add(report.gauges(), process=report.process)
        return total.families()


class _ReportServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, path: str, aggregate: Aggregate) -> None:
        super().__init__(path, _ReportHandler)
        self.aggregate = aggregate


class _ReportHandler(socketserver.StreamRequestHandler):
    """Receives the reports of one process until it ends, whatever the cause."""

    server: _ReportServer

    def handle(self) -> None:
        aggregate = self.server.aggregate
        try:
            for line in self.rfile:
                # A process that was killed may have left half a line.
                if line.endswith(b"\n"):
                    aggregate.receive(self, line)
        except OSError:
            pass
        finally:
            aggregate.end(self)


class _Sum:
    """A sum of families: values of the same name and labels are added up."""

    def __init__(self) -> None:
        self._families: dict[str, Metric] = {}
        self._values: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = {}

    def add(self, families: Iterable[Metric], **labels: str) -> None:
        """Add families, with additional labels."""
        for family in families:
            self._families.setdefault(family.name, family)
            values = self._values.setdefault(family.name, {})
            for sample in family.samples:
                key = sample.name, tuple((sample.labels | labels).items())
                values[key] = values.get(key, 0.0) + sample.value

    def families(self) -> Iterator[Metric]:
        """Yield each family with its sums."""
        for name, family in self._families.items():
            summed = Metric(name, family.documentation, family.type)
            for (sample, labels), value in self._values[name].items():
                summed.add_sample(sample, dict(labels), value)
            yield summed


def _line(process: str, families: Iterable[Metric]) -> bytes:
    reported = [
        (each.name, each.documentation, each.type, [sample[:3] for sample in each.samples])
        for each in families
    ]
    return json.dumps((process, reported)).encode() + b"\n"


def _parsed(line: bytes) -> tuple[str, list[Metric]]:
    process, reported = json.loads(line)
    return process, [_family(*each) for each in reported]


def _family(name: str, documentation: str, kind: str, samples: list[Any]) -> Metric:
    family = Metric(name, documentation, kind)
    for sample, labels, value in samples:
        family.add_sample(sample, labels, value)
    return family
