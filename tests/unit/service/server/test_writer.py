import asyncio
import contextlib
import dataclasses
import datetime as dt
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from suppression_service.server import writer as writer_module
from suppression_service.server.errors import InvalidField, TooManyWrites, WriteUnavailable
from suppression_service.server.writer import GroupWriter
from suppression_service.store import (
    DEDUPLICATION_WINDOW,
    NewSuppression,
    Reason,
    Removal,
    Revision,
    Store,
    StoreError,
    StoreUnavailable,
    WriteTransaction,
)


def manual(name: str) -> NewSuppression:
    return NewSuppression(f"{name}@example.com", Reason.MANUAL)


class GatedStore(Store):
    """A real store whose transactions wait for the gate to open before they commit."""

    def __init__(self, path: Path) -> None:
        opened = Store.open(f"sqlite:///{path}", migrate_first=True)
        super().__init__(opened.engine)
        self.gate = threading.Event()
        self.at_the_gate = threading.Semaphore(0)
        self.broken: Exception | None = None

    @contextlib.contextmanager
    def write(
        self, deduplication_window: dt.timedelta = DEDUPLICATION_WINDOW
    ) -> Iterator[WriteTransaction]:
        with super().write(deduplication_window) as transaction:
            yield transaction
            self.at_the_gate.release()
            self.gate.wait()
            if self.broken:
                raise self.broken

    async def someone_commits(self) -> None:
        """Wait until a transaction stands at the gate."""
        await asyncio.to_thread(self.at_the_gate.acquire)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GatedStore]:
    store = GatedStore(tmp_path / "list.db")
    yield store
    store.gate.set()
    store.close()


@pytest.fixture
async def writer(store: GatedStore) -> AsyncIterator[GroupWriter]:
    writer = GroupWriter(store)
    async with writer.writing():
        yield writer
        store.gate.set()


async def begun(*calls: Coroutine[Any, Any, Any]) -> list[asyncio.Task[Any]]:
    """Start calls and let each reach the queue."""
    tasks = [asyncio.create_task(call) for call in calls]
    await asyncio.sleep(0)
    return tasks


async def test_a_caller_is_not_answered_before_the_commit(
    store: GatedStore, writer: GroupWriter
) -> None:
    # Given a write that is about to commit
    [call] = await begun(writer.suppress(manual("jane")))
    await store.someone_commits()
    assert not call.done()
    # When it commits
    store.gate.set()
    answer, revision = await call
    # Then the caller has its answer and the list its entry.
    assert answer.created
    assert revision == Revision(store.identity().database_id, 1)


async def test_writes_that_arrive_during_a_commit_share_the_next_transaction(
    store: GatedStore, writer: GroupWriter
) -> None:
    [first] = await begun(writer.suppress(manual("first")))
    await store.someone_commits()
    others = await begun(*(writer.suppress(manual(f"other{n}")) for n in range(5)))
    store.gate.set()
    assert [(await call)[1].value for call in (first, *others)] == [1, 2, 2, 2, 2, 2]


async def test_writes_take_effect_in_the_order_of_their_arrival(
    store: GatedStore, writer: GroupWriter
) -> None:
    # Given three writes of one entry that share a transaction
    [blocker] = await begun(writer.suppress(manual("blocker")))
    await store.someone_commits()
    jane = Removal("jane@example.com")
    calls = await begun(
        writer.suppress(manual("jane")), writer.unsuppress(jane), writer.suppress(manual("jane"))
    )
    store.gate.set()
    made, removed, made_again = [(await call)[0] for call in calls]
    # Then each finds what the one before left.
    assert made.created
    assert len(removed) == 1
    assert made_again.created
    await blocker


@pytest.mark.parametrize("broken", [StoreUnavailable("away"), StoreError("damaged")])
async def test_a_failure_of_the_database_reaches_every_caller_and_the_next_write_is_tried(
    store: GatedStore, writer: GroupWriter, broken: Exception
) -> None:
    # Given a transaction of several writes that fails
    [first] = await begun(writer.suppress(manual("first")))
    await store.someone_commits()
    others = await begun(*(writer.suppress(manual(f"other{n}")) for n in range(3)))
    store.broken = broken
    store.gate.set()
    # Then every caller is told, and not what the failure said
    for call in (first, *others):
        with pytest.raises(WriteUnavailable) as refused:
            await call
        assert refused.value.reason == "DATABASE_UNAVAILABLE"
    assert store.revision() == 0
    # and when the store is well again, so is the writer.
    store.broken = None
    _, revision = await writer.suppress(manual("later"))
    assert revision.value == 1


