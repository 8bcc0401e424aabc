"""The cost of a check by the size of the list."""

import contextlib
import dataclasses
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import cast

import grpc
from google.protobuf.message import Message

from suppression.v1 import suppression_service_pb2 as rpc
from tests.benchmarks import checks, lists, memory
from tests.benchmarks.servers import Server

_METHOD = "/suppression.v1.SuppressionService/"
#: Different requests in turn, so that the processor's caches do not help.
_DIFFERENT_CHECKS = 2_000
_DIFFERENT_BATCHES = 20
_BATCH_CALLS = 200


@dataclasses.dataclass(frozen=True, slots=True)
class Cost:
    """Median latency at a client, and CPU of the server a call; both in microseconds."""

    latency: float
    cpu: float


@dataclasses.dataclass(frozen=True, slots=True)
class SizeCost:
    """What a check and a batch of 1,000 cost with so many entries."""

    entries: int
    check: Cost
    batch: Cost


def costs(directory: Path, sizes: Sequence[int], *, rounds: int) -> list[SizeCost]:
    """Measure generated lists of some sizes in turn, one call at a time."""
    with contextlib.ExitStack() as stack:
        servers = [
            stack.enter_context(memory.server_of_size(directory / str(size), size))[0]
            for size in sizes
        ]
        checks_cost = _in_turn(servers, "CheckAddress", _checks(), _DIFFERENT_CHECKS, rounds)
        batches_cost = _in_turn(servers, "BatchCheck", _batches(), _BATCH_CALLS, rounds)
    return [
        SizeCost(size, check, batch)
        for size, check, batch in zip(sizes, checks_cost, batches_cost, strict=True)
    ]


def _checks() -> list[Message]:
    return [
        rpc.CheckAddressRequest(address=lists.unlisted(number))
        for number in range(_DIFFERENT_CHECKS)
    ]


def _batches() -> list[Message]:
    return [
        rpc.BatchCheckRequest(addresses=checks.batch_of(checks.BATCH, memory.REAL, seed))
        for seed in range(_DIFFERENT_BATCHES)
    ]


def _in_turn(
    servers: Sequence[Server], method: str, requests: Sequence[Message], calls: int, rounds: int
) -> list[Cost]:
    bodies = [request.SerializeToString() for request in requests]
    with contextlib.ExitStack() as stack:
        ways = [stack.enter_context(_way_to(server, method)) for server in servers]
        measured: list[list[Cost]] = [[] for _ in servers]
        for _ in range(rounds):
            for server, way, costs_so_far in zip(servers, ways, measured, strict=True):
                costs_so_far.append(_cost(server, way, itertools.cycle(bodies), calls))
    return [
        Cost(
            statistics.median(cost.latency for cost in each),
            statistics.median(cost.cpu for cost in each),
        )
        for each in measured
    ]


@contextlib.contextmanager
def _way_to(server: Server, method: str) -> Iterator[Callable[[bytes], bytes]]:
    with grpc.insecure_channel(server.target) as channel:
        yield cast("Callable[[bytes], bytes]", channel.unary_unary(_METHOD + method))


def _cost(
    server: Server, way: Callable[[bytes], bytes], bodies: Iterator[bytes], calls: int
) -> Cost:
    cpu_before, latencies = server.cpu_seconds(), []
    for body in itertools.islice(bodies, calls):
        start = time.perf_counter()
        way(body)
        latencies.append(time.perf_counter() - start)
    cpu = server.cpu_seconds() - cpu_before
    return Cost(statistics.median(latencies) * 1e6, cpu / calls * 1e6)


def table(rows: Sequence[SizeCost]) -> str:
    """Return the costs as a table in Markdown."""
    head = ["entries", "check, latency", "check, CPU", "batch of 1,000, latency", "batch, CPU"]
    lines = [head, ["---:"] * len(head)]
    for row in rows:
        figures = (row.check.latency, row.check.cpu, row.batch.latency, row.batch.cpu)
        lines.append([f"{row.entries:,}", *(f"{figure:,.0f} µs" for figure in figures)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def plot(rows: Sequence[SizeCost]) -> str:
    """Return the latencies as a plot in Mermaid, which shows in Markdown: checks and batches."""
    sizes = ", ".join(f'"{row.entries:,}"' for row in rows)
    highest = max(row.batch.latency for row in rows)
    return "\n".join(
        [
            "```mermaid",
            "xychart-beta",
            '    title "Median latency: a check (lower line), a batch of 1,000 (upper line)"',
            f'    x-axis "entries" [{sizes}]',
            f'    y-axis "µs" 0 --> {highest * 1.2:.0f}',
            f"    line [{', '.join(f'{row.batch.latency:.0f}' for row in rows)}]",
            f"    line [{', '.join(f'{row.check.latency:.0f}' for row in rows)}]",
            "```",
        ]
    )
