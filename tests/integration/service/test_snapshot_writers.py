"""Workers of one host that renew the snapshot at the same time."""

import datetime as dt
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from sqlalchemy import make_url

from suppression_service.server.replica.replica import State
from suppression_service.server.replica.snapshot import Snapshot, SnapshotDirectory
from suppression_service.server.replica.table import Table
from suppression_service.store import Identity

URL = make_url("sqlite:////nowhere/list.db")
TIMES = 40


def write(folder: Path, entries: int) -> None:
    """Write snapshots of so many entries one after the other."""
    fingerprints = np.arange(1, entries + 1, dtype=np.uint64)
    table = Table.of([(fingerprints, np.full(entries, entries, dtype=np.uint64))])
    state = State(entries, dt.datetime(2026, 3, 2, tzinfo=dt.UTC))
    directory = SnapshotDirectory(folder, URL)
    for _ in range(TIMES):
        with directory.write_lock(wait=True):
            directory.write(Snapshot(Identity("5eed", 1), state, {"": 0}, table))


def test_a_snapshot_is_whole_while_two_processes_write_it(tmp_path: Path) -> None:
    folder = tmp_path / "snapshots"
    write(folder, 1_000)
    directory, found = SnapshotDirectory(folder, URL), set()
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as pool:
        writers = [pool.submit(write, folder, entries) for entries in (10_000, 30_000)]
        while not all(writer.done() for writer in writers):
            known = directory.read()
            assert known is not None
            assert set(known.table.words.tolist()) == {len(known.table)}
            found.add(len(known.table))
    for writer in writers:
        writer.result()
    assert found <= {1_000, 10_000, 30_000}
    assert {file.suffix for file in folder.iterdir()} == {".snapshot", ".lock"}
