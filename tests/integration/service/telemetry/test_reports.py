"""A worker's reports, and a parent that takes its time."""

import asyncio
import itertools
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector
from structlog.testing import capture_logs

from suppression_service.telemetry import aggregate as gathering
from suppression_service.telemetry.aggregate import Reporter, ReportTo
from tests.support.processes import eventually

#: More than a socket takes in that nobody reads.
LONG = "x" * 500_000


class Rising(Collector):
    """Counts how often it was asked."""

    def __init__(self) -> None:
        self._times = itertools.count(1)
        self.asked = asyncio.Event()

    def collect(self) -> Iterator[Metric]:
        self.asked.set()
        yield CounterMetricFamily("asked", LONG, value=next(self._times))


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(gathering, "REPORT_SECONDS", 0.01)
    return str(tmp_path / "metrics")


def parent_at(path: str) -> socket.socket:
    parent = socket.socket(socket.AF_UNIX)
    parent.bind(path)
    parent.listen()
    return parent


def reported(line: bytes) -> float:
    _, [(_, _, _, [(_, _, value)])] = json.loads(line)
    return float(value)


async def test_a_parent_that_was_slow_is_told_more(path: str) -> None:
    collector = Rising()
    with parent_at(path) as parent:
        async with Reporter(ReportTo(path, "0"), collector).reporting():
            connection, _ = await asyncio.to_thread(parent.accept)
            # Given a report that is stuck halfway
            await collector.asked.wait()
            # When the parent reads again
            with connection, connection.makefile("rb") as lines:
                told = [await asyncio.to_thread(lines.readline) for _ in range(3)]
    # Then that one comes whole, and more after it.
    assert list(map(reported, told)) == [1, 2, 3]


async def test_a_parent_that_is_not_there_yet_is_waited_for(path: str) -> None:
    with capture_logs() as logged:
        async with Reporter(ReportTo(path, "0"), Rising()).reporting():
            await asyncio.to_thread(eventually, "it waits", lambda: logged)
            with parent_at(path) as parent:
                connection, _ = await asyncio.to_thread(parent.accept)
                with connection, connection.makefile("rb") as lines:
                    assert reported(await asyncio.to_thread(lines.readline)) == 1
    assert [line["event"] for line in logged] == ["metrics wait for the parent"]


async def test_a_parent_that_hangs_up_is_told_of_and_not_reported_to_twice(path: str) -> None:
    with parent_at(path) as parent, capture_logs() as logged:
        async with Reporter(ReportTo(path, "0"), Rising()).reporting():
            connection, _ = await asyncio.to_thread(parent.accept)
            connection.close()
            await asyncio.to_thread(eventually, "the end is told", lambda: logged)
    assert [line["event"] for line in logged] == ["metrics end: the parent closed the connection"]
