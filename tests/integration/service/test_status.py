import contextlib
import datetime as dt
from collections.abc import Callable
from importlib import metadata
from typing import Any

import grpc
import pytest

from suppression.v1 import statistics_service_pb2 as rpc
from suppression.v1.statistics_service_pb2_grpc import StatisticsServiceStub
from suppression_service.store import Feedback, NewSuppression, Reason, Store

Serve = Callable[..., contextlib.AbstractAsyncContextManager[grpc.aio.Channel]]
Outage = Callable[[str], contextlib.AbstractContextManager[None]]

NOW = dt.datetime.now(dt.UTC)


async def status_of(channel: grpc.aio.Channel) -> rpc.GetStatusResponse:
    stub: Any = StatisticsServiceStub(channel)
    status: rpc.GetStatusResponse = await stub.GetStatus(rpc.GetStatusRequest())
    return status


@pytest.fixture
def filled() -> Callable[[str], None]:
    """Suppress an address, record feedback and count dead letters of two queues."""

    def fill(url: str) -> None:
        with contextlib.closing(Store.open(url)) as store:
            with store.write() as transaction:
                transaction.suppress([NewSuppression("jane@example.com", Reason.MANUAL)])
                transaction.record([Feedback("ses", "Bounce", "f", "joe@example.com", NOW)])
            for queue, messages in (("a", 1), ("a", 2), ("b", 3)):
                store.record_dead_letters(queue, messages)
            old = Store(store.engine, now=lambda: NOW - dt.timedelta(days=2))
            old.record_dead_letters("of a queue that ingest has left", 9)

    return fill


async def test_the_status_says_what_the_server_and_ingest_know(
    url: str, serve_list: Serve, filled: Callable[[str], None]
) -> None:
    filled(url)
    async with serve_list(url) as channel:
        status = await status_of(channel)
    assert (status.caller_name, status.caller_role) == ("", rpc.ROLE_ADMIN)
    assert status.server_version == metadata.version("suppression-service")
    assert status.revision.endswith(".1")
    assert status.as_of_time.ToDatetime(dt.UTC) >= NOW
    assert status.active_entries == 1
    assert status.last_feedback_time.ToDatetime(dt.UTC) >= NOW
    assert status.database_available
    assert status.dead_letters == 5
    assert status.dead_letters_time.ToDatetime(dt.UTC) >= NOW


async def test_what_is_not_known_is_unset(new_sqlite: str, serve_list: Serve) -> None:
    async with serve_list(new_sqlite) as channel:
        status = await status_of(channel)
    unset = ("last_feedback_time", "dead_letters", "dead_letters_time")
    assert not any(map(status.HasField, unset))


async def test_the_status_is_there_while_the_database_is_away(
    new_postgresql: str, serve_list: Serve, outage: Outage, filled: Callable[[str], None]
) -> None:
    filled(new_postgresql)
    async with serve_list(new_postgresql) as channel:
        with outage(new_postgresql):
            status = await status_of(channel)
    assert not status.database_available
    assert status.active_entries == 1
    assert not status.HasField("last_feedback_time")
