import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from suppression.v1 import list_service_pb2 as listing
from suppression.v1 import statistics_service_pb2 as statistics
from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.list_service_pb2_grpc import ListServiceStub
from suppression.v1.statistics_service_pb2_grpc import StatisticsServiceStub
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from suppression_service.server.auth import Role, append_token, new_token
from suppression_service.server.checks import Checks

JANE = "jane@example.com"
Serve = Callable[..., contextlib.AbstractAsyncContextManager[grpc.aio.Channel]]
Refusal = Callable[[Awaitable[object]], Awaitable[tuple[str, str, list[str]]]]
Calls = dict[str, Callable[..., Awaitable[Any]]]


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "tokens"
    path.touch()
    return path


@pytest.fixture
async def stub(new_sqlite: str, token_file: Path, serve_list: Serve) -> AsyncIterator[Any]:
    async with serve_list(new_sqlite, token_file=token_file) as channel:
        stub: Any = SuppressionServiceStub(channel)
        others: Any = StatisticsServiceStub(channel)
        stub.GetStatus, stub.GetStatistics = others.GetStatus, others.GetStatistics
        lists: Any = ListServiceStub(channel)
        stub.ListSuppressions = lists.ListSuppressions
        stub.ImportSuppressions = lists.ImportSuppressions
        yield stub


def bearer(token: str) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {token}")]


def token_for(path: Path, role: Role, name: str = "desk") -> str:
    text, line = new_token(name, role)
    append_token(path, line)
    return text


async def status_of(call: Awaitable[object]) -> grpc.StatusCode:
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def until_checks_end_in(wanted: grpc.StatusCode, stub: Any, token: str) -> None:
    """Check until the server has read the tokens again; the test's time limit ends it."""
    request = rpc.CheckAddressRequest(address=JANE)
    while await status_of(stub.CheckAddress(request, metadata=bearer(token))) is not wanted:  # noqa: ASYNC110
        await asyncio.sleep(0.05)


async def known(stub: Any, token: str) -> None:
    await until_checks_end_in(grpc.StatusCode.OK, stub, token)


async def test_a_call_without_a_token_is_unauthenticated(stub: Any, refusal: Refusal) -> None:
    call = stub.CheckAddress(rpc.CheckAddressRequest(address=JANE))
    assert await refusal(call) == ("UNAUTHENTICATED", "TOKEN_MISSING", [])


async def test_a_call_with_a_strange_token_is_unauthenticated(stub: Any, refusal: Refusal) -> None:
    request = rpc.CheckAddressRequest(address=JANE)
    call = stub.CheckAddress(request, metadata=bearer("sup_guess"))
    assert await refusal(call) == ("UNAUTHENTICATED", "TOKEN_UNKNOWN", [])


_CHECK = {"CheckAddress", "BatchCheck", "GetStatus"}
_READ = {*_CHECK, "GetAddress", "ListChanges", "GetStatistics", "ListSuppressions"}
_WRITE = {*_READ, "Suppress", "ImportSuppressions"}
ALLOWED = {
    Role.CHECK: _CHECK,
    Role.READ: _READ,
    Role.WRITE: _WRITE,
    Role.ADMIN: {*_WRITE, "Unsuppress", "EraseAddress"},
}
REQUESTS = {
    "CheckAddress": rpc.CheckAddressRequest(address=JANE),
    "BatchCheck": rpc.BatchCheckRequest(addresses=[JANE]),
    "Suppress": rpc.SuppressRequest(address=JANE, reason=pb.REASON_MANUAL),
    "GetAddress": rpc.GetAddressRequest(address=JANE),
    "ListChanges": rpc.ListChangesRequest(),
    "Unsuppress": rpc.UnsuppressRequest(address=JANE, detail="mistake"),
    "EraseAddress": rpc.EraseAddressRequest(address=JANE),
    "ListSuppressions": listing.ListSuppressionsRequest(),
    "ImportSuppressions": listing.ImportSuppressionsRequest(
        suppressions=[pb.Suppression(address=JANE, reason=pb.REASON_MANUAL)]
    ),
    "GetStatistics": statistics.GetStatisticsRequest(),
    "GetStatus": statistics.GetStatusRequest(),
}


