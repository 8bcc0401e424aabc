from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from suppression import MAX_BATCH, MailClass, Reason, Verdict
from suppression.v1 import suppression_service_pb2 as pb

ClientOf = Callable[..., Any]


async def test_a_check_crosses_the_wire_whole(client_of: ClientOf, service: Any) -> None:
    time = datetime(2026, 5, 4, 12, 30, 15, 250_000, tzinfo=UTC)
    stamp = Timestamp()
    stamp.FromDatetime(time)
    service.answers(
        "CheckAddress",
        pb.CheckAddressResponse(verdict=2, reason=3, revision="r1", as_of_time=stamp),
    )

    check = await client_of(service.address).check(
        "a@example.com", stream="news", mail_class=MailClass.ESSENTIAL
    )

    assert (check.verdict, check.reason) == (Verdict.DO_NOT_SEND, Reason.COMPLAINT)
    assert (check.revision, check.as_of) == ("r1", time)


async def test_the_service_hears_the_whole_question(client_of: ClientOf, service: Any) -> None:
    await client_of(service.address).check(
        "a@example.com", stream="news", mail_class=MailClass.ESSENTIAL, min_revision="r1"
    )

    assert service.requests == [
        pb.CheckAddressRequest(
            address="a@example.com", stream="news", mail_class=2, min_revision="r1"
        )
    ]


async def test_a_verdict_of_a_newer_server_is_no_leave_to_send(
    client_of: ClientOf, service: Any
) -> None:
    service.answers("CheckAddress", pb.CheckAddressResponse(verdict=77, reason=78))

    check = await client_of(service.address).check("a@example.com")

    assert (check.send, check.answered, check.verdict, check.reason) == (False, True, 77, 78)


async def test_verdicts_of_a_newer_server_are_no_leave_to_send_in_a_batch(
    client_of: ClientOf, service: Any
) -> None:
    service.answers("BatchCheck", pb.BatchCheckResponse(verdicts=[1, 77, 0]))

    checks = await client_of(service.address).batch_check(["a", "b", "c"])

    assert [check.send for check in checks] == [True, False, False]


async def test_an_empty_answer_is_no_leave_to_send(client_of: ClientOf, service: Any) -> None:
    service.answers("CheckAddress", pb.CheckAddressResponse())

    assert not (await client_of(service.address).check("a@example.com")).send


async def test_a_batch_of_any_length_keeps_its_order(client_of: ClientOf, service: Any) -> None:
    addresses = [f"a{n}@example.com" for n in range(2 * MAX_BATCH + 1)]

    kept = await client_of(service.address).filter(addresses)

    assert kept == addresses


async def test_no_call_of_a_batch_is_over_the_limit(client_of: ClientOf, service: Any) -> None:
    await client_of(service.address).batch_check(["a"] * (2 * MAX_BATCH + 1))

    sizes = sorted(len(request.addresses) for request in service.requests)
    assert sizes == [1, MAX_BATCH, MAX_BATCH]


async def test_a_full_batch_of_the_longest_addresses_fits(
    client_of: ClientOf, service: Any
) -> None:
    address = f"{'a' * 64}@{'d' * 255}"

    checks = await client_of(service.address).batch_check([address] * MAX_BATCH)

    assert all(check.send for check in checks)


async def test_a_large_page_of_changes_fits(client_of: ClientOf, service: Any) -> None:
    entry = {"address": "a@example.com", "detail": "x" * 1_000}
    service.answers("ListChanges", pb.ListChangesResponse(changes=[entry] * 10_000))

    page = await client_of(service.address).list_changes("r1", 10_000, timedelta(seconds=1))

    assert len(page.changes) == 10_000


async def test_a_check_after_a_write_names_its_revision(client_of: ClientOf, service: Any) -> None:
    client = client_of(service.address)

    await client.suppress("a@example.com", Reason.MANUAL, ttl=timedelta(days=1))
    await client.check("a@example.com")

    assert service.requests[-1].min_revision == "w1"


async def test_the_token_goes_with_a_call(client_of: ClientOf, service: Any) -> None:
    await client_of(service.address, token="t0ken").get_address("a@example.com")

    assert service.metadata[0]["authorization"] == "Bearer t0ken"


@pytest.mark.parametrize("name", ["localhost", "dns:///127.0.0.1"])
async def test_the_server_can_be_named_in_several_ways(
    client_of: ClientOf, service: Any, name: str
) -> None:
    port = service.address.rpartition(":")[2]

    assert (await client_of(f"{name}:{port}").check("a@example.com")).send
