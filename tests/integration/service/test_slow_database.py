"""A database that takes calls and does not answer them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from suppression_service.store import NewSuppression, Reason, Store
from tests.support.in_process_server import Serve
from tests.support.postgresql import Server, started_server

Refusal = Callable[[Awaitable[object]], Awaitable[tuple[str, str, list[str]]]]

JANE = "jane@example.com"
CHECK = rpc.CheckAddressRequest(address=JANE)


@pytest.fixture
def own_postgresql(postgresql_server: str) -> Iterator[Server]:
    # That one has found PostgreSQL, or has said loudly that it is missing.
    with started_server() as server:
        url = server.url("postgres")
        with (
            contextlib.closing(Store.open(url, migrate_first=True)) as store,
            store.write() as transaction,
        ):
            transaction.suppress([NewSuppression(JANE, Reason.COMPLAINT)])
        yield server


def calls_that_wait(stub: Any, now: str) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Every kind of call that needs the database, by method."""
    database, _, number = now.partition(".")
    ahead = f"{database}.{int(number) + 1}"
    suppress = rpc.SuppressRequest(address="june@example.com", reason=pb.REASON_MANUAL)
    return {
        "Suppress": lambda: stub.Suppress(suppress),
        "GetAddress": lambda: stub.GetAddress(rpc.GetAddressRequest(address=JANE)),
        "ListChanges": lambda: stub.ListChanges(rpc.ListChangesRequest()),
        "CheckAddress": lambda: stub.CheckAddress(
            rpc.CheckAddressRequest(address=JANE, min_revision=ahead)
        ),
    }


async def test_calls_that_wait_for_a_frozen_database_keep_no_check_from_its_answer(
    own_postgresql: Server, serve_list: Serve, refusal: Refusal
) -> None:
    # Given a server that lets one call of a kind wait, and a database that answers nothing
    async with serve_list(own_postgresql.url("postgres"), max_calls=1) as channel:
        stub: Any = SuppressionServiceStub(channel)
        now = (await stub.CheckAddress(CHECK)).revision
        with own_postgresql.frozen():
            # When two of each kind come
            refused: dict[str, tuple[str, ...]] = {}
            waiting: list[asyncio.Future[Any]] = []
            for method, call in calls_that_wait(stub, now).items():
                pair = [asyncio.ensure_future(call()) for _ in range(2)]
                done, pending = await asyncio.wait(pair, return_when=asyncio.FIRST_COMPLETED)
                refused[method] = (await refusal(done.pop()))[:2]
                waiting += pending
            # Then the second of each is turned away at once,
            full = ("RESOURCE_EXHAUSTED", "CALLS_UNDER_WAY")
            assert refused == {
                "Suppress": ("RESOURCE_EXHAUSTED", "WRITES_WAITING"),
                "GetAddress": full,
                "ListChanges": full,
                "CheckAddress": full,
            }
            # and who checks without need of the database is answered.
            reached = rpc.CheckAddressRequest(address=JANE, min_revision=now)
            batch = rpc.BatchCheckRequest(addresses=[JANE])
            assert (await stub.CheckAddress(CHECK)).verdict == pb.VERDICT_DO_NOT_SEND
            assert (await stub.CheckAddress(reached)).verdict == pb.VERDICT_DO_NOT_SEND
            assert (await stub.BatchCheck(batch)).verdicts == [pb.VERDICT_DO_NOT_SEND]
        for each in waiting:
            each.cancel()
