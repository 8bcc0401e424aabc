"""A snapshot that is not whole, not ours or not of this version is none."""

import datetime as dt
import os
import resource
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from sqlalchemy import make_url

from suppression_service.server.replica.base import BaseSource
from suppression_service.server.replica.replica import State
from suppression_service.server.replica.snapshot import Snapshot, SnapshotDirectory
from suppression_service.server.replica.table import Table
from suppression_service.store import Identity, Store

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
IDENTITY = Identity("5eed", 4_711)
URL = make_url("sqlite:////nowhere/list.db")


def snapshot(entries: int = 50, revision: int = 7, as_of: dt.datetime = NOON) -> Snapshot:
    fingerprints = np.arange(1, entries + 1, dtype=np.uint64) * np.uint64(2**40)
    table = Table.of([(fingerprints, np.arange(entries, dtype=np.uint64) << np.uint64(8))])
    return Snapshot(IDENTITY, State(revision, as_of), {"": 0, "news": 1}, table)


def contents(snapshot: Snapshot | None) -> object:
    """What a snapshot says, in comparable form."""
    if snapshot is None:
        return None
    table = snapshot.table
    columns = table.fingerprints.tobytes(), table.words.tobytes()
    return snapshot.identity, snapshot.state, snapshot.streams, columns


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "snapshots"


@pytest.fixture
def directory(folder: Path) -> SnapshotDirectory:
    return SnapshotDirectory(folder, URL)


def file_of(folder: Path) -> Path:
    [file] = folder.glob("*.snapshot")
    return file


@pytest.mark.parametrize("entries", [0, 1, 50])
def test_what_is_written_is_read(directory: SnapshotDirectory, entries: int) -> None:
    written = snapshot(entries)
    directory.write(written)
    assert contents(directory.read()) == contents(written)


def test_where_nothing_was_written_nothing_is_read(directory: SnapshotDirectory) -> None:
    assert directory.read() is None
    assert directory.state() is None


@pytest.mark.parametrize("bit", range(8))
def test_no_bit_that_flips_changes_what_is_read(
    directory: SnapshotDirectory, folder: Path, bit: int
) -> None:
    directory.write(snapshot())
    whole, good = file_of(folder).read_bytes(), contents(snapshot())
    # All of the header, and of the columns after the first page some.
    header, columns = range(whole.index(b"\n") + 2), range(4_090, len(whole), 7)
    for place in [*header, *columns]:
        octets = bytearray(whole)
        octets[place] ^= 1 << bit
        file_of(folder).write_bytes(octets)
        directory.state()  # tells what it can, and never raises
        assert contents(directory.read()) in (None, good), f"octet {place}"


def test_no_part_of_a_snapshot_is_taken_for_the_whole(
    directory: SnapshotDirectory, folder: Path
) -> None:
    directory.write(snapshot())
    whole = file_of(folder).read_bytes()
    for length in range(0, len(whole), 11):
        file_of(folder).write_bytes(whole[:length])
        directory.state()
        assert directory.read() is None, f"{length} octets"


@pytest.mark.parametrize("count", [b"-1", b"9" * 12, b"9" * 30, b"1e3", b"null"])
def test_a_count_that_cannot_be_is_damage(
    directory: SnapshotDirectory, folder: Path, count: bytes
) -> None:
    directory.write(snapshot())
    octets = file_of(folder).read_bytes()
    file_of(folder).write_bytes(octets.replace(b'"entries":50', b'"entries":' + count))
    assert directory.read() is None


def test_a_snapshot_of_another_version_is_none(
    directory: SnapshotDirectory, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as later:
        later.setattr(
            "suppression_service.server.replica.snapshot._FORMAT", "suppression snapshot 99"
        )
        directory.write(snapshot())
    assert directory.read() is None


def test_each_database_has_a_snapshot_of_its_own(
    directory: SnapshotDirectory, folder: Path
) -> None:
    directory.write(snapshot())
    assert SnapshotDirectory(folder, make_url("sqlite:////nowhere/other.db")).read() is None


@pytest.mark.parametrize(
    "other",
    [
        "postgresql://service:another@db.example:5432/list",
        "postgresql+psycopg://lease7:secret@db.example:5432/list",
        "postgresql://service:secret@db.example:5432/list?sslmode=require&connect_timeout=3",
    ],
)
def test_who_asks_for_a_database_and_how_does_not_name_it(folder: Path, other: str) -> None:
    database = make_url("postgresql://service:secret@db.example:5432/list")
    SnapshotDirectory(folder, database).write(snapshot())
    known = SnapshotDirectory(folder, make_url(other)).read()
    assert contents(known) == contents(snapshot())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("postgresql://jane@db.example/list", "postgresql://jane@db.example/other"),
        ("postgresql://jane@db.example/list", "postgresql://jane@standby.example/list"),
        ("postgresql://jane@db.example:5432/list", "postgresql://jane@db.example:5433/list"),
        ("postgresql:///list?host=/run/one", "postgresql:///list?host=/run/other"),
        ("postgresql://jane@db.example", "postgresql://june@db.example"),
        (
            "postgresql://db.example/list?options=-csearch_path%3Done",
            "postgresql://db.example/list?options=-csearch_path%3Dother",
        ),
    ],
)
def test_no_snapshot_is_taken_for_that_of_another_database(
    folder: Path, one: str, other: str
) -> None:
    SnapshotDirectory(folder, make_url(one)).write(snapshot())
    assert SnapshotDirectory(folder, make_url(other)).read() is None


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_directory_that_others_can_write_to_is_refused(folder: Path, mode: int) -> None:
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(PermissionError):
        SnapshotDirectory(folder, URL)


