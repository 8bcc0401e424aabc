import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from sqlalchemy import make_url, text, update

from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from suppression_service.server import service as servicer
from suppression_service.store import NewSuppression, Reason, Store
from suppression_service.store.schema import compatibility
from suppression_service.store.store import utc_now

JANE = "jane@example.com"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

Refusal = Callable[[Awaitable[object]], Awaitable[tuple[str, str, list[str]]]]
Serve = Callable[..., contextlib.AbstractAsyncContextManager[grpc.aio.Channel]]
HealthBecomes = Callable[[grpc.aio.Channel, int], Awaitable[None]]
Outage = Callable[[str], contextlib.AbstractContextManager[None]]
Stub = Any

CHECK = rpc.CheckAddressRequest(address=JANE)
SUPPRESS = rpc.SuppressRequest(address=JANE, reason=pb.REASON_MANUAL)


def suppress(url: str, *addresses: str) -> None:
    """Suppress as another process does."""
    with contextlib.closing(Store.open(url)) as store, store.write() as transaction:
        transaction.suppress([NewSuppression(each, Reason.COMPLAINT) for each in addresses])


async def until(stub: Stub, wanted: Callable[[Any], bool], address: str = JANE) -> Any:
    """Ask until the answer is as wanted; the test's own time-out ends it."""
    while True:
        answer = await stub.CheckAddress(rpc.CheckAddressRequest(address=address))
        if wanted(answer):
            return answer
        await asyncio.sleep(0.01)


def take_programs_from(store: Store, oldest: str) -> None:
    """Have the database say that its schema is a later one, and how old programs may be."""
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
        connection.execute(update(compatibility).values(oldest_program=oldest))


def is_stopped(answer: Any) -> bool:
    return bool(answer.verdict == pb.VERDICT_DO_NOT_SEND)


async def test_checks_go_on_with_an_honest_time_while_the_database_is_away(
    new_postgresql: str, serve_list: Serve, outage: Outage, refusal: Refusal
) -> None:
    suppress(new_postgresql, JANE)
    async with serve_list(new_postgresql) as channel:
        stub: Stub = SuppressionServiceStub(channel)
        # Given a database that goes away, as a write notices
        with outage(new_postgresql):
            away_since = utc_now()
            told = await refusal(stub.Suppress(SUPPRESS))
            assert told == ("UNAVAILABLE", "DATABASE_UNAVAILABLE", [])
            # When an address is checked
            answer = await stub.CheckAddress(CHECK)
            # Then it is answered, as of before.
            assert answer.reason == pb.REASON_COMPLAINT
            assert answer.as_of_time.ToDatetime(away_since.tzinfo) < away_since
        # And when the database is back, everything is again, by itself.
        await until(
            stub, lambda answer: answer.as_of_time.ToDatetime(utc_now().tzinfo) > away_since
        )
        assert (await stub.Suppress(SUPPRESS)).created


