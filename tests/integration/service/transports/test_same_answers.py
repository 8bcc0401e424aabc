"""Both transports give the same answer to the same call, whatever its bytes."""

import contextlib
import itertools
from typing import Any, Final, NamedTuple

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from tests.support.fuzz.examples import examples
from tests.support.fuzz.wire import messages
from tests.support.http2 import prefixed
from tests.support.http2_client import Http2Client, Response
from tests.support.transports import Server, outcome, status_of

pytestmark = pytest.mark.xdist_group("transports")

METHODS: Final = rpc.DESCRIPTOR.services_by_name["SuppressionService"].methods_by_name
_TOKENS: Final = st.sampled_from(["Bearer {}", "bearer {}", "Basic {}", "Bearer x", ""])
_METADATA: Final = st.dictionaries(
    st.from_regex(r"x-[a-z0-9_.-]{1,20}", fullmatch=True).filter(
        lambda name: not name.endswith("-bin") and not name.startswith("x-envoy")
    ),
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=40),
    max_size=5,
)


class Answer(NamedTuple):
    """What must be the same: the status, its text and details, and the message's bytes."""

    outcome: str
    text: str
    details: list[bytes]
    message: bytes


def answer(method: str, response: Response) -> Answer:
    """Return what two transports must have in common, so without ids and times."""
    status = status_of(response)
    return Answer(
        outcome(response),
        response.metadata("grpc-message"),
        [each.SerializeToString() for each in status.details[:-1]],
        _timeless(method, response.body),
    )


def _waits(message: bytes) -> bool:
    with contextlib.suppress(DecodeError):
        return rpc.ListChangesRequest.FromString(message).HasField("max_wait")
    return False


def _timeless(method: str, body: bytes) -> bytes:
    if not body:
        return b""
    message: Any = getattr(rpc, METHODS[method].output_type.name).FromString(body[5:])
    assert message.SerializeToString() == body[5:]
    if method in {"CheckAddress", "BatchCheck"}:
        message.ClearField("as_of_time")
    return bytes(message.SerializeToString())


@pytest.fixture(scope="module", autouse=True)
def listed(servers: dict[str, Server]) -> None:
    """An entry that both servers have."""
    suppress = rpc.SuppressRequest(address="listed@shop.example", reason=pb.REASON_COMPLAINT)
    written = servers["envoy"].call("Suppress", None, prefixed(suppress.SerializeToString()))
    revision = rpc.SuppressResponse.FromString(written.body[5:]).revision
    for server in servers.values():
        check = rpc.CheckAddressRequest(address="jane@example.com", min_revision=revision)
        assert (
            outcome(server.call("CheckAddress", None, prefixed(check.SerializeToString()))) == "OK"
        )


@pytest.mark.parametrize("method", ["CheckAddress", "BatchCheck", "GetAddress", "ListChanges"])
def test_a_call_that_reads_is_answered_alike(servers: dict[str, Server], method: str) -> None:
    envoy, grpcio = (Http2Client(servers[name].address) for name in ("envoy", "grpcio"))

    @examples(60)
    @given(
        messages(METHODS[method].input_type, st.sampled_from(["", "other.1", "x"])),
        _METADATA,
        _TOKENS,
        st.lists(st.integers(0, 200), max_size=3),
    )
    def alike(message: bytes, metadata: dict[str, str], token: str, cuts: list[int]) -> None:
        more = {**metadata, "authorization": token.format(servers["envoy"].token)}
        if method == "ListChanges" and _waits(message):
            more["grpc-timeout"] = "1m"
        parts = _cut(prefixed(message), cuts)
        answers = [
            answer(method, client.call(servers["envoy"].headers(method, more), *parts))
            for client in (envoy, grpcio)
        ]
        # What is late depends on the machine, and grpcio itself ends such calls.
        if all(each.outcome != "DEADLINE_EXCEEDED" for each in answers):
            assert answers[0] == answers[1]

    with envoy, grpcio:
        alike()


@pytest.mark.parametrize("method", ["Suppress", "Unsuppress", "EraseAddress"])
def test_a_write_that_is_refused_is_refused_alike(servers: dict[str, Server], method: str) -> None:
    envoy, grpcio = (Http2Client(servers[name].address) for name in ("envoy", "grpcio"))

    @examples(40)
    @given(messages(METHODS[method].input_type, st.just("other.1")))
    def alike(message: bytes) -> None:
        first, second = (
            answer(method, client.call(servers["envoy"].headers(method), prefixed(message)))
            for client in (envoy, grpcio)
        )
        # What one has written, the other has no more to write.
        assert first.outcome == second.outcome
        if first.outcome != "OK":
            assert first == second

    with envoy, grpcio:
        alike()


def _cut(data: bytes, cuts: list[int]) -> list[bytes]:
    """Return the parts of a message between places where it is cut."""
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(places)]
