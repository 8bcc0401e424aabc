import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status

from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from suppression_service.server.rpc import SERVICES
from suppression_service.store import Effect, Feedback, NewSuppression, Reason, Store
from suppression_service.store.store import utc_now

JANE = "jane@example.com"
SEND, STOP = pb.VERDICT_SEND, pb.VERDICT_DO_NOT_SEND
Refusal = Callable[[Awaitable[object]], Awaitable[tuple[str, str, list[str]]]]
Serve = Callable[..., contextlib.AbstractAsyncContextManager[grpc.aio.Channel]]
Stub = Any


@pytest.fixture
async def channel(url: str, serve_list: Serve) -> AsyncIterator[grpc.aio.Channel]:
    async with serve_list(url) as channel:
        yield channel


@pytest.fixture
def stub(channel: grpc.aio.Channel) -> Stub:
    return SuppressionServiceStub(channel)


@pytest.fixture
async def sqlite_stub(new_sqlite: str, serve_list: Serve) -> AsyncIterator[Stub]:
    """What does not depend on the engine is tried on one."""
    async with serve_list(new_sqlite) as channel:
        yield SuppressionServiceStub(channel)


def manual(address: str = JANE, **fields: Any) -> rpc.SuppressRequest:
    return rpc.SuppressRequest(address=address, reason=pb.REASON_MANUAL, **fields)


async def test_an_address_is_stopped_from_suppress_to_unsuppress(stub: Stub) -> None:
    # Given an address that may be mailed
    first = await stub.CheckAddress(rpc.CheckAddressRequest(address=JANE))
    assert first.verdict == SEND
    # When it is suppressed, then it may not
    made = await stub.Suppress(manual(" Jane@Example.com", source="desk", detail="asked to"))
    assert (made.created, made.suppression.address) == (True, JANE)
    assert made.suppression.revision == made.revision
    asked = rpc.CheckAddressRequest(address="JANE@example.com", min_revision=made.revision)
    stopped = await stub.CheckAddress(asked)
    assert (stopped.verdict, stopped.reason) == (STOP, pb.REASON_MANUAL)
    # and when it is taken off, it may again.
    gone = await stub.Unsuppress(rpc.UnsuppressRequest(address=JANE, detail="mistake"))
    assert [(e.reason, e.removal_detail) for e in gone.removed] == [(pb.REASON_MANUAL, "mistake")]
    asked = rpc.CheckAddressRequest(address=JANE, min_revision=gone.revision)
    assert (await stub.CheckAddress(asked)).verdict == SEND


async def test_a_repeated_suppress_and_unsuppress_say_that_nothing_was_new(stub: Stub) -> None:
    assert [(await stub.Suppress(manual())).created for _ in range(2)] == [True, False]
    asked = rpc.UnsuppressRequest(address=JANE)
    assert [len((await stub.Unsuppress(asked)).removed) for _ in range(2)] == [1, 0]


async def test_an_entry_with_a_ttl_tells_its_end(stub: Stub) -> None:
    made = await stub.Suppress(manual(ttl=Duration(seconds=3_600)))
    seen, end = made.suppression.first_seen_time, made.suppression.expire_time
    assert round(end.ToNanoseconds() - seen.ToNanoseconds(), -9) == 3_600 * 10**9


async def test_a_batch_is_answered_in_order_at_one_revision(stub: Stub) -> None:
    made = await stub.Suppress(manual())
    asked = rpc.BatchCheckRequest(addresses=["new@x.org", JANE, "none"], min_revision=made.revision)
    answer = await stub.BatchCheck(asked)
    assert list(answer.verdicts) == [SEND, STOP, STOP]
    assert [(m.index, m.reason) for m in answer.matches] == [
        (1, pb.REASON_MANUAL),
        (2, pb.REASON_INVALID_ADDRESS),
    ]
    assert answer.revision == made.revision


async def test_a_batch_of_the_most_and_longest_addresses_is_answered(sqlite_stub: Stub) -> None:
    longest = "a" * 64 + "@" + ".".join(["d" * 63] * 4)
    answer = await sqlite_stub.BatchCheck(rpc.BatchCheckRequest(addresses=[longest] * 10_000))
    assert list(answer.verdicts) == [SEND] * 10_000


async def test_a_stream_named_for_the_first_time_is_known_to_checks(stub: Stub) -> None:
    made = await stub.Suppress(manual(stream="brand new"))
    for stream, verdict in (("brand new", STOP), ("another", SEND), ("", SEND)):
        asked = rpc.CheckAddressRequest(address=JANE, stream=stream, min_revision=made.revision)
        assert (await stub.CheckAddress(asked)).verdict == verdict


