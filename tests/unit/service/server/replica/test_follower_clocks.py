"""Clocks on walls jump: they are set right, or wrong. The age of a list does not."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from suppression_service.server.replica.base import BaseSource
from suppression_service.server.replica.follower import Follower
from suppression_service.server.replica.snapshot import SnapshotDirectory
from suppression_service.store import Store, StoreUnavailable

HOUR = dt.timedelta(hours=1)
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


class WallClock:
    def __init__(self) -> None:
        self.now = NOON
        #: By how much it goes on each time somebody looks.
        self.jump = dt.timedelta()

    def __call__(self) -> dt.datetime:
        self.now += self.jump
        return self.now


@pytest.fixture
def wall() -> WallClock:
    return WallClock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with contextlib.closing(
        Store.open(f"sqlite:///{tmp_path / 'list.db'}", migrate_first=True)
    ) as store:
        yield store


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database that answers nothing."""

    def unavailable(*_: object) -> NoReturn:
        raise StoreUnavailable("gone")

    for read in ("identity", "replica_changes"):
        monkeypatch.setattr(Store, read, unavailable)
    yield
    monkeypatch.undo()


async def rounds(follower: Follower, count: int = 3) -> None:
    """Let the follower look at the database some times."""
    for _ in range(count):
        await follower._round()


async def test_a_clock_that_jumps_ahead_makes_no_list_too_old(
    store: Store, wall: WallClock
) -> None:
    # Given a wall clock that goes on by two limits each time it is looked at
    wall.jump = 2 * HOUR
    follower = Follower(store, max_staleness=HOUR, now=wall)
    async with closing(follower):
        await rounds(follower)
        assert follower.replica is not None


async def test_a_clock_that_is_set_back_makes_no_list_young_again(
    store: Store, wall: WallClock, request: pytest.FixtureRequest
) -> None:
    seconds = 0.0
    follower = Follower(store, max_staleness=HOUR, now=wall, clock=lambda: seconds)
    async with closing(follower):
        await rounds(follower)
        # Given a database that is away until the list is too old
        request.getfixturevalue("away")
        seconds += HOUR.total_seconds()
        follower._withdraw()
        # When the clock is set back
        wall.now -= 24 * HOUR
        await rounds(follower)
        # Then it stays too old.
        assert follower.replica is None


@pytest.mark.parametrize(
    ("ahead", "answers"), [(24 * HOUR, True), (HOUR / 2, True), (-HOUR / 2, True), (-HOUR, False)]
)
async def test_a_snapshot_is_as_old_as_it_says_and_never_younger_than_new(
    store: Store,
    wall: WallClock,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    ahead: dt.timedelta,
    answers: bool,
) -> None:
    # Given a snapshot that was written when the clock was wrong, or some time ago
    directory = SnapshotDirectory(tmp_path / "snapshots", store.engine.url)
    BaseSource(store, directory, now=lambda: NOON + ahead).load()
    # When a server starts from it while the database is away
    request.getfixturevalue("away")
    seconds = 0.0
    source = BaseSource(store, directory, now=wall)
    follower = Follower(store, source, max_staleness=HOUR, now=wall, clock=lambda: seconds)
    async with closing(follower):
        await rounds(follower)
        # Then it answers from it if it is young enough, and never for longer than the limit.
        assert (follower.replica is not None) == answers
        seconds += HOUR.total_seconds()
        follower._withdraw()
        await rounds(follower)
        assert follower.replica is None


@contextlib.asynccontextmanager
async def closing(follower: Follower) -> AsyncIterator[None]:
    """Leave no thread and no timer behind."""
    try:
        yield
    finally:
        async with follower.following():
            await asyncio.sleep(0)
