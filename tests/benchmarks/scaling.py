"""How the throughput of a server grows with a second process."""

import dataclasses
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from suppression.v1 import suppression_service_pb2 as rpc
from tests.benchmarks import h2load, lists, servers
from tests.benchmarks.figures import Figure
from tests.benchmarks.servers import Server

_CONNECTIONS = 32


def scaling(url: str, directory: Path, *, rounds: int, calls: int) -> Iterator[Figure]:
    """Compare two processes with one: first each pinned to its own core, then not pinned.

    A process that is not pinned uses more than one core, since gRPC has threads beside the
    event loop. So on two cores only pinned processes show what another core adds.
    """
    with (
        servers.service(url, directory, count=1) as one,
        servers.service(url, directory, count=2) as two,
    ):
        free = _in_turn(one, two, rounds=rounds, calls=calls)
        for server in (one, two):
            for core, process in enumerate(server.serving_processes()):
                servers.keep_to_core(process, core)
        pinned = _in_turn(one, two, rounds=rounds, calls=calls)
    yield _growth("2 processes / 1 process, each pinned to a core", pinned, target=("≥", 1.7))
    yield _growth("2 processes / 1 process, not pinned, on 2 cores", free)
    yield Figure(
        "2 processes / 1 process, server CPU a call",
        [pair.double.server_cpu_per_call / pair.single.server_cpu_per_call for pair in free],
    )
    yield Figure(
        f"CPU of the less busy process / of the busier, {_CONNECTIONS} connections",
        [min(pair.used) / max(pair.used) for pair in free],
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Pair:
    """The same load on one process and on two; ``used`` is the CPU seconds of each of the two."""

    single: h2load.Load
    double: h2load.Load
    used: list[float]


def _in_turn(one: Server, two: Server, *, rounds: int, calls: int) -> list[_Pair]:
    return [_pair(one, two, calls) for _ in range(rounds)]


def _pair(one: Server, two: Server, calls: int) -> _Pair:
    request = rpc.CheckAddressRequest(address=lists.unlisted(7))
    shape = {"connections": _CONNECTIONS, "streams": 1}
    single = h2load.call(one, "CheckAddress", request, calls=calls, **shape)
    before = [sum(each.cpu_times()[:2]) for each in two.serving_processes()]
    double = h2load.call(two, "CheckAddress", request, calls=calls, **shape)
    after = [sum(each.cpu_times()[:2]) for each in two.serving_processes()]
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
        note=f"one process takes {cores:.2f} cores, the load generator {generator:.2f}: "
        f"2 cores leave room for {(2 - generator) / cores:.2f} ×",
    )


def _cores(load: h2load.Load) -> float:
    return load.server_cpu_per_call * load.calls_per_second
