import datetime as dt
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression_service.server import wire
from suppression_service.server.checks import Checks
from suppression_service.server.errors import ApiError, InvalidField, UnreadableRequest
from suppression_service.server.replica.replica import Replica, State
from suppression_service.store import Identity, Reason
from suppression_service.store.replication import Change, fingerprint
from tests.support.fuzz.wire import messages

NOW = 1_800_000_000
WHEN = dt.datetime(2026, 3, 1, 12, 30, 15, 500_000, dt.UTC)
JANE, JUNE = "jane@example.com", "june@example.com"
BATCH: Any = rpc.BatchCheckRequest.DESCRIPTOR


def change(address: str, reason: Reason, end: int = 0, *, removed: bool = False) -> Change:
    return Change(fingerprint(address, 5) % 2**64, end << 32 | reason, removed)


@pytest.fixture
def replica() -> Replica:
    return listed()


def listed() -> Replica:
    """A replica that lists two addresses."""
    replica = Replica(Identity("db", 5), streams={"": 0, "news": 1})
    replica.apply(
        [change(JANE, Reason.COMPLAINT), change(JUNE, Reason.MANUAL, NOW + 10)], State(7, WHEN)
    )
    return replica


@pytest.fixture
def checks() -> Checks:
    return Checks(now=lambda: NOW)


def ask(address: str, **fields: object) -> rpc.CheckAddressRequest:
    return rpc.CheckAddressRequest(address=address, **fields)  # type: ignore[arg-type]


def single(
    checks: Checks, replica: Replica, request: rpc.CheckAddressRequest
) -> rpc.CheckAddressResponse:
    return rpc.CheckAddressResponse.FromString(checks.single(replica, request))


async def batch(
    checks: Checks, replica: Replica, request: rpc.BatchCheckRequest
) -> rpc.BatchCheckResponse:
    read = wire.batch_request(request.SerializeToString(), 10_000)
    return rpc.BatchCheckResponse.FromString(await checks.batch(lambda: replica, read))


def test_a_check_says_verdict_reason_revision_and_time(checks: Checks, replica: Replica) -> None:
    answer = single(checks, replica, ask(" Jane@Example.COM "))
    assert answer.verdict == pb.VERDICT_DO_NOT_SEND
    assert answer.reason == pb.REASON_COMPLAINT
    assert answer.revision == "db.7"
    assert answer.as_of_time.ToDatetime(dt.UTC) == WHEN


def test_an_address_that_nothing_stands_against_may_be_mailed(
    checks: Checks, replica: Replica
) -> None:
    answer = single(checks, replica, ask("new@example.com"))
    assert (answer.verdict, answer.reason) == (pb.VERDICT_SEND, pb.REASON_UNSPECIFIED)


@pytest.mark.parametrize("text", ["", "jane", "a@@b", "\ufffd@", "x" * 10_000, "a\nb@c.d"])
def test_what_is_no_address_is_answered(checks: Checks, replica: Replica, text: str) -> None:
    answer = single(checks, replica, ask(text))
    assert answer.verdict == pb.VERDICT_DO_NOT_SEND
    assert answer.reason == pb.REASON_INVALID_ADDRESS


def test_essential_mail_passes_a_complaint(checks: Checks, replica: Replica) -> None:
    answer = single(checks, replica, ask(JANE, mail_class=pb.MAIL_CLASS_ESSENTIAL))
    assert answer.verdict == pb.VERDICT_SEND


def test_an_entry_ends_while_the_list_stays_the_same(replica: Replica) -> None:
    moment = [float(NOW)]
    checks = Checks(now=lambda: moment[0])
    assert single(checks, replica, ask(JUNE)).verdict == pb.VERDICT_DO_NOT_SEND
    moment[0] += 10
    assert single(checks, replica, ask(JUNE)).verdict == pb.VERDICT_SEND


def test_an_answer_is_never_of_an_older_state(checks: Checks, replica: Replica) -> None:
    # Given an answer of one state
    single(checks, replica, ask(JANE))
    # When the replica moves on, then so do the answers.
    replica.apply([change(JANE, Reason.COMPLAINT, removed=True)], State(8, WHEN))
    answer = single(checks, replica, ask(JANE))
    assert (answer.verdict, answer.revision) == (pb.VERDICT_SEND, "db.8")


def test_another_replica_is_not_answered_with_the_first_ones_revision(
    checks: Checks, replica: Replica
) -> None:
    single(checks, replica, ask(JANE))
    other = Replica(Identity("other", 5), state=State(7, WHEN))
    assert single(checks, other, ask(JANE)).revision == "other.7"


@pytest.mark.parametrize("fields", [{"mail_class": 9}, {"stream": "s" * 101}])
def test_a_check_refuses_what_it_cannot_use(
    checks: Checks, replica: Replica, fields: dict[str, object]
) -> None:
    with pytest.raises(InvalidField):
        single(checks, replica, ask(JANE, **fields))


