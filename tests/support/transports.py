"""Servers of both transports as processes, and calls to them that follow no library's rules."""

import base64
import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
from google.rpc import error_details_pb2, status_pb2
from prometheus_client.parser import text_string_to_metric_families

from suppression.v1 import suppression_service_pb2 as rpc
from suppression_service.server.errors import Code
from suppression_service.server.transport.envoy import launch
from suppression_service.store import Store
from tests.support.http2 import prefixed
from tests.support.http2_client import Http2Client, Response, grpc_headers
from tests.support.prerequisites import missing
from tests.support.processes import BIN, Process, Processes, run

TRANSPORTS: Final = ("envoy", "grpcio")
#: A valid request of CheckAddress.
CHECK: Final = rpc.CheckAddressRequest(address="jane@example.com").SerializeToString()

Metadata = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its transport, its HOST:PORTs, and the token that a caller shows."""

    transport: str
    address: str
    metrics_address: str
    token: str

    def headers(
        self, method: str = "CheckAddress", more: Metadata | None = None
    ) -> list[tuple[str, str]]:
        """Return the headers of a call, as :func:`grpc_headers`, with the token."""
        return grpc_headers(method, {"authorization": f"Bearer {self.token}", **(more or {})})

    def call(self, method: str, more: Metadata | None, *parts: bytes) -> Response:
        """Make a call on a connection of its own; each part goes in a frame of its own."""
        with self.client() as client:
            return client.call(self.headers(method, more), *parts)

    def check(self, more: Metadata | None = None) -> Response:
        """Make a valid call but for the given headers."""
        return self.call("CheckAddress", more, prefixed(CHECK))

    def client(self) -> Http2Client:
        """Return a connection."""
        return Http2Client(self.address)

    def started(self, method: str) -> float:
        """Return how many calls of a method have begun."""
        return self._sum("grpc_server_started_total", {"grpc_method": method})

    def handled(self, method: str, code: str) -> float:
        """Return how many calls of a method have ended with a status, such as Canceled."""
        wanted = {"grpc_method": method, "grpc_code": code}
        return self._sum("grpc_server_handled_total", wanted)

    def _sum(self, name: str, wanted: dict[str, str]) -> float:
        shown = httpx.get(f"http://{self.metrics_address}/metrics", trust_env=False).text
        return sum(
            sample.value
            for family in text_string_to_metric_families(shown)
            for sample in family.samples
            if sample.name == name and wanted.items() <= sample.labels.items()
        )


def outcome(response: Response) -> str:
    """Return how a call ended: a status of gRPC or HTTP, or how it was cut off."""
    if response.reset is not None:
        return "CONNECTION ENDS" if response.connection_ended else "RESET"
    if status := response.metadata("grpc-status"):
        return Code(int(status)).name
    return f"HTTP {response.headers[':status']}"


def status_of(response: Response) -> status_pb2.Status:
    """Return the whole status of a call that was refused."""
    encoded = response.metadata("grpc-status-details-bin")
    return status_pb2.Status.FromString(base64.b64decode(encoded + "=" * (-len(encoded) % 4)))


def request_id(status: status_pb2.Status) -> str:
    """Return the id that a status gives its call."""
    info = error_details_pb2.RequestInfo()
    assert status.details[-1].Unpack(info)
    return str(info.request_id)


@contextlib.contextmanager
def both(folder: Path) -> Iterator[dict[str, Server]]:
    """Run a server of each transport on the same empty list; yield them by transport."""
    if why := launch.why_not():
        missing("Envoy", why)
    url = f"sqlite:///{folder / 'list.db'}"
    Store.open(url, migrate_first=True).close()
    environment = {
        "SUPPRESSION_DATABASE_URL": url,
        "SUPPRESSION_SNAPSHOT_DIRECTORY": str(folder / "snapshots"),
        "SUPPRESSION_LISTEN": "127.0.0.1:0",
        "SUPPRESSION_METRICS_LISTEN": "127.0.0.1:0",
        "SUPPRESSION_TOKEN_FILE": str(folder / "tokens"),
        "SUPPRESSION_DRAIN_SECONDS": "0",
        "SUPPRESSION_GRACE_SECONDS": "1",
    }
    token = _new_token(folder / "tokens")
    with Processes(folder / "logs") as processes:
        started = {
            transport: processes.start(
                transport,
                [BIN / "suppression-service", "serve"],
                {**environment, "SUPPRESSION_TRANSPORT": transport},
            )
            for transport in TRANSPORTS
        }
        yield {name: _answering(name, process, token) for name, process in started.items()}


def _new_token(file: Path) -> str:
    command: list[str | Path] = [
        BIN / "suppression-service",
        *["token", "new", "caller", "--role", "admin", "--file"],
    ]
    made = run([*command, file])
    assert made.returncode == 0, made.stderr
    [token] = re.findall(r"^[\w-]{40,}$", made.stdout, re.MULTILINE)
    return str(token)


def _answering(transport: str, process: Process, token: str) -> Server:
    address = process.line(r"listens on (\S+:\d+)")[1]
    metrics = process.line(r"metrics shown .*listen=(\S+)")[1]
    process.line("answering calls")
    return Server(transport, address, metrics, token)
