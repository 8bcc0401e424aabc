"""Whatever the gRPC port receives, the server answers by the contract and goes on."""

import contextlib
import random
import socket
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import grpc
import pytest
from google.protobuf import message_factory
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from grpc_status import rpc_status
from hypothesis import given
from hypothesis import strategies as st

from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from suppression_service.server.auth import Role
from suppression_service.server.rpc import METHODS, SERVICE
from suppression_service.server.services import RPCS
from suppression_service.server.settings import MAX_SMALL_REQUEST, ServiceSettings
from suppression_service.store import Store
from tests.support.fuzz.examples import examples
from tests.support.fuzz.process_health import ProcessHealth
from tests.support.fuzz.wire import NUMBERS, delimited, messages
from tests.support.processes import BIN, Processes

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor

# In one worker of pytest-xdist, so that the tests share one server.
pytestmark = pytest.mark.xdist_group("fuzz surface")

READERS: Final = [each.name for each in RPCS if each.role <= Role.READ]
#: Bytes of a request to a method, at most.
LARGEST: Final = {
    each.name: each.max_request or ServiceSettings().max_batch_request for each in RPCS
}
OK, INVALID = grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT
LATE, EXHAUSTED = grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED
#: MiB that memory may grow by when the same calls are repeated.
MARGIN: Final = 24


class Answer(NamedTuple):
    code: grpc.StatusCode
    reason: str = ""


class Surface:
    """A server's port, to which serialised messages are sent."""

    def __init__(self, health: ProcessHealth, address: str) -> None:
        self.health = health
        host, _, port = address.rpartition(":")
        self.address = (host, int(port))
        self._channel = grpc.insecure_channel(address)
        stub = SuppressionServiceStub(self._channel)
        asked = rpc.SuppressRequest(address="listed@shop.example", reason=pb.REASON_MANUAL)
        #: A revision that the server knows.
        self.revision = stub.Suppress(asked, timeout=30, wait_for_ready=True).revision

    def call(
        self, method: str, message: bytes, metadata: tuple[tuple[str, str | bytes], ...] = ()
    ) -> Answer:
        """Call a method, and return how the call ended."""
        # Calls that wait for changes get a short timeout.
        timeout = 0.2 if LATE in allowed_statuses(method, message) else 30
        call: Any = self._channel.unary_unary(
            f"/{METHODS[method].containing_service.full_name}/{method}"
        )
        try:
            call(message, timeout=timeout, metadata=metadata)
        except grpc.RpcError as error:
            return Answer(error.code(), _reason(error))
        return Answer(OK)

    def call_stream(self, path: str, message: bytes) -> Answer:
        """Call a method that answers with a stream; read the first answer."""
        call: Any = self._channel.stream_stream(path)
        stream = call(iter([message]), timeout=30)
        try:
            next(stream)
        except grpc.RpcError as error:
            return Answer(error.code())
        finally:
            stream.cancel()
        return Answer(OK)

    def serving(self) -> bool:
        stub = health_pb2_grpc.HealthStub(self._channel)
        answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=30)
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    def problem(self) -> str:
        """Return what is wrong with the server; empty if nothing is."""
        return self.health.problem() or ("" if self.serving() else "not SERVING")

    def close(self) -> None:
        self._channel.close()


def _reason(error: grpc.RpcError) -> str:
    status, info = rpc_status.from_call(error), error_details_pb2.ErrorInfo()
    return info.reason if status and status.details and status.details[0].Unpack(info) else ""


@pytest.fixture(scope="module")
def list_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('fuzz') / 'list.db'}"
    Store.open(url, migrate_first=True).close()
    return url


@pytest.fixture(scope="module")
def surface(list_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surface]:
    flags = ["--database-url", list_url, "--listen", "127.0.0.1:0", "--snapshot-directory", ""]
    with Processes(tmp_path_factory.mktemp("logs")) as processes:
        process = processes.start("serve", [BIN / "suppression-service", "serve", *flags])
        address = process.line(r"listens on (\S+)")[1]
        process.line("answering calls")
        with contextlib.closing(Surface(ProcessHealth(process), address)) as surface:
            yield surface


