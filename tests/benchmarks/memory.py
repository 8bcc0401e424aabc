"""Load time and memory of the list."""

import contextlib
import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import xxhash

from suppression_service.server.replica.replica import State
from suppression_service.server.replica.snapshot import Snapshot, SnapshotDirectory
from suppression_service.server.replica.table import Table
from suppression_service.store import Reason, Store
from tests.benchmarks import lists, servers
from tests.benchmarks.figures import Figure
from tests.benchmarks.servers import Server

#: Entries of a generated list that have real addresses; the others are random.
REAL = 10_000
_PROCESSES = 2


def load_rate(store: Store, engine: str, entries: int) -> Figure:
    """Measure reading the whole list from a database into a sorted table."""
    start = time.perf_counter()
    table = Table.of(store.active_entries())
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
    """Write the snapshot of a list of any size, as a server process writes it."""
    identity = store.identity()
    draw = np.random.default_rng(1)
    fingerprints = draw.integers(0, 2**64 - 1, entries, dtype=np.uint64)
    real = (lists.listed(number).encode() for number in range(min(REAL, entries)))
    for index, address in enumerate(real):
        fingerprints[index] = xxhash.xxh3_64_intdigest(address, identity.fingerprint_seed)
    words = np.full(entries, int(Reason.HARD_BOUNCE), dtype=np.uint64)
    state = State(store.revision(), dt.datetime.now(dt.UTC))
    snapshots = SnapshotDirectory(directory / "snapshots", store.engine.url)
    table = Table.of([(fingerprints, words)])
    snapshots.write(Snapshot(identity, state, {"": 0}, table))


@contextlib.contextmanager
def server_of_size(
    directory: Path, entries: int, *, count: int = 1
) -> Iterator[tuple[Server, float]]:
    """Run the service on a generated list; yield it and its seconds from start to SERVING."""
    directory.mkdir()
    url = lists.sqlite_url(directory)
    generate_snapshot(Store.open(url, migrate_first=True), directory, entries)
    start = time.perf_counter()
    with servers.service(url, directory, count=count) as server:
        yield server, time.perf_counter() - start


def footprint(directory: Path, entries: int) -> Iterator[Figure]:
    """Measure restart from a snapshot, and memory an entry with two processes."""
    with server_of_size(directory / "none", 0, count=_PROCESSES) as (server, _):
        without = _memory(server)
    with server_of_size(directory / "many", entries, count=_PROCESSES) as (server, seconds):
        # Every page of the list is touched once, as checks would in time.
        with_list = _memory(server)
    yield Figure(
        f"restart from the snapshot of {entries:,} entries, process start to SERVING",
        [seconds],
        unit="s",
        target=("≤", 2.0),
    )
    yield Figure(
        f"memory an entry, {_PROCESSES} processes together, at {entries:,} entries",
        [(with_list - without) / entries],
        unit="bytes",
        target=("≤", 16.1),
        note=f"{without / _PROCESSES / 2**20:.0f} MiB a process without a list; "
        f"proportional set sizes, {with_list / 2**20:,.0f} MiB in all",
    )


def _memory(server: Server) -> float:
    return float(sum(each.memory_full_info().pss for each in server.serving_processes()))
