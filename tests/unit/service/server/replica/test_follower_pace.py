"""How often a follower reads the database while calls ask for newer revisions."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from suppression_service.server.replica import follower as following
from suppression_service.server.replica.follower import Follower, RevisionAhead
from suppression_service.store import Store

_NEVER = 3_600.0


@pytest.fixture
async def follower(tmp_path: Path) -> AsyncIterator[Follower]:
    """A follower that has its list, and makes no round by itself."""
    url = f"sqlite:///{tmp_path / 'list.db'}"
    with contextlib.closing(Store.open(url, migrate_first=True)) as store:
        follower = Follower(store, poll_seconds=_NEVER)
        async with follower.following():
            await follower.tried.wait()
            yield follower


async def test_a_call_for_a_newer_revision_has_it_looked_for_at_once(follower: Follower) -> None:
    with pytest.raises(RevisionAhead):
        await follower.reach(1)


async def test_calls_for_a_newer_revision_do_not_bring_rounds_closer_than_the_gap(
    follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a gap that does not end
    monkeypatch.setattr(following, "GAP_SECONDS", _NEVER)
    # When calls come, then none of them has the two rounds that it needs to be refused.
    calls = [asyncio.create_task(follower.reach(1)) for _ in range(100)]
    done, waiting = await asyncio.wait(calls, timeout=0.2)
    assert not done
    for call in waiting:
        call.cancel()
