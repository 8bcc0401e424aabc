import contextlib
import resource
import socket
import ssl
from collections.abc import Callable, Iterator

import psutil
import pytest

from suppression_ingest.webhook.connections import MAX_CONNECTIONS
from suppression_ingest.webhook.server import MAX_FILES
from suppression_service.net import raise_open_file_limit
from tests.support.processes import DEADLINE
from tests.support.sns import Sns
from tests.support.webhook import Start, Webhook

BounceOf = Callable[[str], str]

# In one worker of pytest-xdist, so that the tests share two webhooks.
pytestmark = pytest.mark.xdist_group("bad peers")

CLIENT_HELLO = bytes.fromhex("16030102000100")
REQUEST = b"POST /sns HTTP/1.1\r\nHost: x\r\n"
BODY = REQUEST + b"Content-Length: 500\r\n\r\n{"
MANY = MAX_CONNECTIONS + 100
#: Seconds to wait for an end: less than a loop takes by itself, which is 60 and 30.
PATIENCE = 20.0

#: Ways to be connected and no use: what each peer says.
BAD_MANNERS = {
    "silent": b"",
    "stops within the headers": REQUEST,
    "stops within the body": BODY,
}
BAD_MANNERS_IN_TLS = {"silent": b"", "stops within the greeting": CLIENT_HELLO}


@pytest.fixture(autouse=True)
def files() -> None:
    """Have as many as the peers need."""
    raise_open_file_limit()


@contextlib.contextmanager
def peers(webhook: Webhook, count: int, octets: bytes) -> Iterator[list[socket.socket]]:
    """Open connections that say what they are told, and no more."""
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(count):
            peer = stack.enter_context(socket.create_connection(webhook.address, DEADLINE))
            # Whether the webhook takes it is its own affair.
            peer.setblocking(False)
            with contextlib.suppress(OSError):
                peer.send(octets)
            opened.append(peer)
        yield opened


def answers(webhook: Webhook, sns: Sns, bounce_of: BounceOf) -> set[int]:
    """What SNS is told, on a connection that it has and on new ones."""
    bodies = [sns.signed(bounce_of(f"gone{n}@shop.example")) for n in range(10)]
    kept = {webhook.post(body) for body in bodies}
    return kept | {webhook.post(body, connection="close") for body in bodies}


@pytest.mark.parametrize("octets", BAD_MANNERS.values(), ids=BAD_MANNERS)
def test_bad_peers_do_not_keep_sns_out(
    webhook: Webhook, sns: Sns, bounce_of: BounceOf, octets: bytes
) -> None:
    with peers(webhook, MANY, octets):
        assert answers(webhook, sns, bounce_of) == {200}


@pytest.mark.parametrize("octets", BAD_MANNERS_IN_TLS.values(), ids=BAD_MANNERS_IN_TLS)
def test_peers_that_do_not_get_through_tls_do_not_keep_sns_out(
    tls_webhook: Webhook, sns: Sns, bounce_of: BounceOf, octets: bytes
) -> None:
    with peers(tls_webhook, MANY, octets):
        assert answers(tls_webhook, sns, bounce_of) == {200}


def test_peers_that_fall_silent_in_tls_are_hung_up_on(tls_webhook: Webhook) -> None:
    # given peers that say nothing, half a greeting, and all of it and then not even goodbye
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        peers(tls_webhook, 2, b"") as [silent, greeted],
        peers(tls_webhook, 1, CLIENT_HELLO) as [half],
    ):
        greeted.settimeout(DEADLINE)
        with socket.socket(fileno=context.wrap_socket(greeted).detach()) as below:
            # then their connections end
            assert (left(silent), left(half)) == (b"", b"")
            left(below)


def left(peer: socket.socket) -> bytes:
    """Return what comes until the webhook closes the connection."""
    peer.settimeout(PATIENCE)
    octets = b""
    with contextlib.suppress(ConnectionError):
        while more := peer.recv(65_536):
            octets += more
    return octets


def test_it_has_room_for_those_that_are_not_through_with_tls(
    start_on_sqlite: Start, sns: Sns
) -> None:
    # given a process that begins with the usual limit
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1_024, limits[1]))
    try:
        webhook = start_on_sqlite(sns.environment)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    # then it lifts that, and not beyond its memory
    files, _ = psutil.Process(webhook.process.pid).rlimit(psutil.RLIMIT_NOFILE)
    assert files == min(MAX_FILES, limits[1])
