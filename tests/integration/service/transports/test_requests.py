"""A call's headers and its answer's, by "gRPC over HTTP2", "Status codes" and RFC 9113."""

import socket
import urllib.parse

import pytest

from suppression.v1 import suppression_service_pb2 as rpc
from tests.support.http2 import prefixed
from tests.support.http2_client import grpc_headers
from tests.support.processes import DEADLINE
from tests.support.transports import CHECK, Server, outcome, request_id, status_of

pytestmark = pytest.mark.xdist_group("transports")


def test_an_answer_has_a_message_and_then_its_status(server: Server) -> None:
    response = server.check()
    assert response.headers[":status"] == "200"
    assert response.headers["content-type"] == "application/grpc"
    assert "grpc-status" not in response.headers
    assert response.trailers["grpc-status"] == "0"
    assert response.body[:5] == b"\0" + (len(response.body) - 5).to_bytes(4)


def test_a_refusal_has_its_status_among_the_headers(server: Server) -> None:
    # "Trailers-Only": a call that ends at once, with an error and no message.
    response = server.call("GetAddress", None, prefixed(b""))
    assert response.headers[":status"] == "200"
    assert response.headers["content-type"] == "application/grpc"
    assert response.headers["grpc-status"] == "3"
    assert (response.body, response.trailers) == (b"", {})


def test_the_text_of_a_status_is_percent_encoded(server: Server) -> None:
    response = server.check({"authorization": None})
    assert response.metadata("grpc-message") == "show a token: 'authorization: Bearer %E2%80%A6'"


def test_the_details_of_a_status_say_the_same_as_the_status(server: Server) -> None:
    response = server.call("GetAddress", None, prefixed(b""))
    status = status_of(response)
    assert str(status.code) == response.metadata("grpc-status")
    assert status.message == urllib.parse.unquote(response.metadata("grpc-message"))
    # "Binary headers": receivers take what is not padded, and senders do not pad.
    assert not response.metadata("grpc-status-details-bin").endswith("=")


def test_a_refused_call_has_the_id_that_its_caller_gave(server: Server) -> None:
    refused = server.check({"authorization": None, "x-request-id": "Root=1-67891233"})
    assert request_id(status_of(refused)) == "Root=1-67891233"


@pytest.mark.parametrize("given", [None, "", "two words", "\xe9", "x" * 65])
def test_an_id_that_cannot_be_logged_is_replaced(server: Server, given: str | None) -> None:
    refused = server.check({"authorization": None, "x-request-id": given})
    assert len(request_id(status_of(refused))) == 16


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  "])
def test_the_scheme_of_a_token_has_no_case(server: Server, scheme: str) -> None:
    assert outcome(server.check({"authorization": scheme + server.token})) == "OK"


@pytest.mark.parametrize("shown", [None, "", "Bearer", "Bearer ", "Basic {}", "{}", "Bearer {}x"])
def test_anything_but_a_token_is_refused(server: Server, shown: str | None) -> None:
    authorization = None if shown is None else shown.format(server.token)
    assert outcome(server.check({"authorization": authorization})) == "UNAUTHENTICATED"


def test_a_second_token_does_not_help(server: Server) -> None:
    two = ("authorization", "Bearer x"), ("authorization", f"Bearer {server.token}")
    with server.client() as client:
        response = client.call([*grpc_headers("CheckAddress"), *two], prefixed(CHECK))
    assert outcome(response) == "UNAUTHENTICATED"


@pytest.mark.parametrize("transport", ["envoy"])  # grpcio reads the whole message before
def test_a_call_without_a_token_is_refused_before_its_message_is_there(
    servers: dict[str, Server], transport: str
) -> None:
    server = servers[transport]
    with server.client() as client:
        stream = client.begin(server.headers("BatchCheck", {"authorization": None}))
        assert outcome(client.response(stream)) == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    "path",
    [
        "/suppression.v1.SuppressionService/Unknown",
        "/suppression.v1.SuppressionService/checkaddress",
        "/suppression.v1.SuppressionService/CheckAddress/",
        "/suppression.v1.SuppressionService/",
        "//suppression.v1.SuppressionService/CheckAddress",
        "/x/../suppression.v1.SuppressionService/CheckAddress",
        "/unknown.v1.Service/CheckAddress",
        "/grpc.health.v1.Health/Unknown",
        "/",
        # pyvoy would never answer what is no UTF-8 once decoded.
        "/suppression.v1.SuppressionService/Check%ff",
        "/suppression.v1.SuppressionService/%43heckAddress",
        "/%",
        "/%00",
        "/%2e%2e/%2f",
    ],
)
def test_there_is_no_other_method(server: Server, path: str) -> None:
    assert outcome(server.call(path, None, prefixed(CHECK))) == "UNIMPLEMENTED"


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/grpc", "OK"),
        ("application/grpc+proto", "OK"),
        # "gRPC over HTTP2": a server should answer others with 415.
        *(
            (other, "HTTP 415")
            for other in [None, "", "text/plain", "application/grpcx", "application/grpc+thrift"]
        ),
    ],
)
def test_only_messages_of_protobuf_are_answered(
    server: Server, content_type: str | None, expected: str
) -> None:
    # grpcio looks at no content type.
    expected = "OK" if server.transport == "grpcio" else expected
    assert outcome(server.check({"content-type": content_type})) == expected


