"""Load from h2load (Debian package nghttp2-client), which is much faster than the servers."""

import dataclasses
import re
import resource
import shutil
import statistics
import struct
import subprocess
import tempfile
from pathlib import Path

from google.protobuf.message import Message

from tests.benchmarks.servers import Server

_SERVICE = "suppression.v1.SuppressionService"


@dataclasses.dataclass(frozen=True, slots=True)
class Load:
    """The result of a burst of calls; latencies in microseconds, CPU in seconds."""

    calls_per_second: float
    median_latency: float
    server_cpu_per_call: float
    generator_cpu_share: float


def is_there() -> bool:
    """Whether h2load is installed."""
    return shutil.which("h2load") is not None


def call(
    server: Server,
    method: str,
    request: Message,
    *,
    calls: int,
    connections: int = 4,
    streams: int = 8,
) -> Load:
    """Make many equal calls over several connections; return the result.

    Raises:
        RuntimeError: h2load is missing, or some call was not answered with 200.
    """
    with tempfile.TemporaryDirectory() as directory:
        frame, log = Path(directory, "frame"), Path(directory, "log")
        body = request.SerializeToString()
        frame.write_bytes(struct.pack(">BI", 0, len(body)) + body)
        command = [
            "h2load", f"-n{calls}", f"-c{connections}", f"-m{streams}", f"-d{frame}",
            f"--log-file={log}", "-Hcontent-type: application/grpc", "-Hte: trailers",
            f"http://{server.target}/{_SERVICE}/{method}",
        ]  # fmt: skip
        cpu_before, own_before = server.cpu_seconds(), _children_seconds()
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        cpu, own = server.cpu_seconds() - cpu_before, _children_seconds() - own_before
        rows = [line.split("\t") for line in log.read_text().splitlines()]
    if len(rows) != calls or any(row[1] != "200" for row in rows):
        raise RuntimeError(f"not every call was answered:\n{output}")
    seconds = _seconds(output)
    return Load(
        calls_per_second=calls / seconds,
        median_latency=statistics.median(int(row[2]) for row in rows),
        server_cpu_per_call=cpu / calls,
        generator_cpu_share=own / seconds,
    )


def _seconds(output: str) -> float:
    found = re.search(r"finished in ([0-9.]+)(us|ms|s|m)", output)
    if not found:
        raise RuntimeError(f"h2load printed no duration:\n{output}")
    unit = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60}[found[2]]
    return float(found[1]) * unit


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
