"""When a follower renews the base of its replica, and what becomes of its answers."""

import asyncio
import contextlib
import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from suppression_service.server.replica import follower as following
from suppression_service.server.replica.base import BaseSource
from suppression_service.server.replica.follower import RENEW_AFTER, Follower
from suppression_service.server.replica.snapshot import Snapshot, SnapshotDirectory
from suppression_service.store import NewSuppression, Reason, Store, StoreUnavailable

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'list.db'}"
    with contextlib.closing(Store.open(url, migrate_first=True)) as store:
        yield store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "snapshots"


@pytest.fixture
def directory(store: Store, folder: Path) -> SnapshotDirectory:
    return SnapshotDirectory(folder, store.engine.url)


def written(directory: SnapshotDirectory) -> Snapshot:
    snapshot = directory.read()
    assert snapshot is not None
    return snapshot


class Follow:
    """A follower whose rounds a test makes, at a time of the test's choosing."""

    def __init__(self, store: Store, directory: SnapshotDirectory | None) -> None:
        self.now = NOON
        source = BaseSource(store, directory, now=lambda: self.now)
        self.follower = Follower(store, source, now=lambda: self.now)

    async def round(self) -> None:
        """Make a round, and what it starts."""
        assert await self.follower._round()
        if self.follower._renewing:
            await self.follower._renewing

    @property
    def base(self) -> tuple[int, int, int]:
        """Entries and revision of the base, and how much came after it."""
        replica = self.follower.replica
        assert replica is not None
        return len(replica.base), replica.base_state.revision, replica.pending

    @property
    def base_age(self) -> dt.timedelta:
        replica = self.follower.replica
        assert replica is not None
        return self.now - replica.base_state.as_of

    @property
    def streams(self) -> set[str]:
        replica = self.follower.replica
        assert replica is not None
        return set(replica.streams)

    def stopped(self, *addresses: str) -> list[bool]:
        replica = self.follower.replica
        assert replica is not None
        return [bool(replica.words(address.encode())) for address in addresses]


def suppress(store: Store, *addresses: str, stream: str = "") -> None:
    wanted = [NewSuppression(address, Reason.MANUAL, stream) for address in addresses]
    with store.write() as transaction:
        transaction.suppress(wanted)


@pytest.fixture
def fold_at_3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "FOLD_AT", 3)


@pytest.mark.usefixtures("fold_at_3")
async def test_changes_are_folded_into_a_new_base_once_they_are_many(
    store: Store, directory: SnapshotDirectory
) -> None:
    follow = Follow(store, directory)
    # Given fewer changes than are folded
    await follow.round()
    suppress(store, "a@x.example", "b@x.example")
    await follow.round()
    assert follow.base == (0, 0, 2)
    # When there is one more
    suppress(store, "c@x.example")
    await follow.round()
    # Then the base holds them all, in memory and in the snapshot.
    assert follow.base == (3, 2, 0)
    assert all(follow.stopped("a@x.example", "b@x.example", "c@x.example"))
    known = written(directory)
    assert (len(known.table), known.state.revision) == (3, 2)


async def test_a_base_is_renewed_when_it_is_old_though_nothing_changed(
    store: Store, directory: SnapshotDirectory
) -> None:
    follow = Follow(store, directory)
    await follow.round()
    told = []
    # Given a base that is not old yet, and then when it is
    for age in (RENEW_AFTER - dt.timedelta(seconds=1), RENEW_AFTER):
        follow.now = NOON + age
        await follow.round()
        told.append(directory.state())
    # Then a restart finds a young one.
    assert [state.as_of for state in told if state] == [NOON, NOON + RENEW_AFTER]


@pytest.mark.usefixtures("fold_at_3")
async def test_one_worker_folds_and_the_other_takes_what_it_has_written(
    store: Store, directory: SnapshotDirectory
) -> None:
    one, other = Follow(store, directory), Follow(store, directory)
    await one.round()
    await other.round()
    suppress(store, "a@x.example", "b@x.example", "c@x.example")
    one.now = other.now = NOON + dt.timedelta(seconds=1)
    await one.round()
    # When the other is due as well, and has heard of more
    suppress(store, "d@x.example")
    await other.round()
    # Then it goes on from what is there, and forgets nothing.
    assert one.base == (3, 1, 0)
    assert other.base[:2] == (3, 1)
    assert all(other.stopped("a@x.example", "b@x.example", "c@x.example", "d@x.example"))


@pytest.mark.usefixtures("fold_at_3")
async def test_a_change_during_the_folding_is_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow = Follow(store, None)
    await follow.round()
    suppress(store, "a@x.example", "b@x.example", "c@x.example")
    # Given a folding that has begun
    assert await follow.follower._round()
    assert follow.follower._renewing is not None
    # When another entry comes before it ends
    suppress(store, "d@x.example")
    await asyncio.gather(follow.follower._round(), follow.follower._renewing)
    # Then it stands beside the new base, or in the next one.
    assert all(follow.stopped("a@x.example", "b@x.example", "c@x.example", "d@x.example"))
    assert follow.base == (3, 1, 1)