@pytest.mark.parametrize(
    ("broken", "envoy", "grpcio"),
    [
        # "gRPC over HTTP2": every call is a POST. RFC 9110, 15.5.6: 405 is for other methods.
        ({":method": "GET"}, "HTTP 405", "RESET"),
        ({":method": "PUT"}, "HTTP 405", "RESET"),
        ({":method": "HEAD"}, "HTTP 405", "INTERNAL"),
        ({":method": "post"}, "HTTP 405", "INTERNAL"),
        # Without it a proxy may drop the trailers, and the status with them.
        ({"te": None}, "INTERNAL", "RESET"),
        # RFC 9113, 8.1.1: what is malformed is an error of the stream; Envoy ends the connection.
        ({"te": "gzip"}, "CONNECTION ENDS", "INTERNAL"),
        ({"X-Upper": "x"}, "CONNECTION ENDS", "INTERNAL"),
        ({":scheme": None}, "CONNECTION ENDS", "RESET"),
        ({":authority": None}, "CONNECTION ENDS", "RESET"),
        ({"connection": "close"}, "CONNECTION ENDS", "OK"),
        ({"content-length": "3"}, "RESET", "OK"),
        # "gRPC over HTTP2": values of names that end so are in base64. Nothing reads this one.
        ({"x-bin": "!"}, "OK", "INTERNAL"),
    ],
)
def test_requests_that_break_the_rules_are_not_answered(
    server: Server, broken: dict[str, str | None], envoy: str, grpcio: str
) -> None:
    expected = {"envoy": envoy, "grpcio": grpcio}[server.transport]
    assert outcome(server.check(broken)) == expected
    assert outcome(server.check()) == "OK"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({f"x-{n}": "" for n in range(50)}, "OK"),
        ({"x-large": "x" * 7_000}, "OK"),
        ({f"x-{n}": "" for n in range(200)}, "RESET"),
        ({f"x-{n}": "x" * 1_000 for n in range(40)}, "RESET"),
    ],
    ids=["50 headers", "7 kB in one", "200 headers", "40 kB in 40"],
)
def test_headers_are_limited(
    servers: dict[str, Server], more: dict[str, str | None], expected: str
) -> None:
    # grpcio answers all of these.
    assert outcome(servers["envoy"].check(more)) == expected


def test_every_method_can_be_called(server: Server) -> None:
    for method in rpc.DESCRIPTOR.services_by_name["SuppressionService"].methods:
        status = outcome(server.call(method.name, None, prefixed(b"")))
        assert status in {"OK", "INVALID_ARGUMENT"}


@pytest.mark.parametrize("transport", ["envoy"])
@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_grpc_over_an_older_http_is_refused(
    servers: dict[str, Server], transport: str, version: str
) -> None:
    answer = _over_http1(servers[transport], version)
    # 426 is for HTTP/1.0; HTTP/1.1 has Connect's calls, and no trailers for gRPC's.
    assert ("grpc-status: 13" in answer) or answer.startswith("HTTP/1.1 426 ")


def test_grpc_over_an_older_http_is_not_understood_by_grpcio(servers: dict[str, Server]) -> None:
    assert "HTTP/1.1" not in _over_http1(servers["grpcio"], "1.1")


def _over_http1(server: Server, version: str) -> str:
    """Return what comes back when a call is made over HTTP/1."""
    host, _, port = server.address.rpartition(":")
    body = prefixed(CHECK)
    headers = {
        "host": "localhost",
        "content-type": "application/grpc",
        "te": "trailers",
        "authorization": f"Bearer {server.token}",
        "content-length": str(len(body)),
        "connection": "close",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    request = f"POST /suppression.v1.SuppressionService/CheckAddress HTTP/{version}\r\n{lines}\r\n"
    with socket.create_connection((host, int(port)), timeout=DEADLINE) as connection:
        connection.sendall(request.encode() + body)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    return answer.decode("latin-1")
