"""The PostgreSQL primary dies in the middle of everything, and its standby takes over."""

import asyncio
import contextlib
import datetime as dt
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from deploy.local.aws import StandIn
from deploy.local.events import bounce
from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from suppression_service.server import writer
from suppression_service.store import Store
from suppression_service.store.store import utc_now
from tests.support.in_process_server import Serve
from tests.support.load import LISTED, Load, listed, started_system
from tests.support.postgresql import Pair, started_pair
from tests.support.processes import Processes, eventually
from tests.support.system import System

Refusal = Callable[[Awaitable[object]], Awaitable[tuple[str, str, list[str]]]]


@pytest.fixture
def pair(postgresql_server: str) -> Iterator[Pair]:
    # That one has found PostgreSQL, or has said loudly that it is missing.
    with started_pair() as started:
        yield started


async def test_a_write_that_the_standby_does_not_confirm_is_not_confirmed_to_the_caller(
    pair: Pair, serve_list: Serve, refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(pair.url, migrate_first=True).close()
    check = rpc.CheckAddressRequest(address=LISTED)
    suppress = rpc.SuppressRequest(address=LISTED, reason=pb.REASON_MANUAL)
    async with serve_list(pair.url) as channel:
        stub: Any = SuppressionServiceStub(channel)
        # Given a standby that answers no more
        with pair.standby.frozen(), monkeypatch.context() as shortened:
            shortened.setattr(writer, "TIMEOUT_SECONDS", 0.5)
            # When somebody suppresses, then nobody is told that it is done, nor sees it
            told = await refusal(stub.Suppress(suppress))
            assert told == ("UNAVAILABLE", "WRITE_UNCONFIRMED", [])
            assert (await stub.CheckAddress(check)).verdict == pb.VERDICT_SEND
        # until the standby has it: then it was made after all.
        again = await stub.Suppress(suppress)
        assert not again.created
        check.min_revision = again.revision
        assert (await stub.CheckAddress(check)).verdict == pb.VERDICT_DO_NOT_SEND


async def at_another_revision(stub: Any, check: rpc.CheckAddressRequest, revision: str) -> Any:
    """Check until the answer is of another revision; the test's own time-out ends it."""
    while True:
        answer = await stub.CheckAddress(check)
        if answer.revision != revision:
            return answer
        await asyncio.sleep(0.05)


async def test_a_fail_over_that_loses_a_commit_is_noticed_and_the_list_loaded_anew(
    pair: Pair, serve_list: Serve
) -> None:
    Store.open(pair.url, migrate_first=True).close()
    kept, lost = (
        rpc.SuppressRequest(address=address, reason=pb.REASON_MANUAL)
        for address in (LISTED, "lost@example.com")
    )
    async with serve_list(pair.url) as channel:
        stub: Any = SuppressionServiceStub(channel)
        await stub.Suppress(kept)
        # Given a primary that confirms what its standby does not have
        pair.disconnect()
        seen = (await stub.Suppress(lost)).revision
        check = rpc.CheckAddressRequest(address=lost.address, min_revision=seen)
        assert (await stub.CheckAddress(check)).verdict == pb.VERDICT_DO_NOT_SEND
        # When it dies and the standby takes over
        with capture_logs() as logged:
            pair.primary.kill()
            pair.standby.promote()
            # Then a server that has seen it says so, and has the list as it is now.
            check.ClearField("min_revision")
            answer = await at_another_revision(stub, check, seen)
        assert answer.verdict == pb.VERDICT_SEND
        assert any("went back in time" in line["event"] for line in logged)
        check.address = kept.address
        assert (await stub.CheckAddress(check)).verdict == pb.VERDICT_DO_NOT_SEND


@pytest.fixture
def system(pair: Pair, stand_in: StandIn, processes: Processes, tmp_path: Path) -> System:
    """A service and a worker on the pair, both running."""
    Store.open(pair.url, migrate_first=True).close()
    return started_system(pair.url, stand_in, processes, tmp_path)


def bounces(count: int) -> dict[str, str]:
    """Bounces as they come out of the queue, each of another address."""
    addresses = [f"gone{number}@example.com" for number in range(count)]
    return {address: json.dumps(bounce(address)) for address in addresses}


def test_a_primary_that_is_killed_under_load_loses_nothing_that_was_confirmed(
    pair: Pair, system: System
) -> None:
    published = bounces(120)
    bodies = [body for body in published.values() for _ in range(2)]
    load = Load(system.address)
    with load.running():
        # Given feedback, all of it twice, and senders who check and suppress
        system.send_all(bodies[:100])
        eventually("writes are confirmed", lambda: len(load.confirmed) > 50)
        # When the primary is killed while more comes
        system.send_all(bodies[100:200])
        pair.primary.kill()
        killed = utc_now()
        eventually("a write is refused", lambda: load.refused_writes)
        checked = len(load.checks)
        eventually("checks go on", lambda: len(load.checks) > checked + 50)
        # and its standby promoted, with nothing told to any process
        newest = load.checks[-1]
        system.send_all(bodies[200:])
        pair.standby.promote()
        confirmed = len(load.confirmed)
        eventually("writes are confirmed again", lambda: len(load.confirmed) > confirmed + 50)
        system.settle()
    # Then every check was answered, as of before the kill while there was no database,
    assert load.refused_checks == []
    assert {answer.verdict for answer in load.checks} == {newest.verdict}
    assert newest.as_of_time.ToDatetime(killed.tzinfo) <= killed
    assert set(load.refused_writes) <= {"UNAVAILABLE DATABASE_UNAVAILABLE"}
    with contextlib.closing(Store.open(pair.standby.url("list"))) as store:
        # everything that was confirmed is there, at the revision that was told,
        entries = listed(store)
        told = {address: int(r.partition(".")[2]) for address, r in load.confirmed.items()}
        assert {address: entries[address].revision for address in told} == told
        # every bounce counts once,
        assert [entries[address].occurrences for address in published] == [1] * len(published)
        counted = [day.hard_bounces for day in store.daily_counts(dt.date(1970, 1, 1))]
        assert sum(counted) == len(published)
    assert system.dead_letters() == []
    # and the list in memory was never ahead of the new primary.
    assert "loading it anew" not in system.processes.output