@pytest.mark.parametrize("role", Role)
async def test_a_role_allows_its_calls_and_no_others(
    role: Role, stub: Any, token_file: Path
) -> None:
    token = token_for(token_file, role)
    await known(stub, token)
    statuses = {
        name: await status_of(getattr(stub, name)(request, metadata=bearer(token)))
        for name, request in REQUESTS.items()
    }
    denied = grpc.StatusCode.PERMISSION_DENIED
    assert statuses == {
        name: grpc.StatusCode.OK if name in ALLOWED[role] else denied for name in REQUESTS
    }


async def test_a_token_that_is_taken_away_stops_to_work(stub: Any, token_file: Path) -> None:
    token = token_for(token_file, Role.CHECK)
    await known(stub, token)
    await asyncio.to_thread(token_file.write_text, "")
    await until_checks_end_in(grpc.StatusCode.UNAUTHENTICATED, stub, token)


async def test_a_removal_names_the_holder_of_the_token(stub: Any, token_file: Path) -> None:
    token = token_for(token_file, Role.ADMIN, name="ops.ann")
    await known(stub, token)
    await stub.Suppress(
        rpc.SuppressRequest(address=JANE, reason=pb.REASON_COMPLAINT), metadata=bearer(token)
    )
    answer = await stub.Unsuppress(
        rpc.UnsuppressRequest(address=JANE, source="console", detail="asked us by letter"),
        metadata=bearer(token),
    )
    (removed,) = answer.removed
    assert (removed.removed_by, removed.removal_detail) == ("ops.ann/console", "asked us by letter")


async def test_a_complaint_is_not_removed_without_saying_why(
    stub: Any, token_file: Path, refusal: Refusal
) -> None:
    token = token_for(token_file, Role.ADMIN)
    await known(stub, token)
    call = stub.Unsuppress(rpc.UnsuppressRequest(address=JANE), metadata=bearer(token))
    assert await refusal(call) == ("INVALID_ARGUMENT", "DETAIL_MISSING", ["detail"])


async def test_the_status_names_the_holder_and_the_role_of_the_token(
    stub: Any, token_file: Path
) -> None:
    token = token_for(token_file, Role.READ, name="ops.ann")
    await known(stub, token)
    status = await stub.GetStatus(statistics.GetStatusRequest(), metadata=bearer(token))
    assert (status.caller_name, status.caller_role) == ("ops.ann", statistics.ROLE_READ)


async def test_health_needs_no_token(new_sqlite: str, token_file: Path, serve_list: Serve) -> None:
    async with serve_list(new_sqlite, token_file=token_file) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        answer = await health.Check(health_pb2.HealthCheckRequest())
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_reflection_can_be_switched_off(new_sqlite: str, serve_list: Serve) -> None:
    async with serve_list(new_sqlite, reflection=False) as channel:
        reflect: Any = channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/Info")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await reflect(iter(())).read()
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_call_too_many_is_turned_away_at_once_and_told_when_to_come_back(
    new_sqlite: str, serve_list: Serve
) -> None:
    # Given a worker that takes one call that waits, and one that does
    async with serve_list(new_sqlite, max_calls=1) as channel:
        stub: Any = SuppressionServiceStub(channel)
        first = await stub.ListChanges(rpc.ListChangesRequest())
        wait = rpc.ListChangesRequest(after_revision=first.through_revision)
        wait.max_wait.FromSeconds(60)
        codes = set()
        waiting = [asyncio.ensure_future(stub.ListChanges(wait)) for _ in range(2)]
        done, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for call in done:
            error = call.exception()
            assert isinstance(error, grpc.aio.AioRpcError)
            codes.add(error.code())
        # then the second is turned away, and checks go on.
        await stub.CheckAddress(rpc.CheckAddressRequest(address=JANE))
        for call in pending:
            call.cancel()
    assert codes == {grpc.StatusCode.RESOURCE_EXHAUSTED}


