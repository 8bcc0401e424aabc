"""A test server, and a stand-in for SESv2 that remembers what it was told to send."""

import contextlib
import dataclasses
import json
import secrets
import socket
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from suppression import Reason, SuppressionClient, WhenUnavailable
from tests.processes import Processes

SERVICE = Path(sys.executable).with_name("suppression-service")
GENEROUS: Any = {"check_timeout": 20.0, "batch_timeout": 20.0, "timeout": 20.0}


@dataclasses.dataclass(frozen=True)
class TestServer:
    """Where a test server is, and a token that no other test has."""

    __test__ = False

    listen: str
    control: str
    token: str

    def told(self, request: str, token: str | None = None, **body: Any) -> Any:
        """Make a control request about this test's list, or another's."""
        asked = urllib.request.Request(
            f"http://{self.control}/{request}",
            json.dumps(body).encode(),
            {"authorization": f"Bearer {token or self.token}"},
        )
        with urllib.request.urlopen(asked) as response:
            return json.load(response)

    def client(self, choice: WhenUnavailable = WhenUnavailable.DO_NOT_SEND) -> SuppressionClient:
        """Make a client of this test's list."""
        return SuppressionClient(
            self.listen, when_unavailable=choice, token=self.token or None, **GENEROUS
        )


def started(processes: Processes, environment: Mapping[str, str] | None = None) -> TestServer:
    """Start a test server."""
    process = processes.start("testserver", [SERVICE, "testserver"], environment)
    listen = process.line(r"^listening on (\S+)$")[1]
    return TestServer(listen, process.line(r"^control on (\S+)$")[1], secrets.token_hex(8))


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    with Processes(tmp_path_factory.mktemp("testserver")) as processes:
        yield started(processes)


@pytest.fixture
def server(shared_server: TestServer) -> TestServer:
    """The shared server, with a list of the test's own. Tests that stop it start their own."""
    return dataclasses.replace(shared_server, token=secrets.token_hex(8))


@pytest.fixture
def client(server: TestServer) -> Iterator[SuppressionClient]:
    with server.client() as made:
        yield made


@pytest.fixture
def suppressed(client: SuppressionClient) -> Callable[..., None]:
    """Put addresses on the test's list."""

    def make(*addresses: str, reason: Reason = Reason.HARD_BOUNCE, stream: str = "") -> None:
        for address in addresses:
            client.suppress(address, reason, stream=stream)
        # Asking after one's own write brings the server's memory level, for other clients too.
        client.check("level@example.com")

    return make


class Ses(ThreadingHTTPServer):
    """Takes SESv2's SendEmail and SendBulkEmail; ``sent`` are their bodies."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), _SesHandler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def recipients(self) -> list[str]:
        """To whom, in order."""
        return [each for mail in self.sent for each in mail["Destination"]["ToAddresses"]]

    def environment(self) -> dict[str, str]:
        """What points a program's AWS SDK here."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "stand-in",
            "AWS_SECRET_ACCESS_KEY": "stand-in",
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }


class _SesHandler(BaseHTTPRequestHandler):
    server: Ses

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.sent.append(body)
        entries = body.get("BulkEmailEntries", [])
        results = [{"Status": "SUCCESS", "MessageId": f"m{n}"} for n in range(len(entries))]
        answer = {"BulkEmailEntryResults": results} if entries else {"MessageId": "m"}
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def ses() -> Iterator[Ses]:
    """SESv2 as far as sending goes."""
    with Ses() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def free_address() -> Iterator[Callable[[], str]]:
    """Addresses of this machine where connections are refused, for the length of the test."""
    with contextlib.ExitStack() as bound:

        def make() -> str:
            held = bound.enter_context(socket.socket())
            held.bind(("127.0.0.1", 0))
            return f"127.0.0.1:{held.getsockname()[1]}"

        yield make
