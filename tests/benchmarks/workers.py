"""Whether a second worker adds what a second core should."""

import dataclasses
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from suppression.v1 import suppression_service_pb2 as rpc
from tests.benchmarks import h2load, lists, processes
from tests.benchmarks.figures import Figure
from tests.benchmarks.processes import Server

_CONNECTIONS = 32


def scaling(url: str, directory: Path, *, rounds: int, calls: int) -> Iterator[Figure]:
    """Compare two workers with one, each kept to a core of its own, and then left free.

    A worker left free takes more than one core, since gRPC's own threads run beside its
    event loop. So on two cores only workers that are kept to one each can show what
    another core adds.
    """
    with (
        processes.service(url, directory, workers=1) as one,
        processes.service(url, directory, workers=2) as two,
    ):
        free = _in_turn(one, two, rounds=rounds, calls=calls)
        for server in (one, two):
            for core, worker in enumerate(server.workers()):
                processes.keep_to_core(worker, core)
        kept = _in_turn(one, two, rounds=rounds, calls=calls)
    yield _growth("2 workers / 1 worker, each kept to a core", kept, target=("≥", 1.7))
    yield _growth("2 workers / 1 worker, left free on 2 cores", free)
    yield Figure(
        "2 workers / 1 worker, server CPU a call",
        [pair.double.server_cpu_per_call / pair.single.server_cpu_per_call for pair in free],
    )
    yield Figure(
        f"work of the less busy worker / of the busier, {_CONNECTIONS} connections",
        [min(pair.used) / max(pair.used) for pair in free],
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Pair:
    """The same load on one worker and on two; ``used`` is CPU seconds of each of the two."""

    single: h2load.Load
    double: h2load.Load
    used: list[float]


def _in_turn(one: Server, two: Server, *, rounds: int, calls: int) -> list[_Pair]:
    return [_pair(one, two, calls) for _ in range(rounds)]


def _pair(one: Server, two: Server, calls: int) -> _Pair:
    request = rpc.CheckAddressRequest(address=lists.unlisted(7))
    shape = {"connections": _CONNECTIONS, "streams": 1}
    single = h2load.call(one, "CheckAddress", request, calls=calls, **shape)
    before = [sum(worker.cpu_times()[:2]) for worker in two.workers()]
    double = h2load.call(two, "CheckAddress", request, calls=calls, **shape)
    after = [sum(worker.cpu_times()[:2]) for worker in two.workers()]
    return _Pair(single, double, [end - start for start, end in zip(before, after, strict=True)])


def _growth(
    name: str, pairs: list[_Pair], target: tuple[Literal["≥", "≤"], float] | None = None
) -> Figure:
    cores = statistics.median(_cores(pair.single) for pair in pairs)
    generator = statistics.median(pair.double.generator_cpu_share for pair in pairs)
    return Figure(
        f"throughput of {name}",
        [pair.double.calls_per_second / pair.single.calls_per_second for pair in pairs],
        target=target,
        note=f"one worker takes {cores:.2f} cores, the load generator {generator:.2f}: "
        f"2 cores leave room for {(2 - generator) / cores:.2f} ×",
    )


def _cores(load: h2load.Load) -> float:
    return load.server_cpu_per_call * load.calls_per_second
