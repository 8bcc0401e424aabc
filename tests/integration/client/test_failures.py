import asyncio
import sys
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from suppression import (
    MAX_BATCH,
    AsyncSuppressionClient,
    ClientClosedError,
    ConfigurationError,
    DeadlineExceededError,
    FieldViolation,
    InvalidArgumentError,
    Reason,
    RefusedError,
    SuppressionClient,
    SuppressionError,
    UnauthenticatedError,
    UnavailableError,
    WhenUnavailable,
)
from suppression.connection import SERVICE_CONFIG

ClientOf = Callable[..., Any]
Code = grpc.StatusCode
DO_NOT_SEND, SEND, RAISE = (
    WhenUnavailable.DO_NOT_SEND,
    WhenUnavailable.SEND,
    WhenUnavailable.RAISE,
)

#: How often one call is tried, as the channel is set up.
ATTEMPTS: int = SERVICE_CONFIG["methodConfig"][0]["retryPolicy"]["maxAttempts"]  # type: ignore[index]


@pytest.mark.parametrize(("choice", "sent"), [(DO_NOT_SEND, False), (SEND, True)])
async def test_with_nobody_there_a_check_goes_by_the_policy(
    client_of: ClientOf, nobody: str, choice: WhenUnavailable, sent: bool
) -> None:
    check = await client_of(nobody, when_unavailable=choice).check("a@example.com")

    assert (check.answered, check.send) == (False, sent)


async def test_with_nobody_there_raise_raises(client_of: ClientOf, nobody: str) -> None:
    with pytest.raises(UnavailableError) as raised:
        await client_of(nobody, when_unavailable=RAISE).check("a@example.com")

    assert raised.value.code is Code.UNAVAILABLE


async def test_with_nobody_there_unanswered_addresses_are_counted(
    client_of: ClientOf, nobody: str
) -> None:
    client = client_of(nobody)

    await client.batch_check(["a@example.com", "b@example.com"])

    assert client.unanswered == 2


async def test_with_nobody_there_a_write_is_raised(client_of: ClientOf, nobody: str) -> None:
    with pytest.raises(UnavailableError):
        await client_of(nobody, when_unavailable=SEND).suppress("a@example.com", Reason.MANUAL)


async def test_silence_ends_at_the_deadline(client_of: ClientOf, service: Any) -> None:
    service.stays_silent("CheckAddress")

    with pytest.raises(DeadlineExceededError) as raised:
        await client_of(service.address, when_unavailable=RAISE, check_timeout=0.2).check("a")

    assert raised.value.code is Code.DEADLINE_EXCEEDED


async def test_silence_goes_by_the_policy(client_of: ClientOf, service: Any) -> None:
    service.stays_silent("BatchCheck")
    client = client_of(service.address, when_unavailable=SEND, batch_timeout=0.2)

    assert await client.filter(["a", "b"]) == ["a", "b"]


@pytest.mark.parametrize(
    "code", [Code.RESOURCE_EXHAUSTED, Code.INTERNAL, Code.UNKNOWN, Code.ABORTED]
)
async def test_a_service_that_fails_cannot_be_asked(
    client_of: ClientOf, service: Any, code: grpc.StatusCode
) -> None:
    service.fails("CheckAddress", code, times=ATTEMPTS)

    assert not (await client_of(service.address).check("a@example.com")).answered


@pytest.mark.parametrize(
    "code", [Code.INVALID_ARGUMENT, Code.UNAUTHENTICATED, Code.PERMISSION_DENIED, Code.NOT_FOUND]
)
async def test_what_the_service_refuses_is_raised(
    client_of: ClientOf, service: Any, code: grpc.StatusCode
) -> None:
    service.fails("CheckAddress", code)

    with pytest.raises(RefusedError) as raised:
        await client_of(service.address, when_unavailable=SEND).check("a@example.com")

    assert raised.value.code is code


async def test_an_error_brings_its_details(
    client_of: ClientOf, service: Any, error_info: Callable[..., Any]
) -> None:
    violation = {"field": "ttl", "description": "not positive"}
    service.fails(
        "Suppress",
        Code.INVALID_ARGUMENT,
        error_info("FIELD_INVALID", limit="0"),
        error_details_pb2.BadRequest(field_violations=[violation]),
    )

    with pytest.raises(InvalidArgumentError) as raised:
        await client_of(service.address).suppress("a@example.com", Reason.MANUAL)

    error = raised.value
    assert (error.reason, error.metadata) == ("FIELD_INVALID", {"limit": "0"})
    assert error.violations == (FieldViolation("ttl", "not positive"),)


async def test_a_passing_failure_is_retried(client_of: ClientOf, service: Any) -> None:
    service.fails("CheckAddress", Code.UNAVAILABLE, times=2)

    assert (await client_of(service.address).check("a@example.com")).answered


