"""Brings what several workers count to the one process that shows it.

Workers share a port, so that a scrape could not tell which of them it meets. Each
reports instead what it has counted so far to its parent, over a socket that only
this user can open. The parent adds the counts up. Those of a worker that has died
stay in the sum, so that no counter falls; what it was like goes with it.
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
#: Seconds after which a worker that does not report is not told of as it was.
FRESH_SECONDS: Final = 10.0

_GAUGE: Final = "gauge"

_log = structlog.get_logger()


class ReportTo(NamedTuple):
    """Where a worker reports, and under which name."""

    path: str
    worker: str


class Reporter:
    """A worker's end. It waits for a parent that is slow, or not there yet.

    Args:
        to: the parent's end.
        collector: has what there is to report.
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
            # The parent has closed this worker's account. Opening another would count all twice.
            _log.warning("metrics end: the parent has hung up", error=str(error))
        except Exception:  # noqa: BLE001 - a defect; calls go on without metrics
            _log.exception("what was counted cannot be reported")
        finally:
            parent.transport.abort()

    async def _connected(self) -> asyncio.StreamWriter:
        told = False
        while True:
            try:
                return (await asyncio.open_unix_connection(self._to.path))[1]
            except OSError as error:  # which can be that many workers start at once
                if not told:
                    _log.warning("metrics wait for the parent", error=str(error))
                told = True
            await asyncio.sleep(REPORT_SECONDS)

    async def _report_to(self, parent: asyncio.StreamWriter) -> None:
        while True:
            parent.write(_line(self._to.worker, self._collector.collect()))
            # However long the parent takes: what it gets next is as new as can be then.
            await parent.drain()
            await asyncio.sleep(REPORT_SECONDS)


@dataclasses.dataclass(frozen=True, slots=True)
class _Report:
    worker: str
    families: list[Metric]
    heard: float

    def counts(self) -> Iterator[Metric]:
        """Yield what only grows."""
        return (family for family in self.families if family.type != _GAUGE)

    def states(self) -> Iterator[Metric]:
        """Yield what the worker is like."""
        return (family for family in self.families if family.type == _GAUGE)


class Gathering(Collector):
    """The parent's end: hears reports, and shows their sum.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._reports: dict[object, _Report] = {}
        self._of_the_dead = _Sum()

    @contextlib.contextmanager
    def listening(self) -> Iterator[str]:
        """Hear reports for the length of the block; yields the path to report to."""
        with tempfile.TemporaryDirectory(prefix="suppression-") as folder:
            path = str(Path(folder) / "metrics")
            with _Ears(path, self) as ears:
                threading.Thread(target=ears.serve_forever, name="gathering", daemon=True).start()
                try:
                    yield path
                finally:
                    ears.shutdown()

    def hear(self, source: object, line: bytes) -> None:
        """Take a report in; it replaces the one before of the same source."""
        worker, families = _parsed(line)
        with self._lock:
            self._reports[source] = _Report(worker, families, self._clock())

    def end(self, source: object) -> None:
        """Remember what a worker counted that does not report any more."""
        with self._lock:
            if report := self._reports.pop(source, None):
                self._of_the_dead.add(report.counts())

    def collect(self) -> Iterator[Metric]:
        """Yield the sum of all counts, and the states of workers that are alive."""
        total = _Sum()
        with self._lock:
            total.add(self._of_the_dead.families())
            reports = list(self._reports.values())
        for report in reports:
            total.add(report.counts())
            if self._clock() - report.heard < FRESH_SECONDS:
                total.add(report.states(), worker=report.worker)
        return total.families()


class _Ears(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, path: str, gathering: Gathering) -> None:
        super().__init__(path, _Ear)
        self.gathering = gathering


class _Ear(socketserver.StreamRequestHandler):
    """Hears one worker until it ends, however it does."""

    server: _Ears

    def handle(self) -> None:
        gathering = self.server.gathering
        try:
            for line in self.rfile:
                # One that was killed may have left half a line.
                if line.endswith(b"\n"):
                    gathering.hear(self, line)
        except OSError:
            pass
        finally:
            gathering.end(self)


class _Sum:
    """Families; values of the same name and labels are added up."""

    def __init__(self) -> None:
        self._families: dict[str, Metric] = {}
        self._values: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = {}

    def add(self, families: Iterable[Metric], **labels: str) -> None:
        """Add families, with labels more."""
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


def _line(worker: str, families: Iterable[Metric]) -> bytes:
    told = [
        (each.name, each.documentation, each.type, [sample[:3] for sample in each.samples])
        for each in families
    ]
    return json.dumps((worker, told)).encode() + b"\n"


def _parsed(line: bytes) -> tuple[str, list[Metric]]:
    worker, told = json.loads(line)
    return worker, [_family(*each) for each in told]


def _family(name: str, documentation: str, kind: str, samples: list[Any]) -> Metric:
    family = Metric(name, documentation, kind)
    for sample, labels, value in samples:
        family.add_sample(sample, labels, value)
    return family
