"""Whatever is posted, the webhook answers with a status of its own, stores nothing, and goes on."""

import contextlib
import json
import re
import socket
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.support.fuzz.examples import examples
from tests.support.fuzz.mutations import ANY_JSON, SAMPLES, Json, cut, mutated
from tests.support.fuzz.process_health import ProcessHealth
from tests.support.processes import Processes
from tests.support.sns import TOPIC, Sns
from tests.support.webhook import Webhook, starter

# One worker starts the webhook for all of them.
pytestmark = pytest.mark.xdist_group("fuzz webhook")

#: Statuses for requests that are not from SNS: see docs/how-to/webhook.md.
REFUSED: Final = range(400, 500)
#: MiB that memory may grow by after the first posts.
MARGIN: Final = 24
_STATUS: Final = re.compile(rb"HTTP/1\.1 ([0-9]{3}) ")


class Target:
    """A webhook and its SNS; requests are sent byte by byte, also invalid ones."""

    def __init__(self, webhook: Webhook, sns: Sns) -> None:
        self.webhook = webhook
        self.sns = sns
        self.health = ProcessHealth(webhook.process)

    def sent(self, data: bytes, *, whole: bool = False) -> list[int]:
        """Send data on a new connection; return the statuses of all answers.

        Unless it is a whole request, this side then ends its half of the connection.
        """
        answer = b""
        with (
            socket.create_connection(self.webhook.address, timeout=30) as connection,
            contextlib.suppress(ConnectionError),
        ):
            connection.sendall(data)
            if not whole:
                with contextlib.suppress(OSError):  # the webhook has closed it
                    connection.shutdown(socket.SHUT_WR)
            while more := connection.recv(65_536):
                answer += more
        return [int(status) for status in _STATUS.findall(answer)]

    def posted(self, body: bytes, headers: dict[str, str] | None = None) -> int:
        """Post a body; return the status."""
        lines = [f"{name}: {value}" for name, value in (headers or {}).items()]
        head = ["POST /sns HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *lines]
        post = "\r\n".join([*head, "Connection: close", "", ""]).encode() + body
        [status] = self.sent(post, whole=True)
        return status

    def revision(self) -> int:
        return self.webhook.store.revision()


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("fuzz")
    with (
        Sns() as sns,
        Processes(folder / "logs") as processes,
        starter(processes, f"sqlite:///{folder}/list.db") as start,
    ):
        yield Target(start(sns.environment), sns)


@pytest.fixture(autouse=True)
def healthy(target: Target) -> Iterator[None]:
    """After each test the webhook is ready, and has logged no internal error."""
    yield
    assert target.health.problem() == ""
    assert target.webhook.client.get("/healthz").status_code == 200


@pytest.fixture
def untouched(target: Target) -> Iterator[None]:
    """The test must not change the list."""
    before = target.revision()
    yield
    assert target.revision() == before


_HEADER_NAMES = st.sampled_from(
    [
        "x-amz-sns-message-type",
        "x-amz-sns-message-id",
        "x-amz-sns-topic-arn",
        "authorization",
        "x-amz-sns-rawdelivery",
        "content-type",
        "content-encoding",
        "expect",
        "x-other",
    ]
)
_HEADER_VALUES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40) | (
    st.sampled_from(["Notification", "true", TOPIC, "gzip", "Basic Zm9vOmJhcg==", "Bearer x"])
)
HEADERS = st.dictionaries(_HEADER_NAMES, _HEADER_VALUES, max_size=4)


@pytest.mark.usefixtures("untouched")
def test_an_unsigned_body_is_refused(target: Target) -> None:
    unsigned = mutated(SAMPLES).map(json.dumps) | ANY_JSON.map(json.dumps)
    bodies = st.binary(max_size=200) | unsigned.map(str.encode)

    @examples(50)
    @given(bodies, HEADERS)
    def refused(body: bytes, headers: dict[str, str]) -> None:
        assert target.posted(body, headers) in REFUSED

    refused()


