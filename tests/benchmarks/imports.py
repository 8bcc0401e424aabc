"""Throughput of ImportSuppressions, and what senders' writes wait for beside it."""

import concurrent.futures
import contextlib
import time
from collections.abc import Iterator
from typing import Any

import grpc

from suppression.v1 import list_service_pb2, suppression_pb2, suppression_service_pb2
from suppression.v1.list_service_pb2_grpc import ListServiceStub
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from tests.benchmarks.figures import Figure
from tests.benchmarks.servers import Server

ROWS = 5_000
_CALLS_AT_A_TIME = 2
_TIMEOUT = 60


def imports(server: Server, engine: str, rows: int) -> Iterator[Figure]:
    """Import new entries, two calls at a time, while a sender suppresses one after another."""
    waits: list[float] = []
    with grpc.insecure_channel(server.target) as channel:
        stub: Any = ListServiceStub(channel)
        with _senders(server, waits):
            started = time.perf_counter()
            with concurrent.futures.ThreadPoolExecutor(_CALLS_AT_A_TIME) as threads:
                starts = range(0, rows, ROWS)
                list(threads.map(lambda start: _import(stub, start), starts))
            seconds = time.perf_counter() - started
    yield Figure(
        f"list on {engine}: import of 1,000,000 entries, from {rows:,}",
        [seconds / rows * 1e6],
        unit="s",
        target=("≤", 60),
    )
    yield Figure(
        f"list on {engine}: a Suppress beside an import, median, longest in the note",
        [sorted(waits)[len(waits) // 2]],
        unit="ms",
        note=f"{max(waits):,.0f} ms",
    )


def _import(stub: Any, start: int) -> None:
    request = list_service_pb2.ImportSuppressionsRequest()
    for number in range(start, start + ROWS):
        row = request.suppressions.add()
        row.address = f"imported.{number}@example{number % 997}.com"
        row.reason = suppression_pb2.REASON_HARD_BOUNCE
        row.source = "provider"
        row.detail = "550 5.1.1 The email account that you tried to reach does not exist"
        row.first_seen_time.FromSeconds(1_700_000_000 + number)
    answer = stub.ImportSuppressions(request, timeout=_TIMEOUT)
    assert answer.results[0].outcome == list_service_pb2.IMPORT_OUTCOME_CREATED


@contextlib.contextmanager
def _senders(server: Server, waits: list[float]) -> Iterator[None]:
    """Suppress addresses for the length of the block; note the milliseconds that each takes."""
    ended = False

    def suppress() -> None:
        with grpc.insecure_channel(server.target) as channel:
            stub: Any = SuppressionServiceStub(channel)
            number = 0
            while not ended:
                number += 1
                request = suppression_service_pb2.SuppressRequest(
                    address=f"sender.{number}@example.com", reason=suppression_pb2.REASON_MANUAL
                )
                started = time.perf_counter()
                stub.Suppress(request, timeout=_TIMEOUT)
                waits.append((time.perf_counter() - started) * 1e3)

    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        sending = thread.submit(suppress)
        try:
            yield
        finally:
            ended = True
            sending.result(timeout=_TIMEOUT)