@pytest.mark.usefixtures("fold_at_3")
async def test_a_folder_that_was_deleted_is_made_again(
    store: Store, directory: SnapshotDirectory, folder: Path
) -> None:
    follow = Follow(store, directory)
    await follow.round()
    # Given a folder that somebody has cleared away
    shutil.rmtree(folder)
    # When the base is renewed, then its snapshot is there again.
    suppress(store, "a@x.example", "b@x.example", "c@x.example")
    await follow.round()
    assert follow.base == (3, 1, 0)
    assert len(written(directory).table) == 3


@contextlib.contextmanager
def blocked(folder: Path) -> Iterator[None]:
    """Have a file where the folder belongs for the length of the block."""
    shutil.rmtree(folder)
    folder.touch()
    yield
    folder.unlink()


@pytest.mark.usefixtures("fold_at_3")
async def test_without_a_folder_a_list_is_loaded_renewed_and_loaded_anew(
    store: Store, directory: SnapshotDirectory, folder: Path
) -> None:
    follow = Follow(store, directory)
    # Given a folder that cannot be made
    with blocked(folder), capture_logs() as logs:
        # When a follower loads the list, renews its base, and finds another database
        await follow.round()
        suppress(store, "a@x.example", "b@x.example", "c@x.example")
        await follow.round()
        assert follow.base == (3, 1, 0)
        store.change_database_id()
        await follow.round()
    # Then it goes on without, and says so once,
    assert follow.base == (3, 1, 0)
    assert follow.follower.identity == store.identity()
    assert [line["event"].partition(":")[0] for line in logs].count("no snapshots") == 1
    # until there can be a folder again.
    follow.now += RENEW_AFTER
    await follow.round()
    assert len(written(directory).table) == 3


async def test_a_base_that_cannot_be_renewed_is_told_of_and_tried_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "RETRY_SECONDS", 0)
    follow = Follow(store, None)
    await follow.round()
    follow.now += RENEW_AFTER
    # Given a defect in the folding
    with monkeypatch.context() as broken, capture_logs() as logs:
        broken.setattr(BaseSource, "renewed", lambda *_: 1 // 0)
        await follow.round()
    # Then it is logged, and the next round has another go.
    assert [line["event"] for line in logs] == ["the base could not be renewed"]
    await follow.round()
    assert follow.base_age == dt.timedelta()


async def test_streams_that_are_known_are_not_read_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow = Follow(store, None)
    suppress(store, "a@x.example", stream="news")
    await follow.round()
    read: list[set[str]] = []
    names = Store.stream_names

    def noted(store: Store, above: int) -> dict[str, int]:
        read.append(set(names(store, above)))
        return names(store, above)

    monkeypatch.setattr(Store, "stream_names", noted)
    # When a new stream comes, and then more of it
    for address in ("b@x.example", "c@x.example"):
        suppress(store, address, stream="alerts")
        await follow.round()
    # Then it alone is read, once, and all are known.
    assert read == [{"alerts"}, set()]
    assert follow.streams == {"", "news", "alerts"}


def go_back(store: Store, revision: int) -> None:
    """Do what a restore does to the list."""
    with store.engine.begin() as connection:
        connection.execute(text("DELETE FROM suppression WHERE revision > :r"), {"r": revision})
        connection.execute(text("UPDATE revision SET value = :r"), {"r": revision})


async def test_no_snapshot_of_before_a_restore_is_taken_for_what_came_after(
    store: Store, directory: SnapshotDirectory
) -> None:
    # Given a backup, a snapshot that is newer, and a follower that is newer still
    suppress(store, "kept@x.example")
    suppress(store, "ghost@x.example")
    follow = Follow(store, directory)
    await follow.round()
    for number in range(3):
        suppress(store, f"late{number}@x.example")
    await follow.round()
    # When the backup is restored, and written to until it is beyond the snapshot
    go_back(store, 1)
    suppress(store, "new@x.example")
    suppress(store, "newer@x.example")
    await follow.round()
    # Then the list is that of the database, here and after a restart.
    for each in (follow, Follow(store, directory)):
        await each.round()
        kept, new = ["kept@x.example"], ["new@x.example", "newer@x.example"]
        assert each.stopped(*kept, *new, "ghost@x.example") == [True, True, True, False]


def unavailable(*_: object) -> NoReturn:
    raise StoreUnavailable("gone")


async def test_a_restore_that_cannot_be_loaded_at_once_is_loaded_later(
    store: Store, directory: SnapshotDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    suppress(store, "kept@x.example")
    suppress(store, "ghost@x.example")
    follow = Follow(store, directory)
    await follow.round()
    suppress(store, "late@x.example")
    await follow.round()
    go_back(store, 1)
    suppress(store, "new@x.example")
    # Given a database that is away again just when its list is to be read
    with monkeypatch.context() as away:
        away.setattr(Store, "identity", unavailable)
        assert not await follow.follower._round()
    # When it comes back and goes on
    suppress(store, "newer@x.example")
    await follow.round()
    # Then the list is that of the database.
    names = ("kept@x.example", "new@x.example", "newer@x.example", "ghost@x.example")
    assert follow.stopped(*names) == [True, True, True, False]
