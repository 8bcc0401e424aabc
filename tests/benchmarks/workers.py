"""Whether a second worker adds what a second core should."""

from collections.abc import Iterator
from pathlib import Path

from suppression.v1 import suppression_service_pb2 as rpc

from tests.benchmarks import h2load, lists, processes
from tests.benchmarks.figures import Figure

_CONNECTIONS = 32


def scaling(url: str, directory: Path, *, rounds: int, calls: int) -> Iterator[Figure]:
    """Compare two workers with one, and see that no worker idles."""
    request = rpc.CheckAddressRequest(address=lists.unlisted(7))
    shape = {"connections": _CONNECTIONS, "streams": 4}
    with (
        processes.service(url, directory, workers=1) as one,
        processes.service(url, directory, workers=2) as two,
    ):
        ratios, shares, idle = [], [], []
        for _ in range(rounds):
            single = h2load.call(one, "CheckAddress", request, calls=calls, **shape)
            before = [sum(worker.cpu_times()[:2]) for worker in two.workers()]
            double = h2load.call(two, "CheckAddress", request, calls=calls, **shape)
            used = [
                sum(worker.cpu_times()[:2]) - start
                for worker, start in zip(two.workers(), before, strict=True)
            ]
            ratios.append(double.calls_per_second / single.calls_per_second)
            shares.append(double.generator_cpu_share)
            idle.append(min(used) / max(used))
    yield Figure(
        "throughput of 2 workers / 1 worker on 2 cores",
        ratios,
        target=("≥", 1.7),
        note=f"load generator took {max(shares):.0%} of a core beside the two",
    )
    yield Figure(f"work of the less busy worker / of the busier, {_CONNECTIONS} connections", idle)