async def test_an_address_is_shown_with_its_entries_and_its_feedback(url: str, stub: Stub) -> None:
    # Given an address with an entry, a removed one, and feedback of another process
    await stub.Suppress(manual())
    await stub.Unsuppress(rpc.UnsuppressRequest(address=JANE))
    piece = Feedback(
        provider="ses",
        kind="Bounce",
        identity="b1",
        address=JANE,
        happened=utc_now(),
        effect=Effect(Reason.HARD_BOUNCE),
    )
    with contextlib.closing(Store.open(url)) as store, store.write() as transaction:
        transaction.record([piece])
    # When it is looked at, then all of it is told, at the revision of the last.
    known = await stub.GetAddress(rpc.GetAddressRequest(address=f" {JANE.upper()}"))
    told = {entry.reason: entry.HasField("removed_time") for entry in known.suppressions}
    assert told == {pb.REASON_MANUAL: True, pb.REASON_HARD_BOUNCE: False}
    assert [(event.kind, event.reason) for event in known.events] == [
        ("Bounce", pb.REASON_HARD_BOUNCE)
    ]
    assert known.revision == known.suppressions[1].revision


async def test_an_erased_address_stays_stopped_and_is_shown_without_itself(stub: Stub) -> None:
    # Given an address that is on the list
    await stub.Suppress(manual(detail="jane asked to"))
    # When it is erased
    erased = await stub.EraseAddress(rpc.EraseAddressRequest(address=JANE, detail="request 7"))
    # Then it may be mailed no more than before, and nothing tells it.
    asked = rpc.CheckAddressRequest(address=JANE, min_revision=erased.revision)
    answer = await stub.CheckAddress(asked)
    shown = await stub.GetAddress(rpc.GetAddressRequest(address=JANE))
    listed = await stub.ListChanges(rpc.ListChangesRequest())
    assert (erased.suppressions, erased.events) == (1, 0)
    assert (answer.verdict, answer.reason) == (STOP, pb.REASON_MANUAL)
    assert "jane" not in f"{shown} {listed}"
    assert [entry.detail for entry in listed.changes] == ["request 7"]


async def test_an_address_that_nothing_is_known_of_is_shown_as_such(sqlite_stub: Stub) -> None:
    known = await sqlite_stub.GetAddress(rpc.GetAddressRequest(address=JANE))
    assert (len(known.suppressions), len(known.events)) == (0, 0)


async def test_changes_are_listed_page_by_page_to_the_end(stub: Stub) -> None:
    addresses = [f"a{number}@x.org" for number in range(5)]
    for address in addresses:
        last = await stub.Suppress(manual(address))
    told, after = [], ""
    while page := await stub.ListChanges(rpc.ListChangesRequest(after_revision=after, page_size=2)):
        told += [entry.address for entry in page.changes]
        if not page.changes:
            break
        after = page.through_revision
    assert told == addresses
    assert page.through_revision == last.revision


async def test_a_long_poll_wakes_at_a_change_by_another_process(url: str, stub: Stub) -> None:
    # Given somebody who waits for a change
    now = await stub.ListChanges(rpc.ListChangesRequest())
    asked = rpc.ListChangesRequest(
        after_revision=now.through_revision, max_wait=Duration(seconds=60)
    )
    waiting = asyncio.ensure_future(stub.ListChanges(asked))
    # When another process makes one
    with contextlib.closing(Store.open(url)) as store, store.write() as transaction:
        transaction.suppress([NewSuppression(JANE, Reason.MANUAL)])
    # Then it is told.
    assert [entry.address for entry in (await waiting).changes] == [JANE]


async def test_a_long_poll_waits_on_where_a_revision_changes_no_entry(sqlite_stub: Stub) -> None:
    # Given somebody who waits for a change
    now = await sqlite_stub.ListChanges(rpc.ListChangesRequest())
    asked = rpc.ListChangesRequest(
        after_revision=now.through_revision, max_wait=Duration(seconds=60)
    )
    waiting = asyncio.ensure_future(sqlite_stub.ListChanges(asked))
    # When a revision comes, and is seen, that changes no entry, and one after it that does
    moved_on = await sqlite_stub.Unsuppress(rpc.UnsuppressRequest(address=JANE))
    check = rpc.CheckAddressRequest(address=JANE, min_revision=moved_on.revision)
    await sqlite_stub.CheckAddress(check)
    made = rpc.SuppressRequest(address=JANE, reason=pb.REASON_MANUAL)
    await sqlite_stub.Suppress(made)
    # Then the second is told.
    assert [entry.address for entry in (await waiting).changes] == [JANE]