@pytest.fixture(autouse=True)
def healthy(surface: Surface) -> Iterator[None]:
    """After each test the server serves, and has logged no internal error."""
    yield
    assert surface.problem() == ""


def requests(method: str, surface: Surface) -> st.SearchStrategy[bytes]:
    """Make requests, some with a revision of this server, or nearly."""
    database, _, number = surface.revision.partition(".")
    revisions = [surface.revision, f"{database}.{'9' * 18}", f"{database}.0", f"other.{number}"]
    return messages(METHODS[method].input_type, st.sampled_from(revisions))


def allowed_statuses(method: str, message: bytes) -> set[grpc.StatusCode]:
    """Return the statuses that the contract allows for a call."""
    if len(message) > LARGEST[method]:
        return {EXHAUSTED}
    kind = message_factory.GetMessageClass(METHODS[method].input_type)
    try:
        request: Any = kind.FromString(message)
    except DecodeError:
        return {INVALID}
    waits = method == "ListChanges" and request.max_wait.ByteSize()
    return {OK, INVALID, LATE} if waits else {OK, INVALID}


def _is_malformed(kind: type[Message], message: bytes) -> bool:
    try:
        kind.FromString(message)
    except DecodeError:
        return True
    return False


@pytest.mark.parametrize("method", METHODS)
def test_every_request_is_answered_or_refused_with_a_reason(surface: Surface, method: str) -> None:
    @examples(50)
    @given(requests(method, surface))
    def answered(message: bytes) -> None:
        answer = surface.call(method, message)
        assert answer.code in allowed_statuses(method, message)
        assert answer.reason or answer.code is not INVALID

    answered()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/grpc.health.v1.Health/Check", health_pb2.HealthCheckRequest),
        ("/grpc.health.v1.Health/Watch", health_pb2.HealthCheckRequest),
        (
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            reflection_pb2.ServerReflectionRequest,
        ),
    ],
)
def test_every_question_about_the_server_is_answered(
    surface: Surface, path: str, kind: type[Message]
) -> None:
    @examples(30)
    @given(messages(cast("Descriptor", kind.DESCRIPTOR), st.sampled_from(["", SERVICE.full_name])))
    def answered(message: bytes) -> None:
        # A transport may also read a malformed question as an empty one, or a long one.
        allowed = {OK, grpc.StatusCode.NOT_FOUND}
        if _is_malformed(kind, message):
            allowed.add(INVALID)
        if len(message) > MAX_SMALL_REQUEST:
            allowed.add(EXHAUSTED)
        assert surface.call_stream(path, message).code in allowed

    answered()


@pytest.mark.parametrize("method", READERS)
def test_a_call_that_reads_changes_nothing(surface: Surface, list_url: str, method: str) -> None:
    with contextlib.closing(Store.open(list_url)) as store:
        before = store.revision()

        @examples(15)
        @given(requests(method, surface))
        def read(message: bytes) -> None:
            surface.call(method, message)

        read()
        assert store.revision() == before