async def test_a_passing_failure_of_the_largest_batch_is_retried(
    client_of: ClientOf, service: Any
) -> None:
    service.fails("BatchCheck", Code.UNAVAILABLE, times=2)

    checks = await client_of(service.address).batch_check([f"{'a' * 64}@{'d' * 255}"] * MAX_BATCH)

    assert all(check.answered for check in checks)


async def test_a_lasting_failure_is_given_up(client_of: ClientOf, service: Any) -> None:
    service.fails("Suppress", Code.UNAVAILABLE, times=ATTEMPTS)

    with pytest.raises(UnavailableError):
        await client_of(service.address).suppress("a@example.com", Reason.MANUAL)

    assert len(service.requests) == ATTEMPTS


async def test_what_is_refused_is_not_retried(client_of: ClientOf, service: Any) -> None:
    service.fails("CheckAddress", Code.UNAUTHENTICATED)

    with pytest.raises(UnauthenticatedError):
        await client_of(service.address).check("a@example.com")

    assert len(service.requests) == 1


@pytest.mark.parametrize("reason", ["REVISION_FOREIGN", "REVISION_AHEAD"])
async def test_a_moved_database_does_not_stop_checks(
    client_of: ClientOf, service: Any, error_info: Callable[..., Any], reason: str
) -> None:
    client = client_of(service.address)
    await client.suppress("a@example.com", Reason.MANUAL)
    service.fails("CheckAddress", Code.INVALID_ARGUMENT, error_info(reason))

    check = await client.check("a@example.com")

    assert check.answered
    assert [request.min_revision for request in service.requests[1:]] == ["w1", ""]


async def test_a_restarted_server_is_found_again(client_of: ClientOf, serve: Any) -> None:
    before = await serve()
    client = client_of(before.address)
    assert (await client.check("a@example.com")).answered

    await before.stop(None)
    assert not (await client.check("a@example.com")).answered
    await serve(where=before.address)

    while not (await client.check("a@example.com")).answered:
        pass


async def test_a_closed_client_says_so(client_of: ClientOf, service: Any) -> None:
    client = client_of(service.address)
    await client.check("a@example.com")

    await client.close()

    with pytest.raises(ClientClosedError):
        await client.check("a@example.com")


async def test_closing_twice_does_no_harm(client_of: ClientOf, service: Any) -> None:
    client = client_of(service.address)
    await client.check("a@example.com")

    await client.close()
    await client.close()


async def test_closing_ends_a_call_under_way(client_of: ClientOf, service: Any) -> None:
    service.stays_silent("GetAddress")
    client = client_of(service.address)
    asked = asyncio.ensure_future(client.get_address("a@example.com"))
    await service.heard.wait()

    await client.close()

    with pytest.raises(ClientClosedError):
        await asked


async def test_a_cancelled_task_is_cancelled(service: Any) -> None:
    service.stays_silent("GetAddress")
    async with AsyncSuppressionClient(service.address, when_unavailable=DO_NOT_SEND) as client:
        asked = asyncio.ensure_future(client.get_address("a@example.com"))
        await service.heard.wait()

        asked.cancel()

        with pytest.raises(asyncio.CancelledError):
            await asked


async def test_an_error_in_a_batch_leaves_no_call_behind(client_of: ClientOf, service: Any) -> None:
    service.fails("BatchCheck", Code.PERMISSION_DENIED, times=5)
    client = client_of(service.address)

    with pytest.raises(RefusedError):
        await client.batch_check(["a"] * 50_000)

    assert (await client.check("a@example.com")).answered


def test_a_client_belongs_to_one_event_loop(nobody: str) -> None:
    client = AsyncSuppressionClient(nobody, when_unavailable=DO_NOT_SEND)

    async def ask() -> None:
        await client.check("a@example.com")

    asyncio.run(ask())
    with pytest.raises(ConfigurationError, match="event loop"):
        asyncio.run(ask())
    asyncio.run(client.close())


def test_a_with_block_closes_the_client(nobody: str) -> None:
    with SuppressionClient(nobody, when_unavailable=DO_NOT_SEND) as client:
        client.check("a@example.com")

    with pytest.raises(SuppressionError):
        client.check("a@example.com")


FORK = """
import os, sys
from suppression import SuppressionClient, WhenUnavailable

client = SuppressionClient(sys.argv[1], when_unavailable=WhenUnavailable.RAISE, check_timeout=20)
child = os.fork()
if child == 0:
    os._exit(7 if client.check("a@example.com").send else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


async def test_a_client_from_before_a_fork_works_after_it(service: Any) -> None:
    forking = await asyncio.create_subprocess_exec(sys.executable, "-c", FORK, service.address)

    assert await forking.wait() == 7