async def test_a_long_poll_whose_time_is_up_is_answered_with_nothing(sqlite_stub: Stub) -> None:
    now = await sqlite_stub.ListChanges(rpc.ListChangesRequest())
    asked = rpc.ListChangesRequest(
        after_revision=now.through_revision, max_wait=Duration(nanos=1_000_000)
    )
    told = await sqlite_stub.ListChanges(asked)
    assert (len(told.changes), told.through_revision) == (0, now.through_revision)


async def test_a_long_poll_returns_when_the_server_drains(
    new_sqlite: str, serve_list: Serve, refusal: Refusal
) -> None:
    # Given a server that cuts calls off long before a poll would end by itself
    async with serve_list(new_sqlite, grace_seconds=5, max_calls=1) as channel:
        stub: Stub = SuppressionServiceStub(channel)
        asked = rpc.ListChangesRequest(max_wait=Duration(seconds=60))
        polls = [asyncio.ensure_future(stub.ListChanges(asked)) for _ in range(2)]
        # One is turned away, so the other has begun.
        refused, waiting = await asyncio.wait(polls, return_when=asyncio.FIRST_COMPLETED)
        assert (await refusal(refused.pop()))[1] == "CALLS_UNDER_WAY"
    # When it drains, then the poll is answered, not cut off.
    assert len((await waiting.pop()).changes) == 0


CHECK, BATCH = rpc.CheckAddressRequest, rpc.BatchCheckRequest
UNKNOWN_REASON, UNKNOWN_CLASS = cast("pb.Reason", 77), cast("pb.MailClass", -1)
REFUSED: list[tuple[str, Any, str, str]] = [
    (
        "CheckAddress",
        CHECK(address=JANE, mail_class=UNKNOWN_CLASS),
        "MAIL_CLASS_UNKNOWN",
        "mail_class",
    ),
    ("CheckAddress", CHECK(address=JANE, stream="s" * 101), "TEXT_TOO_LONG", "stream"),
    ("CheckAddress", CHECK(min_revision="nonsense"), "REVISION_MALFORMED", "min_revision"),
    ("CheckAddress", CHECK(min_revision="other.1"), "REVISION_FOREIGN", "min_revision"),
    ("BatchCheck", BATCH(), "BATCH_EMPTY", "addresses"),
    ("BatchCheck", BATCH(addresses=[""] * 10_001), "BATCH_TOO_LARGE", "addresses"),
    (
        "BatchCheck",
        BATCH(addresses=[JANE], mail_class=UNKNOWN_CLASS),
        "MAIL_CLASS_UNKNOWN",
        "mail_class",
    ),
    (
        "BatchCheck",
        BATCH(addresses=[JANE], min_revision="."),
        "REVISION_MALFORMED",
        "min_revision",
    ),
    ("Suppress", manual("no address"), "ADDRESS_INVALID", "address"),
    ("Suppress", rpc.SuppressRequest(address=JANE), "REASON_MISSING", "reason"),
    (
        "Suppress",
        rpc.SuppressRequest(address=JANE, reason=UNKNOWN_REASON),
        "REASON_UNKNOWN",
        "reason",
    ),
    (
        "Suppress",
        rpc.SuppressRequest(address=JANE, reason=pb.REASON_INVALID_ADDRESS),
        "REASON_NOT_STORABLE",
        "reason",
    ),
    ("Suppress", manual(ttl=Duration()), "TTL_NOT_POSITIVE", "ttl"),
    ("Suppress", manual(ttl=Duration(seconds=-5)), "TTL_NOT_POSITIVE", "ttl"),
    ("Suppress", manual(ttl=Duration(seconds=2**62)), "DURATION_OUT_OF_RANGE", "ttl"),
    ("Suppress", manual(ttl=Duration(seconds=10**9)), "TTL_TOO_LONG", "ttl"),
    ("Suppress", manual(detail="d" * 1_001), "TEXT_TOO_LONG", "detail"),
    ("Unsuppress", rpc.UnsuppressRequest(address="@"), "ADDRESS_INVALID", "address"),
    (
        "Unsuppress",
        rpc.UnsuppressRequest(address=JANE, reason=UNKNOWN_REASON),
        "REASON_UNKNOWN",
        "reason",
    ),
    ("GetAddress", rpc.GetAddressRequest(), "ADDRESS_OR_DOMAIN", "address"),
    ("ListChanges", rpc.ListChangesRequest(page_size=-1), "PAGE_SIZE_NEGATIVE", "page_size"),
    (
        "ListChanges",
        rpc.ListChangesRequest(max_wait=Duration(seconds=-1)),
        "MAX_WAIT_NEGATIVE",
        "max_wait",
    ),
    (
        "ListChanges",
        rpc.ListChangesRequest(max_wait=Duration(seconds=2**62)),
        "DURATION_OUT_OF_RANGE",
        "max_wait",
    ),
    (
        "ListChanges",
        rpc.ListChangesRequest(after_revision="other.1"),
        "REVISION_FOREIGN",
        "after_revision",
    ),
]