@pytest.mark.parametrize("method", ["CheckAddress", "BatchCheck", "Suppress"])
@pytest.mark.parametrize("filling", ["a", "a.", "\u00fc", "a\u0301"])
def test_a_request_as_large_as_can_be_is_refused_or_answered(
    surface: Surface, method: str, filling: str
) -> None:
    size = LARGEST[method]
    text = (filling * (size // len(filling.encode()))).encode()[: size - 20]
    message = delimited(1, b"a@" + text)
    assert surface.call(method, message).code in allowed_statuses(method, message)


@pytest.mark.parametrize("method", METHODS)
def test_a_request_that_is_too_large_is_refused(surface: Surface, method: str) -> None:
    assert surface.call(method, bytes(LARGEST[method] + 1)).code is EXHAUSTED


def test_a_batch_of_the_most_awkward_addresses_is_answered(surface: Surface) -> None:
    awkward = "a@" + "u\u0308\u0301" * 300
    address = delimited(1, awkward.encode())
    message = address * (LARGEST["BatchCheck"] // len(address))
    assert surface.call("BatchCheck", message) == Answer(OK)


_KEYS = st.from_regex(r"[a-fh-z0-9_.-][a-z0-9_.-]{0,30}", fullmatch=True)
_PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60)
METADATA = st.lists(
    st.tuples(st.just("authorization") | _KEYS.filter(lambda key: key[-4:] != "-bin"), _PRINTABLE)
    | st.tuples(_KEYS.map("{}-bin".format), st.binary(max_size=60)),
    max_size=12,
)


def test_metadata_changes_no_answer(surface: Surface) -> None:
    @examples(40)
    @given(METADATA)
    def answered(metadata: list[tuple[str, str | bytes]]) -> None:
        assert surface.call("CheckAddress", b"", tuple(metadata)) == Answer(OK)

    answered()


PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS: Final = bytes(3) + b"\4" + bytes(5)


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """Return a frame of HTTP/2 (RFC 9113, 4.1)."""
    length = len(payload).to_bytes(3, "big")
    return length + struct.pack(">BBI", kind, flags, stream & 0x7FFFFFFF) + payload


def literal(name: str, value: bytes) -> bytes:
    """Return a header as HPACK writes one that is in no table (RFC 7541, 6.2.2)."""
    written = name.encode()
    return b"\0" + bytes([len(written)]) + written + bytes([len(value)]) + value


_VALUES = st.binary(max_size=20) | st.sampled_from(
    [b"gzip", b"1H", b"99999999999n", b"-1S", b"trailers", b"application/grpc+json", b"POST"]
)
_HEADERS = st.dictionaries(
    st.sampled_from(
        [
            ":method",
            ":path",
            ":scheme",
            ":authority",
            "te",
            "grpc-timeout",
            "grpc-encoding",
            "content-type",
            "grpc-accept-encoding",
            "host",
            "X-Upper",
            "connection",
        ]
    ),
    _VALUES | st.just(b"/suppression.v1.SuppressionService/CheckAddress"),
    max_size=10,
).map(lambda headers: b"".join(literal(*header) for header in headers.items()))
FRAMES = st.builds(
    frame,
    st.integers(0, 10) | st.integers(0, 255),
    st.sampled_from([0, 1, 4, 5, 0x24, 0x2C, 0xFF]),
    st.sampled_from([0, 1, 1, 3, 2**31 - 1]),
    st.binary(max_size=40) | _HEADERS | NUMBERS.map(lambda number: struct.pack(">Q", number)),
)
TRAFFIC = st.binary(max_size=200) | st.builds(
    lambda opening, frames: opening + b"".join(frames),
    st.sampled_from([PREFACE, PREFACE + SETTINGS, PREFACE[:10], b"GET / HTTP/1.1\r\n\r\n"]),
    st.lists(FRAMES, max_size=8),
)


def test_nonsense_on_the_port_harms_nobody_else(surface: Surface) -> None:
    @examples(50)
    @given(TRAFFIC)
    def sent(message: bytes) -> None:
        with (
            socket.create_connection(surface.address, timeout=30) as connection,
            contextlib.suppress(ConnectionError),
        ):
            connection.sendall(message)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65_536):
                pass
        assert surface.call("CheckAddress", b"").code is OK

    sent()


def test_connections_that_say_nothing_keep_nobody_out(surface: Surface) -> None:
    with contextlib.ExitStack() as idle:
        for _ in range(300):
            idle.enter_context(socket.create_connection(surface.address, timeout=30))
        assert surface.call("CheckAddress", b"").code is OK


def test_the_same_calls_again_take_no_more_memory(surface: Surface) -> None:
    # given calls of every sort
    calls: list[tuple[str, bytes]] = []

    @examples(50)
    @given(
        st.sampled_from([*METHODS]).flatmap(
            lambda name: requests(name, surface).map(lambda message: (name, message))
        )
    )
    def collect(call: tuple[str, bytes]) -> None:
        if LATE not in allowed_statuses(*call):
            calls.append(call)

    collect()

    def make_all(times: int) -> float:
        for _ in range(times):
            for call in random.Random(1).sample(calls, len(calls)):
                surface.call(*call)
        return surface.health.memory()

    # when they are made again and again, after the first ones have filled every cache
    before = make_all(2)
    assert make_all(4) - before < MARGIN
