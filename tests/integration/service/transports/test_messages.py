"""A call's message, by gRPC's documents "gRPC over HTTP2" and "Compression".

What one transport does otherwise stands beside what the documents ask for, and in
docs/explanation/transports.md.
"""

import gzip
from typing import Final

import pytest

from suppression.v1 import suppression_service_pb2 as rpc
from suppression_service.server.settings import MAX_SMALL_REQUEST, ServiceSettings
from tests.support.http2 import prefixed
from tests.support.transports import CHECK, Server, outcome, status_of

pytestmark = pytest.mark.xdist_group("transports")

#: Ends the calls that grpcio never answers.
SOON: Final = {"grpc-timeout": "300m"}
MAX_BATCH_REQUEST: Final = ServiceSettings(database_url="sqlite://").max_batch_request


def test_a_message_may_come_in_any_number_of_frames(server: Server) -> None:
    bytewise = [bytes([byte]) for byte in prefixed(CHECK)]
    response = server.call("CheckAddress", None, *bytewise, b"")
    assert outcome(response) == "OK"
    assert rpc.CheckAddressResponse.FromString(response.body[5:]).verdict


def test_a_message_that_fills_its_limit_is_read(server: Server) -> None:
    response = server.call("CheckAddress", None, prefixed(b"\x0a" + bytes(MAX_SMALL_REQUEST - 1)))
    assert outcome(response) == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    ("method", "size"),
    [("CheckAddress", MAX_SMALL_REQUEST + 1), ("BatchCheck", MAX_BATCH_REQUEST + 1)],
)
def test_a_message_that_is_too_long_is_refused(server: Server, method: str, size: int) -> None:
    assert outcome(server.call(method, None, prefixed(bytes(size)))) == "RESOURCE_EXHAUSTED"


@pytest.mark.parametrize("transport", ["envoy"])  # grpcio waits for the rest
def test_a_message_that_says_to_be_too_long_is_refused_before_it_comes(
    servers: dict[str, Server], transport: str
) -> None:
    server = servers[transport]
    with server.client() as client:
        stream = client.begin(server.headers())
        client.send(stream, prefixed(b"", length=MAX_SMALL_REQUEST + 1))
        assert outcome(client.response(stream)) == "RESOURCE_EXHAUSTED"


@pytest.mark.parametrize(
    ("parts", "expected", "grpcio"),
    [
        # "Status codes": the number of messages is not the one that the method takes.
        pytest.param([b""], "UNIMPLEMENTED", "no answer", id="no message"),
        pytest.param([], "UNIMPLEMENTED", "no answer", id="no data at all"),
        pytest.param([prefixed(CHECK) * 2], "UNIMPLEMENTED", "OK", id="two messages"),
        pytest.param([prefixed(CHECK)] * 2, "UNIMPLEMENTED", "OK", id="two, each in a frame"),
        pytest.param([prefixed(CHECK) + b"\0"], "UNIMPLEMENTED", "OK", id="more after it"),
        pytest.param([b"\0\0"], "INTERNAL", "no answer", id="half a prefix"),
        pytest.param([prefixed(CHECK)[:-1]], "INTERNAL", "no answer", id="half a message"),
        pytest.param([prefixed(b"\xff\x07")], "INVALID_ARGUMENT", None, id="no protobuf"),
    ],
)
def test_anything_but_one_whole_message_is_refused(
    server: Server, parts: list[bytes], expected: str, grpcio: str | None
) -> None:
    differs = grpcio if server.transport == "grpcio" else None
    if differs == "no answer":
        assert outcome(server.call("CheckAddress", SOON, *parts)) == "DEADLINE_EXCEEDED"
    else:
        assert outcome(server.call("CheckAddress", None, *parts)) == (differs or expected)


# grpcio gives no answer, or that to an empty message.
@pytest.mark.parametrize("flag", [2, 0x80, 0xFF])
def test_a_flag_that_has_no_meaning_breaks_the_protocol(
    servers: dict[str, Server], flag: int
) -> None:
    message = bytes([flag]) + prefixed(CHECK)[1:]
    assert outcome(servers["envoy"].call("CheckAddress", None, message)) == "INTERNAL"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "snappy"])
@pytest.mark.parametrize("compressed", [True, False])
def test_a_compression_that_the_server_lacks_is_refused_with_those_it_has(
    servers: dict[str, Server], encoding: str, *, compressed: bool
) -> None:
    response = servers["envoy"].call(
        "CheckAddress",
        {"grpc-encoding": encoding},
        prefixed(gzip.compress(CHECK), compressed=compressed),
    )
    assert outcome(response) == "UNIMPLEMENTED"
    assert response.metadata("grpc-accept-encoding") == "identity"


# grpcio says INTERNAL of a compression that it does not know, and never names those it has.
@pytest.mark.parametrize(("encoding", "expected"), [("gzip", "UNIMPLEMENTED"), ("x", "INTERNAL")])
def test_grpcio_refuses_compression_as_far_as_it_knows_it(
    servers: dict[str, Server], encoding: str, expected: str
) -> None:
    response = servers["grpcio"].check({"grpc-encoding": encoding})
    assert (outcome(response), response.metadata("grpc-accept-encoding")) == (expected, "")


@pytest.mark.parametrize("encoding", [None, "identity"])
def test_a_compressed_message_whose_metadata_name_no_compression_breaks_the_protocol(
    server: Server, encoding: str | None
) -> None:
    message = prefixed(gzip.compress(CHECK), compressed=True)
    response = server.call("CheckAddress", {"grpc-encoding": encoding}, message)
    assert outcome(response) == "INTERNAL"


def test_a_refusal_ends_the_call_and_not_the_connection(server: Server) -> None:
    with server.client() as client:
        refused = client.call(server.headers(), prefixed(b"\xff"))
        answered = client.call(server.headers(), prefixed(CHECK))
    assert [outcome(refused), outcome(answered)] == ["INVALID_ARGUMENT", "OK"]
    assert status_of(refused).message == "the request cannot be read"