async def test_a_request_that_cannot_be_used_names_its_field(
    sqlite_stub: Stub, refusal: Refusal
) -> None:
    for method, request, reason, field in REFUSED:
        told = await refusal(getattr(sqlite_stub, method)(request))
        assert told == ("INVALID_ARGUMENT", reason, [field]), (method, reason)


async def test_a_revision_that_was_never_written_is_refused(stub: Stub, refusal: Refusal) -> None:
    made = await stub.Suppress(manual())
    database, _, number = made.revision.partition(".")
    ahead = f"{database}.{int(number) + 1}"
    for call, field in (
        (stub.CheckAddress(CHECK(address=JANE, min_revision=ahead)), "min_revision"),
        (stub.BatchCheck(BATCH(addresses=[JANE], min_revision=ahead)), "min_revision"),
        (stub.ListChanges(rpc.ListChangesRequest(after_revision=ahead)), "after_revision"),
    ):
        assert await refusal(call) == ("INVALID_ARGUMENT", "REVISION_AHEAD", [field])


async def test_no_error_holds_an_address(sqlite_stub: Stub) -> None:
    secret = "jane.secret@@example.com"
    for method, request in (
        ("Suppress", manual(secret)),
        ("Unsuppress", rpc.UnsuppressRequest(address=secret)),
        ("GetAddress", rpc.GetAddressRequest(address=secret)),
        ("CheckAddress", CHECK(address=JANE, stream=secret * 10)),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await getattr(sqlite_stub, method)(request)
        assert "jane" not in str(refused.value)
        assert "jane" not in str(refused.value.trailing_metadata())


async def test_an_error_tells_the_id_that_its_caller_gave(sqlite_stub: Stub) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await sqlite_stub.GetAddress(
            rpc.GetAddressRequest(address="@"), metadata=(("x-request-id", "order-7"),)
        )
    status, told = rpc_status.from_call(refused.value), error_details_pb2.RequestInfo()
    assert status is not None
    assert status.details[-1].Unpack(told)
    assert told.request_id == "order-7"


async def test_a_defect_inside_is_told_without_what_it_says(
    sqlite_stub: Stub, refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(JANE)

    monkeypatch.setattr("suppression_service.server.checks.Checks.single", broken)
    told = await refusal(sqlite_stub.CheckAddress(CHECK(address=JANE)))
    assert told == ("INTERNAL", "INTERNAL", [])


async def test_reflection_lists_every_service(new_sqlite: str, serve_list: Serve) -> None:
    async with serve_list(new_sqlite) as channel:
        reflection = reflection_pb2_grpc.ServerReflectionStub(channel)
        asked = reflection_pb2.ServerReflectionRequest(list_services="")
        told = await reflection.ServerReflectionInfo(iter([asked])).read()
    assert {service.name for service in told.list_services_response.service} == {
        *(service.full_name for service in SERVICES),
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    }


async def test_health_is_told_of_the_server_and_of_the_service(
    new_sqlite: str, serve_list: Serve
) -> None:
    async with serve_list(new_sqlite) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        for name in ("", "suppression.v1.SuppressionService"):
            told = await health.Check(health_pb2.HealthCheckRequest(service=name))
            assert told.status == health_pb2.HealthCheckResponse.SERVING


async def test_a_write_is_seen_by_a_check_on_any_worker_every_time(
    url: str, serve_list: Serve
) -> None:
    # Given two servers on one database that look for changes rarely
    async with serve_list(url, poll_seconds=10) as one, serve_list(url, poll_seconds=10) as two:
        stubs: list[Stub] = [SuppressionServiceStub(one), SuppressionServiceStub(two)]

        async def write_then_check(writer: Stub, reader: Stub, name: str) -> list[int]:
            verdicts = []
            for number in range(25):
                address = f"{name}{number}@x.org"
                made = await writer.Suppress(manual(address))
                asked = CHECK(address=address, min_revision=made.revision)
                verdicts.append((await reader.CheckAddress(asked)).verdict)
                gone = await writer.Unsuppress(rpc.UnsuppressRequest(address=address))
                asked = CHECK(address=address, min_revision=gone.revision)
                verdicts.append((await reader.CheckAddress(asked)).verdict)
            return verdicts

        # When several write on one and ask the other, crosswise
        both = [(stubs[0], stubs[1]), (stubs[1], stubs[0])]
        told = await asyncio.gather(
            *(
                write_then_check(*pair, f"{place}{n}.")
                for place, pair in enumerate(both)
                for n in "ab"
            )
        )
    # Then no check ever misses the write that it names.
    assert told == [[STOP, SEND] * 25] * 4