async def test_a_batch_answers_in_order_with_matches_for_what_is_stopped(
    checks: Checks, replica: Replica
) -> None:
    asked = rpc.BatchCheckRequest(addresses=["new@x.org", JANE, "no address", JUNE, JANE])
    answer = await batch(checks, replica, asked)
    send, stop = pb.VERDICT_SEND, pb.VERDICT_DO_NOT_SEND
    assert list(answer.verdicts) == [send, stop, stop, stop, stop]
    assert [(match.index, match.reason) for match in answer.matches] == [
        (1, pb.REASON_COMPLAINT),
        (2, pb.REASON_INVALID_ADDRESS),
        (3, pb.REASON_MANUAL),
        (4, pb.REASON_COMPLAINT),
    ]
    assert (answer.revision, answer.as_of_time.ToDatetime(dt.UTC)) == ("db.7", WHEN)


@pytest.mark.parametrize(
    "fields", [{"mail_class": 9}, {"stream": "a\tb"}, {"stream": "a\tb", "addresses": [JANE] * 99}]
)
async def test_a_batch_refuses_what_it_cannot_use(
    checks: Checks, replica: Replica, fields: dict[str, object]
) -> None:
    with pytest.raises(InvalidField):
        await batch(
            checks,
            replica,
            rpc.BatchCheckRequest(**{"addresses": [JANE], **fields}),  # type: ignore[arg-type]
        )


@pytest.mark.parametrize("times", [1, 5])
@pytest.mark.parametrize("other", ["ü@ü.org", "a@xn--.org"])
async def test_a_batch_agrees_with_single_checks(
    checks: Checks, replica: Replica, other: str, times: int
) -> None:
    addresses = [JANE, JUNE, "new@x.org", "", "A@B", other, f"{JANE}\n"] * times
    for mail_class in (pb.MAIL_CLASS_ORDINARY, pb.MAIL_CLASS_ESSENTIAL):
        asked = rpc.BatchCheckRequest(addresses=addresses, mail_class=mail_class, stream="news")
        alone = [
            single(checks, replica, ask(address, mail_class=mail_class, stream="news"))
            for address in addresses
        ]
        together = await batch(checks, replica, asked)
        assert list(together.verdicts) == [each.verdict for each in alone]


def test_single_answers_are_counted_by_reason(checks: Checks, replica: Replica) -> None:
    for address in (JANE, JANE, "new@example.com", "no address"):
        single(checks, replica, ask(address))
    assert dict(enumerate(checks.singles)) == {
        **dict.fromkeys(range(7), 0),
        0: 1,
        pb.REASON_COMPLAINT: 2,
        pb.REASON_INVALID_ADDRESS: 1,
    }


async def test_every_address_of_a_batch_is_counted_by_reason(
    checks: Checks, replica: Replica
) -> None:
    for times in (1, 99):
        addresses = [JANE, "new@example.com", "no address", JUNE] * times
        await batch(checks, replica, rpc.BatchCheckRequest(addresses=addresses))
    assert dict(enumerate(checks.batches.tolist())) == {
        **dict.fromkeys(range(7), 0),
        0: 100,
        pb.REASON_COMPLAINT: 100,
        pb.REASON_MANUAL: 100,
        pb.REASON_INVALID_ADDRESS: 100,
    }


# --- encoded requests ---


def answered_one_by_one(message: bytes) -> bytes:
    """Return the answer to an encoded batch, made from single checks and by protobuf.

    If the batch is refused, it is the reason.
    """
    checks, replica = Checks(now=lambda: NOW), listed()
    try:
        request = rpc.BatchCheckRequest.FromString(message)
        if not request.addresses:
            return b"BATCH_EMPTY"
        mail = {"stream": request.stream, "mail_class": request.mail_class}
        alone = [single(checks, replica, ask(address, **mail)) for address in request.addresses]
    except DecodeError:
        return UnreadableRequest().reason.encode()
    except ApiError as error:
        return error.reason.encode()
    stopped = [(index, each) for index, each in enumerate(alone) if each.reason]
    return rpc.BatchCheckResponse(
        verdicts=[each.verdict for each in alone],
        matches=[rpc.Match(index=index, reason=each.reason) for index, each in stopped],
        revision=alone[0].revision,
        as_of_time=alone[0].as_of_time,
    ).SerializeToString()


async def answered_encoded(message: bytes) -> bytes:
    """Return the answer to an encoded batch, or the reason of its refusal."""
    replica = listed()
    try:
        request = wire.batch_request(message, 10_000)
        return await Checks(now=lambda: NOW).batch(lambda: replica, request)
    except ApiError as error:
        return error.reason.encode()


_asked = st.sampled_from([JANE, f" {JANE.upper()}", JUNE, "new@example.com", "a@ü.example"])


@settings(deadline=None)
@given(
    st.lists(messages(BATCH, _asked), max_size=4).map(b"".join)
    | st.lists(_asked).map(lambda asked: rpc.BatchCheckRequest(addresses=asked).SerializeToString())
)
@example(rpc.BatchCheckRequest(addresses=[JANE] * 20, stream="newsletter").SerializeToString())
@example(rpc.BatchCheckRequest(addresses=[JANE], mail_class=2).SerializeToString() + b"\x18\1")  # type: ignore[arg-type]
async def test_an_encoded_batch_is_answered_as_its_decoded_addresses_are(message: bytes) -> None:
    # Repeated, it has the same fields several times: enough addresses to be read as an array.
    for asked in (message, message * 25):
        assert await answered_encoded(asked) == answered_one_by_one(asked)
