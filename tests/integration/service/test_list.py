"""ListSuppressions and ImportSuppressions, as callers see them."""

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from suppression.v1 import list_service_pb2 as rpc
from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2
from suppression.v1.list_service_pb2_grpc import ListServiceStub
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from suppression_service.server import list_service
from tests.support.in_process_server import Serve

Refusal = Callable[[Awaitable[object]], Awaitable[tuple[str, str, list[str]]]]
LONG_AGO = dt.datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=dt.UTC)
CREATED, UPDATED, UNCHANGED, KEPT_REMOVED, REFUSED = (
    rpc.IMPORT_OUTCOME_CREATED,
    rpc.IMPORT_OUTCOME_UPDATED,
    rpc.IMPORT_OUTCOME_UNCHANGED,
    rpc.IMPORT_OUTCOME_KEPT_REMOVED,
    rpc.IMPORT_OUTCOME_REFUSED,
)


@pytest.fixture
async def stubs(url: str, serve_list: Serve) -> AsyncIterator[tuple[Any, Any]]:
    """The stubs of ListService and of SuppressionService, on each engine."""
    async with serve_list(url) as channel:
        yield ListServiceStub(channel), SuppressionServiceStub(channel)


def row(address: str = "jane@example.com", **fields: Any) -> pb.Suppression:
    return pb.Suppression(address=address, **{"reason": pb.REASON_HARD_BOUNCE, **fields})


def full_row() -> pb.Suppression:
    message = row(
        stream="news",
        source="provider",
        detail="550 5.1.1\r\nno such user",
        message_id="0102",
        feedback_id="0304",
        occurrences=7,
        removed_by="ops.ann/console",
        removal_detail="asked us",
    )
    message.first_seen_time.FromDatetime(LONG_AGO)
    message.last_seen_time.FromDatetime(LONG_AGO + dt.timedelta(days=1))
    message.expire_time.FromDatetime(LONG_AGO + dt.timedelta(days=2))
    message.removed_time.FromDatetime(LONG_AGO + dt.timedelta(days=3))
    return message


async def imported(stub: Any, *rows: pb.Suppression, **options: Any) -> list[Any]:
    answer = await stub.ImportSuppressions(
        rpc.ImportSuppressionsRequest(suppressions=rows, **options)
    )
    return [result.outcome for result in answer.results]


async def listed(stub: Any, **request: Any) -> list[pb.Suppression]:
    """All pages."""
    found: list[pb.Suppression] = []
    asked = rpc.ListSuppressionsRequest(**request)
    while True:
        page = await stub.ListSuppressions(asked)
        found += page.suppressions
        if not page.next_page_token:
            return found
        asked.page_token = page.next_page_token


async def test_what_is_listed_can_be_imported_and_is_listed_the_same(stubs: Any) -> None:
    stub, _ = stubs
    assert await imported(stub, full_row(), row("b@example.com")) == [CREATED, CREATED]
    b, jane = await listed(stub)
    assert b.address == "b@example.com"
    jane.revision = ""
    assert jane == full_row()
    # and once more, it changes nothing.
    assert await imported(stub, jane, b) == [UNCHANGED, UNCHANGED]


async def test_pages_follow_the_token_and_end(stubs: Any) -> None:
    stub, _ = stubs
    rows = [row(f"{number}@example.com") for number in range(5)]
    await imported(stub, *rows)
    for order in (rpc.SUPPRESSION_ORDER_NEWEST, rpc.SUPPRESSION_ORDER_ADDRESS):
        found = await listed(stub, order=order, page_size=2)
        addresses = [each.address for each in rows]
        if order == rpc.SUPPRESSION_ORDER_NEWEST:
            addresses.reverse()
        assert [each.address for each in found] == addresses


async def test_a_list_that_changes_between_pages_shifts_none(stubs: Any) -> None:
    stub, senders = stubs
    await imported(stub, *(row(f"{number}@example.com") for number in range(4)))
    first = await stub.ListSuppressions(rpc.ListSuppressionsRequest(page_size=2))
    # When entries are added, removed, and seen earlier than was known
    await imported(stub, row("new@example.com"))
    await senders.Unsuppress(
        suppression_service_pb2.UnsuppressRequest(address="3@example.com", detail="mistake")
    )
    earlier = row("0@example.com")
    earlier.first_seen_time.FromDatetime(LONG_AGO)
    assert await imported(stub, earlier) == [UPDATED]
    # Then the next page begins where the first ended. An entry only moves to later pages, so
    # one that was there all the time is on one.
    second = await stub.ListSuppressions(
        rpc.ListSuppressionsRequest(page_size=3, page_token=first.next_page_token)
    )
    assert [entry.address for entry in first.suppressions] == ["3@example.com", "2@example.com"]
    assert [entry.address for entry in second.suppressions] == ["1@example.com", "0@example.com"]
    assert not second.next_page_token