async def test_an_outage_is_logged_once_and_so_is_its_end_however_many_writes_are_refused(
    store: GatedStore, writer: GroupWriter
) -> None:
    store.gate.set()
    with capture_logs() as logged:
        # Given writes that are refused, one transaction after the other
        store.broken = StoreUnavailable("away")
        for _ in range(3):
            with pytest.raises(WriteUnavailable):
                await writer.suppress(manual("jane"))
        # When the database is back, and some more are made
        store.broken = None
        for _ in range(3):
            await writer.suppress(manual("jane"))
    # Then there is a line for either.
    told = [line["event"] for line in logged]
    assert told == ["writes refused: database away", "writes taken again"]


@pytest.mark.parametrize("place", [0, 2, 4])
async def test_a_write_that_cannot_be_made_fails_alone(
    store: GatedStore, writer: GroupWriter, place: int
) -> None:
    # Given writes that share a transaction, one of which no database takes
    [first] = await begun(writer.suppress(manual("first")))
    await store.someone_commits()
    wanted = [manual(f"other{n}") for n in range(5)]
    wanted[place] = dataclasses.replace(wanted[place], source="half a character: \ud83d")
    calls = await begun(*map(writer.suppress, wanted))
    # When they are written
    store.gate.set()
    told = await asyncio.gather(first, *calls, return_exceptions=True)
    # Then its caller is told that it is wrong, not that the database is away
    wrong = told.pop(1 + place)
    assert isinstance(wrong, Exception)
    assert not isinstance(wrong, WriteUnavailable)
    # and the others are answered, and on the list.
    assert [type(answer) for answer in told] == [tuple] * 5
    listed = [bool(store.address(new.address).suppressions) for new in wanted]
    assert listed == [n != place for n in range(5)]


async def test_a_write_whose_caller_has_gone_is_not_begun(
    store: GatedStore, writer: GroupWriter
) -> None:
    [first] = await begun(writer.suppress(manual("first")))
    await store.someone_commits()
    gone, stays = await begun(writer.suppress(manual("gone")), writer.suppress(manual("stays")))
    gone.cancel()
    store.gate.set()
    await asyncio.gather(first, stays)
    assert store.address("gone@example.com").suppressions == []


async def test_a_transaction_that_nobody_waits_for_is_not_begun(
    store: GatedStore, writer: GroupWriter
) -> None:
    [first] = await begun(writer.suppress(manual("first")))
    await store.someone_commits()
    [gone] = await begun(writer.suppress(manual("gone")))
    gone.cancel()
    store.gate.set()
    await first
    await writer._group.drain()
    assert store.revision() == 1


async def test_a_write_under_way_is_made_though_its_caller_goes(
    store: GatedStore, writer: GroupWriter
) -> None:
    [gone] = await begun(writer.suppress(manual("gone")))
    await store.someone_commits()
    gone.cancel()
    store.gate.set()
    await writer.suppress(manual("next"))
    assert len(store.address("gone@example.com").suppressions) == 1


async def test_a_caller_whose_commit_takes_too_long_is_told_so(
    store: GatedStore, writer: GroupWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "TIMEOUT_SECONDS", 0.01)
    with pytest.raises(WriteUnavailable) as refused:
        await writer.suppress(manual("jane"))
    assert refused.value.reason == "WRITE_UNCONFIRMED"
    monkeypatch.undo()


async def test_a_caller_beyond_the_limit_is_turned_away_at_once(store: GatedStore) -> None:
    # Given a writer that has as many writes as it takes
    writer = GroupWriter(store, max_writes=2)
    waiting = await begun(writer.suppress(manual("a")), writer.suppress(manual("b")))
    # When one more comes, then it is turned away and those who wait are served.
    with pytest.raises(TooManyWrites):
        await writer.suppress(manual("c"))
    store.gate.set()
    async with writer.writing():
        await asyncio.gather(*waiting)


async def test_a_write_with_one_stream_too_many_is_refused_and_fails_no_other(
    store: GatedStore, writer: GroupWriter
) -> None:
    # Given a list that has as many streams as it may
    store._max_streams = 0
    store.gate.set()
    # When writes with a new stream and without one share a transaction
    refused, taken = await begun(
        writer.suppress(NewSuppression("jane@example.com", Reason.MANUAL, "news")),
        writer.suppress(manual("june")),
    )
    # Then only the first of them fails.
    with pytest.raises(InvalidField) as error:
        await refused
    assert (error.value.field, error.value.reason) == ("stream", "STREAM_LIMIT")
    assert (await taken)[0].created


async def test_what_waits_at_the_end_is_still_written(store: GatedStore) -> None:
    # Given writes that wait behind a commit
    writer = GroupWriter(store)
    async with writer.writing():
        calls = await begun(writer.suppress(manual("first")))
        await store.someone_commits()
        calls += await begun(writer.suppress(manual("second")))
        # When the writing is to end
        store.gate.set()
    # Then all of them are answered.
    assert [(await call)[1].value for call in calls] == [1, 2]