async def test_everything_that_needs_the_database_is_unavailable_while_it_is_away(
    new_postgresql: str,
    serve_list: Serve,
    outage: Outage,
    refusal: Refusal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(servicer, "TIMEOUT_SECONDS", 0.2)
    async with serve_list(new_postgresql) as channel:
        stub: Stub = SuppressionServiceStub(channel)
        now = (await stub.CheckAddress(CHECK)).revision
        database, _, number = now.partition(".")
        ahead = f"{database}.{int(number) + 1}"
        with outage(new_postgresql):
            away: Any = ("UNAVAILABLE", "DATABASE_UNAVAILABLE", [])
            assert await refusal(stub.Unsuppress(rpc.UnsuppressRequest(address=JANE))) == away
            assert await refusal(stub.GetAddress(rpc.GetAddressRequest(address=JANE))) == away
            assert await refusal(stub.ListChanges(rpc.ListChangesRequest())) == away
            # A revision that it has needs no database, one that it has not cannot be read.
            await stub.CheckAddress(rpc.CheckAddressRequest(address=JANE, min_revision=now))
            unreached = rpc.CheckAddressRequest(address=JANE, min_revision=ahead)
            told = await refusal(stub.CheckAddress(unreached))
            assert told == ("UNAVAILABLE", "REVISION_UNREACHED", [])


async def test_a_list_that_is_too_old_is_not_answered_from_until_it_is_fresh(
    new_postgresql: str,
    serve_list: Serve,
    outage: Outage,
    refusal: Refusal,
    health_becomes: HealthBecomes,
) -> None:
    suppress(new_postgresql, JANE)
    async with serve_list(new_postgresql, max_staleness=0.5) as channel:
        stub: Stub = SuppressionServiceStub(channel)
        # When the database is away for longer than the limit
        with outage(new_postgresql):
            await health_becomes(channel, NOT_SERVING)
            # Then checks are unavailable
            told = await refusal(stub.CheckAddress(CHECK))
            assert told == ("UNAVAILABLE", "LIST_TOO_OLD", [])
            batch = rpc.BatchCheckRequest(addresses=[JANE])
            assert (await refusal(stub.BatchCheck(batch)))[:2] == ("UNAVAILABLE", "LIST_TOO_OLD")
        # and once it is back, they are answered.
        await health_becomes(channel, SERVING)
        assert is_stopped(await stub.CheckAddress(CHECK))


async def test_a_server_that_starts_without_its_database_serves_once_it_is_there(
    new_postgresql: str,
    serve_list: Serve,
    outage: Outage,
    refusal: Refusal,
    health_becomes: HealthBecomes,
) -> None:
    suppress(new_postgresql, JANE)
    away = contextlib.ExitStack()
    away.enter_context(outage(new_postgresql))
    async with serve_list(new_postgresql, ready=False) as channel:
        # Given a server that could not load the list
        health = health_pb2_grpc.HealthStub(channel)
        told = await health.Check(health_pb2.HealthCheckRequest(), wait_for_ready=True)
        assert told.status == NOT_SERVING
        stub: Stub = SuppressionServiceStub(channel)
        not_loaded: Any = ("UNAVAILABLE", "LIST_NOT_LOADED", [])
        assert await refusal(stub.CheckAddress(CHECK)) == not_loaded
        assert await refusal(stub.ListChanges(rpc.ListChangesRequest())) == not_loaded
        # When the database comes
        away.close()
        # Then it serves.
        await health_becomes(channel, SERVING)
        assert is_stopped(await stub.CheckAddress(CHECK))


async def test_a_write_is_answered_while_the_list_is_still_being_loaded(
    new_sqlite: str, serve_list: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a server that cannot load the list though the database is well
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("suppression_service.server.replica.base.BaseSource.load", broken)
    async with serve_list(new_sqlite, ready=False) as channel:
        stub: Stub = SuppressionServiceStub(channel)
        await channel.channel_ready()
        # When somebody suppresses, then it is done and told, not done and denied.
        assert (await stub.Suppress(SUPPRESS)).created


async def test_a_restored_older_database_is_noticed_and_loaded(
    url: str, serve_list: Serve, refusal: Refusal
) -> None:
    # Given a server that has seen two entries
    suppress(url, "kept@example.com")
    suppress(url, JANE)
    async with serve_list(url) as channel:
        stub: Stub = SuppressionServiceStub(channel)
        before = await until(stub, is_stopped)
        # When the database is put back to before the second
        with contextlib.closing(Store.open(url)) as store, store.engine.begin() as connection:
            connection.execute(text("DELETE FROM suppression WHERE revision > 1"))
            connection.execute(text("UPDATE revision SET value = 1"))
        # Then the second is forgotten, the first is not
        await until(stub, lambda answer: not is_stopped(answer))
        kept = await stub.CheckAddress(rpc.CheckAddressRequest(address="kept@example.com"))
        assert is_stopped(kept)
        # and the lost revision is none that can be asked for.
        asked = rpc.CheckAddressRequest(address=JANE, min_revision=before.revision)
        assert (await refusal(stub.CheckAddress(asked)))[1] == "REVISION_AHEAD"


async def test_a_replaced_database_is_noticed_and_loaded(
    url: str, serve_list: Serve, refusal: Refusal
) -> None:
    # Given a server that has seen an entry
    suppress(url, JANE)
    async with serve_list(url) as channel:
        stub: Stub = SuppressionServiceStub(channel)
        before = await until(stub, is_stopped)
        # When another database takes the place, further on and with other fingerprints
        with contextlib.closing(Store.open(url)) as store, store.engine.begin() as connection:
            connection.execute(text("DELETE FROM suppression"))
            connection.execute(
                text("UPDATE revision SET value = 50, database_id = 'new', fingerprint_seed = 7")
            )
        suppress(url, "june@example.com")
        # Then its entries count, and nobody else's
        await until(stub, is_stopped, "june@example.com")
        answer = await stub.CheckAddress(CHECK)
        assert not is_stopped(answer)
        assert answer.revision == "new.51"
        # and a revision of the old one is refused.
        asked = rpc.CheckAddressRequest(address=JANE, min_revision=before.revision)
        assert (await refusal(stub.CheckAddress(asked)))[1] == "REVISION_FOREIGN"


async def test_a_replaced_database_that_cannot_be_loaded_at_once_is_not_mixed_with_the_old(
    new_sqlite: str, serve_list: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    suppress(new_sqlite, JANE)
    async with serve_list(new_sqlite) as channel:
        stub: Stub = SuppressionServiceStub(channel)
        await until(stub, is_stopped)
        # Given a load that fails twice in the middle, just when the database is replaced
        failures = iter(range(2))
        whole = Store.active_entries

        def broken(store: Store) -> Any:
            if next(failures, None) is not None:
                raise RuntimeError
            return whole(store)

        monkeypatch.setattr(Store, "active_entries", broken)
        with (
            contextlib.closing(Store.open(new_sqlite)) as store,
            store.engine.begin() as connection,
        ):
            connection.execute(text("DELETE FROM suppression"))
            connection.execute(text("UPDATE revision SET value = 50, database_id = 'new'"))
        # When it can be loaded, then nothing of the old one is left.
        await until(stub, lambda answer: answer.revision == "new.50")
        assert not is_stopped(await stub.CheckAddress(CHECK))


async def test_a_change_of_thousands_is_taken_in_beside_the_checks(
    url: str, serve_list: Serve
) -> None:
    async with serve_list(url) as channel:
        stub: Stub = SuppressionServiceStub(channel)
        suppress(url, *(f"a{number}@x.org" for number in range(2_500)), JANE)
        await until(stub, is_stopped)
        answer = await stub.CheckAddress(rpc.CheckAddressRequest(address="a0@x.org"))
        assert is_stopped(answer)


async def test_a_server_that_starts_anew_without_its_database_answers_from_its_snapshot(
    new_postgresql: str, serve_list: Serve, outage: Outage, tmp_path: Path
) -> None:
    # Given a snapshot of an earlier server
    suppress(new_postgresql, JANE)
    snapshots = str(tmp_path / "snapshots")
    async with serve_list(new_postgresql, snapshot_directory=snapshots):
        pass
    # When a server starts while the database is away, then it answers, as of then.
    with outage(new_postgresql):
        started = utc_now()
        async with serve_list(new_postgresql, snapshot_directory=snapshots) as channel:
            answer = await SuppressionServiceStub(channel).CheckAddress(CHECK)
            assert is_stopped(answer)
            assert answer.as_of_time.ToDatetime(started.tzinfo) < started


async def test_a_server_that_started_without_its_database_looks_at_the_schema_once_it_is_back(
    new_postgresql: str, serve_list: Serve, outage: Outage, refusal: Refusal, tmp_path: Path
) -> None:
    suppress(new_postgresql, JANE)
    snapshots = str(tmp_path / "snapshots")
    async with serve_list(new_postgresql, snapshot_directory=snapshots):
        pass
    away = contextlib.ExitStack()
    with contextlib.closing(Store.open(new_postgresql)) as store:
        # Given a schema that goes on to a later version before the database goes away
        take_programs_from(store, "later")
        away.enter_context(outage(new_postgresql))
        async with serve_list(new_postgresql, snapshot_directory=snapshots) as channel:
            stub: Stub = SuppressionServiceStub(channel)
            # When the database is back
            away.close()
            # Then nothing is written to it, and checks go on from the snapshot
            told = await refusal(stub.Suppress(SUPPRESS))
            assert told == ("UNAVAILABLE", "DATABASE_UNAVAILABLE", [])
            assert is_stopped(await stub.CheckAddress(CHECK))
            # until the schema is one that takes the program.
            take_programs_from(store, "0004")
            assert (await stub.Suppress(SUPPRESS)).created


def test_an_sqlite_backup_can_be_put_back_under_a_store_that_is_open(
    new_sqlite: str, tmp_path: Path
) -> None:
    # Given a backup, and an entry made after it
    path = str(make_url(new_sqlite).database)
    with contextlib.closing(Store.open(new_sqlite)) as store:
        with (
            contextlib.closing(sqlite3.connect(path)) as now,
            contextlib.closing(sqlite3.connect(tmp_path / "backup.db")) as backup,
        ):
            now.backup(backup)
            suppress(new_sqlite, JANE)
            assert store.revision() == 1
            # When it is put back the way that SQLite means it to be
            backup.backup(now)
        # Then the store sees it.
        assert store.revision() == 0