async def test_a_filter_leaves_what_matches(stubs: Any) -> None:
    stub, _ = stubs
    await imported(stub, row("jane@example.com"), row("joe@example.org", stream="news"), full_row())
    for wanted, addresses in (
        (rpc.SuppressionFilter(domain="EXAMPLE.org"), ["joe@example.org"]),
        (rpc.SuppressionFilter(address_prefix=" Jo"), ["joe@example.org"]),
        (rpc.SuppressionFilter(stream=""), ["jane@example.com"]),
        (rpc.SuppressionFilter(state=rpc.SUPPRESSION_STATE_REMOVED), ["jane@example.com"]),
        (rpc.SuppressionFilter(source="api", reasons=[pb.REASON_COMPLAINT]), []),
    ):
        found = await listed(stub, filter=wanted)
        assert [entry.address for entry in found] == addresses, wanted


async def test_a_page_is_no_longer_than_clients_accept(
    stubs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub, _ = stubs
    await imported(stub, *(row(f"{number}@example.com", detail="x" * 900) for number in range(5)))
    monkeypatch.setattr(list_service, "MAX_PAGE_BYTES", 2_500)
    first = await stub.ListSuppressions(rpc.ListSuppressionsRequest())
    assert len(first.suppressions) == 2
    assert len(await listed(stub)) == 5


@pytest.fixture
async def sqlite_stub(new_sqlite: str, serve_list: Serve) -> AsyncIterator[Any]:
    async with serve_list(new_sqlite) as channel:
        yield ListServiceStub(channel)


async def test_a_request_that_cannot_be_used_is_refused_by_its_field(
    sqlite_stub: Any, refusal: Refusal
) -> None:
    for request, reason, field in (
        (rpc.ListSuppressionsRequest(page_size=-1), "PAGE_SIZE_NEGATIVE", "page_size"),
        (rpc.ListSuppressionsRequest(order=9), "ORDER_UNKNOWN", "order"),  # type: ignore[arg-type]
        (_with(domain="a b"), "DOMAIN_INVALID", "domain"),
        (_with(address_prefix="\0"), "TEXT_HAS_CONTROLS", "address_prefix"),
        (_with(source="x" * 401), "TEXT_TOO_LONG", "source"),
        (_with(reasons=[77]), "REASON_UNKNOWN", "reason"),
        (_with(state=77), "STATE_UNKNOWN", "state"),
        (rpc.ListSuppressionsRequest(page_token="x" * 4_001), "PAGE_TOKEN_MALFORMED", "page_token"),
    ):
        call = sqlite_stub.ListSuppressions(request)
        assert await refusal(call) == ("INVALID_ARGUMENT", reason, [field])


def _with(**fields: Any) -> rpc.ListSuppressionsRequest:
    return rpc.ListSuppressionsRequest(filter=rpc.SuppressionFilter(**fields))


async def test_an_import_has_a_result_for_each_row(stubs: Any) -> None:
    stub, senders = stubs
    await imported(stub, row("removed@example.com"))
    await senders.Unsuppress(
        suppression_service_pb2.UnsuppressRequest(address="removed@example.com", detail="mistake")
    )
    old = row("removed@example.com")
    old.last_seen_time.FromDatetime(LONG_AGO)
    rows = [
        row("new@example.com"),
        row("new@example.com"),
        row("", domain="example.org", include_subdomains=True),
        row("no address"),
        old,
    ]
    expected = [CREATED, UNCHANGED, CREATED, REFUSED, KEPT_REMOVED]
    # A dry run says the same, and changes nothing.
    for dry_run in (True, False):
        assert await imported(stub, *rows, dry_run=dry_run) == expected
    assert await imported(stub, old, restore_removed=True) == [UPDATED]
    check = suppression_service_pb2.CheckAddressRequest(address="jane@mail.example.org")
    revision = (await stub.ListSuppressions(rpc.ListSuppressionsRequest())).revision
    check.min_revision = revision
    assert (await senders.CheckAddress(check)).verdict == pb.VERDICT_DO_NOT_SEND


async def test_an_entry_of_an_erased_person_is_merged_without_its_address(stubs: Any) -> None:
    stub, senders = stubs
    await imported(stub, row())
    await senders.EraseAddress(
        suppression_service_pb2.EraseAddressRequest(address="jane@example.com")
    )
    assert await imported(stub, row(), row(stream="news", detail="jane")) == [UNCHANGED, CREATED]
    for entry in await listed(stub):
        assert entry.address.startswith("erased:")
        assert not entry.detail


async def test_an_import_of_no_rows_or_too_many_is_refused(
    sqlite_stub: Any, refusal: Refusal
) -> None:
    for count, reason in ((0, "ROWS_MISSING"), (5_001, "TOO_MANY_ROWS")):
        call = sqlite_stub.ImportSuppressions(
            rpc.ImportSuppressionsRequest(suppressions=[row()] * count)
        )
        assert await refusal(call) == ("INVALID_ARGUMENT", reason, ["suppressions"])
