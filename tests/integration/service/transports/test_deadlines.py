"""Deadlines and cancellation, by gRPC's documents "gRPC over HTTP2" and "Cancellation"."""

import contextlib
from collections.abc import Iterator

import pytest

from suppression.v1 import suppression_service_pb2 as rpc
from tests.support.http2 import prefixed
from tests.support.http2_client import Http2Client
from tests.support.processes import eventually
from tests.support.transports import Server, outcome, status_of

pytestmark = pytest.mark.xdist_group("transports")

WAIT = rpc.ListChangesRequest()
WAIT.max_wait.FromSeconds(50)
#: Waits for a change, and none comes.
WAITS = prefixed(WAIT.SerializeToString())


@pytest.mark.parametrize("timeout", ["1H", "10M", "99S", "99000m", "99999999u", "99999999H"])
def test_a_deadline_that_is_far_away_changes_nothing(server: Server, timeout: str) -> None:
    assert outcome(server.check({"grpc-timeout": timeout})) == "OK"


@pytest.mark.parametrize("timeout", ["200m", "200000u", "99999999n"])
def test_a_call_that_waits_ends_at_its_deadline(server: Server, timeout: str) -> None:
    response = server.call("ListChanges", {"grpc-timeout": timeout}, WAITS)
    assert outcome(response) == "DEADLINE_EXCEEDED"


@pytest.mark.parametrize("timeout", ["0S", "0n"])
def test_a_call_whose_deadline_is_over_is_not_begun(server: Server, timeout: str) -> None:
    assert outcome(server.check({"grpc-timeout": timeout})) == "DEADLINE_EXCEEDED"


@pytest.mark.parametrize(
    ("timeout", "grpcio"),
    [
        *((timeout, "INTERNAL") for timeout in ["", "5", "S", "-1S", "1.5S", "+5S", "5s", "5SS"]),
        # At most eight digits, by the document.
        ("123456789S", "OK"),
        # Digits, but not of ASCII.
        ("\xd9\xa5S", "INTERNAL"),
        ("\xb2S", "INTERNAL"),
    ],
)
def test_a_deadline_that_cannot_be_read_is_refused(
    server: Server, timeout: str, grpcio: str
) -> None:
    expected = grpcio if server.transport == "grpcio" else "INVALID_ARGUMENT"
    assert outcome(server.check({"grpc-timeout": timeout})) == expected


def test_what_was_wrong_with_the_deadline_is_said(servers: dict[str, Server]) -> None:
    refused = servers["envoy"].check({"grpc-timeout": "5s"})
    assert status_of(refused).message == "grpc-timeout: not a timeout of gRPC"


def test_a_call_that_its_caller_cancels_ends_in_the_server(server: Server) -> None:
    with _waiting_call(server) as (client, stream, cancelled):
        client.reset(stream)
        # The connection goes on.
        assert outcome(client.call(server.headers("ListChanges"), prefixed(b""))) == "OK"
        _until(server, "Canceled", cancelled + 1)


def test_a_call_whose_connection_ends_ends_in_the_server(server: Server) -> None:
    with _waiting_call(server) as (_, _, cancelled):
        pass
    _until(server, "Canceled", cancelled + 1)


@pytest.mark.parametrize("transport", ["envoy"])  # to grpcio there is no call yet
def test_a_call_that_is_cancelled_before_its_message_is_there_ends_in_the_server(
    servers: dict[str, Server], transport: str
) -> None:
    with _waiting_call(servers[transport], whole=False) as (client, stream, cancelled):
        client.reset(stream)
        _until(servers[transport], "Canceled", cancelled + 1)


@contextlib.contextmanager
def _waiting_call(
    server: Server, *, whole: bool = True
) -> Iterator[tuple[Http2Client, int, float]]:
    """Begin a call that waits; yield its connection, its stream, and the calls cancelled so far."""
    started, cancelled = _count(server, "started"), _count(server, "Canceled")
    with server.client() as client:
        stream = client.begin(server.headers("ListChanges"))
        client.send(stream, WAITS if whole else WAITS[:-1], last=whole)
        _until(server, "started", started + 1)
        yield client, stream, cancelled


def _count(server: Server, what: str) -> float:
    return (
        server.started("ListChanges") if what == "started" else server.handled("ListChanges", what)
    )


def _until(server: Server, what: str, count: float) -> None:
    eventually(f"{count} calls are {what}", lambda: _count(server, what) >= count)