def test_nobody_else_can_read_what_lies_in_a_directory_that_others_can_look_into(
    folder: Path,
) -> None:
    folder.mkdir(mode=0o755)
    directory = SnapshotDirectory(folder, URL)
    with directory.write_lock(wait=True):
        directory.write(snapshot())
    modes = {file.suffix: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert modes == {".snapshot": 0o600, ".lock": 0o600}


def test_a_directory_of_somebody_else_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir(mode=0o700)
    somebody = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody)
    with pytest.raises(PermissionError):
        SnapshotDirectory(folder, URL)


def test_a_link_to_a_directory_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "theirs")
    with pytest.raises(NotADirectoryError):
        SnapshotDirectory(folder, URL)


def test_a_file_where_the_directory_belongs_is_refused(folder: Path) -> None:
    folder.write_text("")
    with pytest.raises(OSError, match="File exists"):
        SnapshotDirectory(folder, URL)


def test_what_a_killed_worker_left_is_cleared_away(
    directory: SnapshotDirectory, folder: Path
) -> None:
    directory.write(snapshot())
    left = file_of(folder).with_suffix(".new")
    shutil.copy(file_of(folder), left)
    left.chmod(0o644)
    directory.write(snapshot(revision=8))
    assert stat.S_IMODE(file_of(folder).stat().st_mode) == 0o600
    assert {file.suffix for file in folder.iterdir()} <= {".snapshot", ".lock"}


@pytest.fixture
def no_room() -> Iterator[None]:
    """Files of this process cannot grow beyond a page: what a full disk is like."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


#: Nothing of it is read: the bases of these tests come from elsewhere.
NO_STORE = cast("Store", None)


def renewed(directory: SnapshotDirectory, base: Snapshot, current: Snapshot) -> Snapshot | None:
    """Renew a base where two more entries have come since."""
    pending: dict[int, tuple[int, ...]] = {3: (256,), 5: (512,)}
    source = BaseSource(NO_STORE, directory, now=lambda: NOON)
    return source.renewed(current, base.state, pending)


@pytest.mark.usefixtures("no_room")
def test_a_base_is_renewed_though_there_is_no_room_to_save_it(
    directory: SnapshotDirectory, folder: Path
) -> None:
    base = directory.write(snapshot(0))
    fresh = renewed(directory, base, snapshot(400, revision=9, as_of=NOON + dt.timedelta(1)))
    # The new base is whole, the old file stands, and nothing half written is left.
    assert fresh is not None
    assert len(fresh.table) == 402
    assert contents(directory.read()) == contents(base)
    assert {file.suffix for file in folder.iterdir()} <= {".snapshot", ".lock"}


def test_a_base_that_another_worker_has_written_is_taken(directory: SnapshotDirectory) -> None:
    base = snapshot()
    theirs = directory.write(snapshot(60, revision=8, as_of=NOON + dt.timedelta(minutes=1)))
    current = snapshot(revision=9, as_of=NOON + dt.timedelta(minutes=2))
    assert contents(renewed(directory, base, current)) == contents(theirs)


@pytest.mark.parametrize(
    ("revision", "minutes"),
    [
        pytest.param(7, 0, id="no newer than the base"),
        pytest.param(6, 1, id="before the base, by a clock that was wrong"),
        pytest.param(10, 1, id="beyond the replica"),
    ],
)
def test_a_base_that_would_not_fit_is_written_over(
    directory: SnapshotDirectory, revision: int, minutes: int
) -> None:
    directory.write(snapshot(60, revision, NOON + dt.timedelta(minutes=minutes)))
    fresh = renewed(directory, snapshot(), snapshot(revision=9))
    assert fresh is not None
    assert (len(fresh.table), fresh.state.revision) == (52, 9)
    assert contents(directory.read()) == contents(fresh)


def test_a_newer_base_that_is_damaged_is_written_over(
    directory: SnapshotDirectory, folder: Path
) -> None:
    directory.write(snapshot(60, revision=8, as_of=NOON + dt.timedelta(minutes=1)))
    octets = bytearray(file_of(folder).read_bytes())
    octets[-1] ^= 1
    file_of(folder).write_bytes(octets)
    fresh = renewed(directory, snapshot(), snapshot(revision=9))
    assert fresh is not None
    assert contents(directory.read()) == contents(fresh)


def test_while_another_worker_writes_nothing_is_renewed(
    directory: SnapshotDirectory, folder: Path
) -> None:
    base = directory.write(snapshot())
    with SnapshotDirectory(folder, URL).write_lock(wait=True):
        assert renewed(directory, base, snapshot(revision=9)) is None
    assert contents(directory.read()) == contents(base)