@pytest.mark.usefixtures("untouched")
def test_an_envelope_that_was_changed_is_refused(target: Target) -> None:
    bounce = target.sns.signed(json.dumps(SAMPLES[0]))
    genuine = [bounce, target.sns.confirmation()]

    @examples(50)
    @given(mutated(genuine))
    def refused(envelope: Json) -> None:
        assume(envelope not in genuine)
        assert target.posted(json.dumps(envelope).encode()) in REFUSED

    refused()


def test_an_event_that_sns_has_signed_is_stored_or_refused(target: Target) -> None:
    @examples(50)
    @given(mutated(SAMPLES).map(json.dumps) | st.sampled_from(SAMPLES).map(json.dumps).flatmap(cut))
    def answered(event: str) -> None:
        # What SNS signs is a text that UTF-8 can write.
        sendable = event.encode(errors="replace").decode()
        status = target.posted(json.dumps(target.sns.signed(sendable)).encode())
        assert status == 200 or status in REFUSED

    answered()


_TOKENS = st.sampled_from([b"POST", b"GET", b"PUT", b"HEAD", b"OPTIONS", b"CONNECT", b"PRI", b""])
_PATHS = st.sampled_from(
    [
        b"/sns",
        b"/sns/",
        b"//sns",
        b"/healthz",
        b"/",
        b"*",
        b"/../sns",
        b"/%2e%2e/%00",
        b"http://x/sns",
    ]
) | st.binary(max_size=20)
_LINES = st.sampled_from(
    [
        b"Host: x",
        b"Host: y",
        b"Content-Length: 5",
        b"Content-Length: -1",
        b"Content-Length: 99",
        b"Content-Length: " + b"9" * 30,
        b"Transfer-Encoding: chunked",
        b"Expect: 100-continue",
        b"Transfer-Encoding: gzip, chunked",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Content-Length : 5",
        b" folded",
        b"X: " + b"x" * 20_000,
        b"Connection: close",
        b"\xff: \x00",
    ]
) | st.binary(max_size=20)
_PAYLOADS = st.sampled_from(
    [
        b"",
        b"hello",
        b"5\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello",
        b"ffffffffff\r\nx",
        b"-1\r\n",
        b"0\r\n",
        b"5;x=y\r\nhello\r\n0\r\nT: x\r\n\r\n",
        b"POST /sns HTTP/1.1\r\n\r\n",
    ]
) | st.binary(max_size=40)
HTTP = st.binary(max_size=100) | st.builds(
    lambda method, path, version, lines, payload: b"\r\n".join(
        [b" ".join([method, path, version]), *lines, b"", payload]
    ),
    _TOKENS,
    _PATHS,
    st.sampled_from([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9.9", b""]),
    st.lists(_LINES, max_size=5),
    _PAYLOADS,
)


@pytest.mark.usefixtures("untouched")
def test_broken_http_is_refused_or_the_connection_closed(target: Target) -> None:
    @examples(100)
    @given(HTTP)
    @example(b"HEAD /sns HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
    @example(b"HEAD /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
    @example(b"POST /sns HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\nzz\r\n")
    def answered(data: bytes) -> None:
        well = {100, 200} if b"/healthz" in data else {100}
        assert all(status in REFUSED or status in well for status in target.sent(data))

    answered()


@pytest.mark.parametrize(
    ("head", "status"),
    [("Content-Length: 999999999", 413), ("Transfer-Encoding: chunked", 413)],
)
@pytest.mark.usefixtures("untouched")
def test_a_body_that_is_too_large_is_refused(target: Target, head: str, status: int) -> None:
    chunk = b"100000\r\n" + bytes(0x100000) + b"\r\n"
    assert target.sent(f"POST /sns HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n".encode() + chunk * 3) in (
        [status],
        [],  # closed while the body was still being sent
    )


def test_the_same_posts_again_take_no_more_memory(target: Target) -> None:
    posts = [
        json.dumps(target.sns.signed(json.dumps(SAMPLES[0] | {"padding": "x" * size}))).encode()
        for size in (0, 1_000, 100_000, 1_000_000)
    ] + [b"{" * size for size in (1, 1_000, 1_000_000)]

    def post_all(times: int) -> float:
        for _ in range(times):
            for post in posts:
                target.posted(post)
        return target.health.memory()

    before = post_all(5)
    assert post_all(15) - before < MARGIN
