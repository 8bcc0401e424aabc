import itertools
from typing import Any, cast

import pytest
from google.protobuf.message import DecodeError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression_service.server import wire
from suppression_service.server.errors import ApiError, InvalidField, UnreadableRequest
from tests.support.fuzz.wire import delimited, messages, varint

ADDRESSES = rpc.BatchCheckRequest.ADDRESSES_FIELD_NUMBER
BATCH: Any = rpc.BatchCheckRequest.DESCRIPTOR
NOTHING: st.SearchStrategy[str] = st.nothing()


def batch(*addresses: str, **fields: str) -> bytes:
    return rpc.BatchCheckRequest(addresses=addresses, **fields).SerializeToString()


def group(content: bytes, *, number: int = 5, end: int = 5) -> bytes:
    return varint(number << 3 | 3) + content + varint(end << 3 | 4)


# --- counting ---


@settings(deadline=None)
@given(messages(BATCH, NOTHING), st.integers(0, 4))
@example(batch("newsletters", "tenletters", "tenletters"), 2)
@example(batch("\n" * 10, "\n\n\n", "", stream="newsletter"), 3)
@example(batch("\n" * 10, "\n\n\n", "", stream="newsletter"), 2)
@example(b"\x8a\x80\x80\x80\x00\x81\x00a" * 3, 2)
@example(group(batch("a", "b", "c")) + batch("a"), 1)
@example(group(group(batch("a")) + b"\x09" + b"\n" * 8) + batch("a"), 0)
@example(batch("a" * 200, "b" * 20_000), 1)
def test_a_well_formed_message_is_counted_as_it_is_decoded(message: bytes, limit: int) -> None:
    try:
        request = rpc.BatchCheckRequest.FromString(message)
    except DecodeError:
        return
    assert wire.exceeds(message, ADDRESSES, limit) == (len(request.addresses) > limit)


@given(st.binary(max_size=200), st.integers(1, 15), st.integers(0, 3))
def test_random_bytes_are_counted_or_refused(message: bytes, number: int, limit: int) -> None:
    try:
        wire.exceeds(message, number, limit)
    except UnreadableRequest:
        with pytest.raises(DecodeError):
            rpc.BatchCheckRequest.FromString(message)


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(b"\n", id="no size"),
        pytest.param(b"\n\5abcd", id="a text shorter than its size"),
        pytest.param(b"\n\x85", id="half a size"),
        pytest.param(b"\n\x80\x80\x80\x80\x80\0", id="a size of six bytes"),
        pytest.param(b"\x8a\x80\x80\x80\x80\0\1a", id="a tag of six bytes"),
        pytest.param(b"\x1a" + b"\xff" * 4 + b"\x0f", id="a size of 4 GB"),
        pytest.param(b"\x18" + b"\x80" * 10 + b"\1", id="a number of eleven bytes"),
        pytest.param(b"\x29\0\0\0\0", id="half a fixed number"),
        pytest.param(b"\2\0", id="field 0"),
        pytest.param(b"\x1e", id="wire type 6"),
        pytest.param(b"\x2b", id="a group without an end"),
        pytest.param(b"\x2c", id="an end without a group"),
        pytest.param(group(b"", end=6), id="the end of another group"),
    ],
)
def test_what_is_counted_one_by_one_and_malformed_is_refused(end: bytes) -> None:
    message = batch("a") + end
    with pytest.raises(DecodeError):
        rpc.BatchCheckRequest.FromString(message)
    # A text of newlines makes the fast estimate useless.
    with pytest.raises(UnreadableRequest):
        wire.exceeds(batch("\n \n \n") + message, ADDRESSES, 2)


@pytest.mark.parametrize("other", [b"\x18\1", group(b""), group(b"\x18\1" * 200)])
def test_very_many_other_fields_are_not_counted_to_their_end(other: bytes) -> None:
    with pytest.raises(UnreadableRequest):
        wire.exceeds(batch("\n \n \n") + other * 101, ADDRESSES, 2)


def test_counting_ends_at_the_limit() -> None:
    assert wire.exceeds(batch(*["a"] * 11) + b"\xff", ADDRESSES, 10)


# --- reading ---


@settings(deadline=None)
@given(messages(BATCH, NOTHING))
@example(batch("a@b.c", "é@ü.org", stream="news", min_revision="db.7"))
@example(delimited(1, b"\xff"))
@example(batch("a") + delimited(2, b"\xed\xa0\x80"))
@example(batch("a") + delimited(2, b"one") + delimited(2, b"two") + batch("b"))
@example(batch("a") + b"\x18" + b"\xff" * 9 + b"\1")
@example(batch("a") + b"\x1d\1\0\0\0" + b"\x08\1" + group(batch("b")))
def test_a_batch_is_read_as_protobuf_reads_it(message: bytes) -> None:
    try:
        expected = rpc.BatchCheckRequest.FromString(message)
    except DecodeError:
        with pytest.raises(UnreadableRequest):
            wire.batch_request(message, 10_000)
        return
    if not expected.addresses:
        with pytest.raises(InvalidField):
            wire.batch_request(message, 10_000)
        return
    request = wire.batch_request(message, 10_000)
    assert [address.decode() for address in request.addresses] == expected.addresses
    assert (request.stream, request.mail_class, request.min_revision) == (
        expected.stream,
        expected.mail_class,
        expected.min_revision,
    )


@pytest.mark.parametrize(
    ("message", "limit", "reason"),
    [
        (b"", 10, "BATCH_EMPTY"),
        (batch(*[""] * 11), 10, "BATCH_TOO_LARGE"),
        (delimited(1, b"\xff"), 10, "REQUEST_MALFORMED"),
    ],
)
def test_a_batch_that_cannot_be_answered_is_refused(
    message: bytes, limit: int, reason: str
) -> None:
    with pytest.raises(ApiError) as refused:
        wire.batch_request(message, limit)
    assert refused.value.reason == reason


@pytest.mark.parametrize("size", [1, 10])
def test_a_batch_at_its_limits_is_read(size: int) -> None:
    assert len(wire.batch_request(batch(*["a"] * size), 10).addresses) == size


def test_a_malformed_check_is_refused() -> None:
    with pytest.raises(UnreadableRequest):
        wire.check_request(b"\n\xff")


# --- writing ---


@pytest.mark.parametrize("size", [1, 127, 128, 10_000])
def test_a_response_is_encoded_as_protobuf_encodes_it(size: int) -> None:
    verdicts = bytes(itertools.islice(itertools.cycle([1, 2, 2, 1, 1]), size))
    stopped = [index for index in range(size) if verdicts[index] == pb.VERDICT_DO_NOT_SEND]
    matches = list(zip(stopped, itertools.cycle([1, 5, 6]), strict=False))
    expected = rpc.BatchCheckResponse(
        verdicts=cast("list[pb.Verdict]", list(verdicts)),
        matches=[rpc.Match(index=index, reason=reason) for index, reason in matches],  # type: ignore[arg-type]
        revision="db.7",
    )
    state = rpc.BatchCheckResponse(revision="db.7").SerializeToString()
    assert wire.batch_response(verdicts, matches, state) == expected.SerializeToString()