async def test_one_token_that_follows_the_list_leaves_room_for_others(
    new_sqlite: str, token_file: Path, serve_list: Serve, refusal: Refusal
) -> None:
    # Given a token whose long polls have taken its share
    eager, calm = (bearer(token_for(token_file, Role.WRITE, name)) for name in ("eager", "calm"))
    async with serve_list(new_sqlite, token_file=token_file, max_calls=4) as channel:
        stub: Any = SuppressionServiceStub(channel)
        wait = rpc.ListChangesRequest()
        wait.max_wait.FromSeconds(60)
        polls = [asyncio.ensure_future(stub.ListChanges(wait, metadata=eager)) for _ in range(2)]
        done, pending = await asyncio.wait(polls, return_when=asyncio.FIRST_COMPLETED)
        assert (await refusal(done.pop()))[:2] == ("RESOURCE_EXHAUSTED", "TOKEN_CALLS")
        # Then another token is answered.
        await stub.ListChanges(rpc.ListChangesRequest(), metadata=calm)
        pending.pop().cancel()


async def test_batches_that_take_their_turns_are_limited_and_keep_no_single_check_waiting(
    new_sqlite: str, serve_list: Serve, refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a worker that takes one batch at a time, whose turn never ends
    async def endless(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Checks, "batch", endless)
    async with serve_list(new_sqlite, max_calls=1) as channel:
        stub: Any = SuppressionServiceStub(channel)
        batch = rpc.BatchCheckRequest(addresses=[JANE])
        batches = [asyncio.ensure_future(stub.BatchCheck(batch)) for _ in range(2)]
        # When there are two, then the second is turned away, and single checks go on.
        done, pending = await asyncio.wait(batches, return_when=asyncio.FIRST_COMPLETED)
        assert (await refusal(done.pop()))[:2] == ("RESOURCE_EXHAUSTED", "CALLS_UNDER_WAY")
        await stub.CheckAddress(rpc.CheckAddressRequest(address=JANE))
        pending.pop().cancel()


async def test_a_token_that_calls_too_often_is_told_when_to_come_back_and_no_other(
    new_sqlite: str, token_file: Path, serve_list: Serve
) -> None:
    # Given a server on which each token may make a call in a thousand seconds
    eager, calm = (token_for(token_file, Role.CHECK, name) for name in ("eager", "calm"))
    request = rpc.CheckAddressRequest(address=JANE)
    async with serve_list(new_sqlite, token_file=token_file, max_rate=0.001) as channel:
        stub: Any = SuppressionServiceStub(channel)
        # When one makes two
        await stub.CheckAddress(request, metadata=bearer(eager))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.CheckAddress(request, metadata=bearer(eager))
        # then the second is refused, and the other token's is not.
        await stub.CheckAddress(request, metadata=bearer(calm))
    status = rpc_status.from_call(refused.value)
    assert status is not None
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(retry)
    assert (refused.value.code(), info.reason) == (
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "TOKEN_RATE",
    )
    assert 0 < retry.retry_delay.ToTimedelta().total_seconds() <= 1000


async def test_limits_of_batches_and_messages_are_settings(
    new_sqlite: str, serve_list: Serve, refusal: Refusal
) -> None:
    async with serve_list(new_sqlite, max_batch=2) as channel:
        stub: Any = SuppressionServiceStub(channel)
        fits, many = ([f"n{n}@example.com" for n in range(count)] for count in (2, 3))
        await stub.BatchCheck(rpc.BatchCheckRequest(addresses=fits))
        large = stub.BatchCheck(rpc.BatchCheckRequest(addresses=many))
        assert await refusal(large) == ("INVALID_ARGUMENT", "BATCH_TOO_LARGE", ["addresses"])
        huge = stub.CheckAddress(rpc.CheckAddressRequest(address="j" * 65_536))
        assert await status_of(huge) is grpc.StatusCode.RESOURCE_EXHAUSTED
