"""How fast the list is loaded, how much memory it takes, and whether its size tells."""

import contextlib
import datetime as dt
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import xxhash
from suppression.v1 import suppression_service_pb2 as rpc

from service.replica.replica import State
from service.replica.snapshot import Snapshot, SnapshotDirectory
from service.replica.table import Table
from service.store import Reason, Store
from tests.benchmarks import checks, h2load, lists, processes
from tests.benchmarks.figures import Figure
from tests.benchmarks.processes import Server

#: Entries of a generated list that have real addresses; the others are random.
_REAL = 10_000
_WORKERS = 2


def load_rate(store: Store, engine: str, entries: int) -> Figure:
    """Measure reading the whole list from a database into a sorted table."""
    start = time.perf_counter()
    table = Table.of(store.standing_entries())
    seconds = time.perf_counter() - start
    assert len(table) == entries
    return Figure(
        f"load of {entries:,} entries from {engine}",
        [entries / seconds],
        unit="entries/s",
        target=("≥", 500_000),
        note=f"{seconds:.1f} s",
    )


def generate_snapshot(store: Store, directory: Path, entries: int) -> None:
    """Write the snapshot of a list of any size, as if a worker had read it."""
    identity = store.identity()
    draw = np.random.default_rng(1)
    fingerprints = draw.integers(0, 2**64 - 1, entries, dtype=np.uint64)
    real = (lists.listed(number).encode() for number in range(min(_REAL, entries)))
    for place, address in enumerate(real):
        fingerprints[place] = xxhash.xxh3_64_intdigest(address, identity.fingerprint_seed)
    words = np.full(entries, int(Reason.HARD_BOUNCE), dtype=np.uint64)
    state = State(store.revision(), dt.datetime.now(dt.UTC))
    snapshots = SnapshotDirectory(directory / "snapshots", store.engine.url)
    table = Table.of([(fingerprints, words)])
    snapshots.write(Snapshot(identity, state, {"": 0}, table))


@contextlib.contextmanager
def server_of_size(
    directory: Path, entries: int, *, workers: int = 1
) -> Iterator[tuple[Server, float]]:
    """Run the service on a generated list; yield it and its seconds from start to SERVING."""
    directory.mkdir()
    url = lists.sqlite_url(directory)
    generate_snapshot(Store.open(url, migrate_first=True), directory, entries)
    start = time.perf_counter()
    with processes.service(url, directory, workers=workers) as server:
        yield server, time.perf_counter() - start


def footprint(directory: Path, entries: int) -> Iterator[Figure]:
    """Measure restart from a snapshot, and memory an entry with two workers."""
    with server_of_size(directory / "none", 0, workers=_WORKERS) as (server, _):
        without = _memory(server)
    with server_of_size(directory / "many", entries, workers=_WORKERS) as (server, seconds):
        # Every page of the list is touched once, as checks would in time.
        with_list = _memory(server)
    yield Figure(
        f"restart from the snapshot of {entries:,} entries, process start to SERVING",
        [seconds],
        unit="s",
        target=("≤", 2.0),
    )
    yield Figure(
        f"memory an entry, {_WORKERS} workers together, at {entries:,} entries",
        [(with_list - without) / entries],
        unit="bytes",
        target=("≤", 16.1),
        note=f"{without / _WORKERS / 2**20:.0f} MiB a worker without a list; "
        f"proportional set sizes, {with_list / 2**20:,.0f} MiB in all",
    )


def _memory(server: Server) -> float:
    return float(sum(worker.memory_full_info().pss for worker in server.workers()))


def sizes(directory: Path, entries: Sequence[int], *, rounds: int) -> list[list[str]]:
    """Return a row for each size: entries, check latency, batch latency, CPU of each."""
    with contextlib.ExitStack() as stack:
        servers = {
            size: stack.enter_context(server_of_size(directory / str(size), size))[0]
            for size in entries
        }
        singles: dict[int, list[h2load.Load]] = {size: [] for size in entries}
        batches: dict[int, list[h2load.Load]] = {size: [] for size in entries}
        single = rpc.CheckAddressRequest(address=lists.unlisted(7))
        batch = rpc.BatchCheckRequest(addresses=checks.batch_of(checks.BATCH, _REAL))
        one = {"connections": 1, "streams": 1}
        for _ in range(rounds):
            for size, server in servers.items():
                singles[size].append(
                    h2load.call(server, "CheckAddress", single, calls=3_000, **one)
                )
                batches[size].append(h2load.call(server, "BatchCheck", batch, calls=500, **one))
    return [_size_row(size, singles[size], batches[size]) for size in entries]


def _size_row(size: int, single: list[h2load.Load], batch: list[h2load.Load]) -> list[str]:
    def middle(loads: list[h2load.Load], name: str) -> float:
        return float(np.median([getattr(load, name) for load in loads]))

    return [
        f"{size:,}",
        f"{middle(single, 'median_latency'):,.0f} µs",
        f"{middle(single, 'server_cpu_per_call') * 1e6:,.0f} µs",
        f"{middle(batch, 'median_latency'):,.0f} µs",
        f"{middle(batch, 'server_cpu_per_call') * 1e6:,.0f} µs",
    ]
