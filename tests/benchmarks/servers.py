"""The measured servers, in their own processes."""

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import grpc
import psutil
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.local.aws import free_port

_READY_SECONDS = 60


class Server:
    """A running server: its address and its CPU time."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.target = f"127.0.0.1:{port}"

    def processes(self) -> list[psutil.Process]:
        """Return the parent process and its children."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def serving_processes(self) -> list[psutil.Process]:
        """Return the processes that answer calls."""
        return list(psutil.Process(self.process.pid).children())

    def cpu_seconds(self) -> float:
        """Return the CPU time of all its processes so far."""
        return sum(sum(each.cpu_times()[:2]) for each in self.processes())


def keep_to_core(process: psutil.Process, core: int) -> None:
    """Let a process, with all threads that it has now, run on one core only."""
    for thread in process.threads():
        os.sched_setaffinity(thread.id, {core})


@contextlib.contextmanager
def service(
    url: str, directory: Path, *, count: int = 1, transport: str = "envoy"
) -> Iterator[Server]:
    """Run the real server, with some processes, until the block ends."""
    directory = directory / transport
    directory.mkdir(exist_ok=True, parents=True)
    environment = {
        **os.environ,
        "SUPPRESSION_DATABASE_URL": url,
        "SUPPRESSION_LISTEN": "127.0.0.1:0",
        "SUPPRESSION_PROCESSES": str(count),
        "SUPPRESSION_TRANSPORT": transport,
        "SUPPRESSION_SNAPSHOT_DIRECTORY": str(directory / "snapshots"),
        "SUPPRESSION_DRAIN_SECONDS": "0",
        "SUPPRESSION_GRACE_SECONDS": "1",
    }
    command = [sys.executable, "-m", "suppression_service", "serve"]
    log = directory / "service.log"
    with log.open("wb") as output, _running(command, environment, output) as process:
        port = _port_in(log, process)
        _wait_until_serving(f"127.0.0.1:{port}")
        yield Server(process, port)


@contextlib.contextmanager
def empty(*, batch: int = 1_000, suppressed: int = 50) -> Iterator[Server]:
    """Run the empty server until the block ends."""
    port = free_port()
    module = [sys.executable, "-m", "tests.benchmarks.empty_server"]
    command = [*module, str(port), str(batch), str(suppressed)]
    with _running(command, dict(os.environ), subprocess.DEVNULL) as process:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            grpc.channel_ready_future(channel).result(timeout=_READY_SECONDS)
        yield Server(process, port)


@contextlib.contextmanager
def _running(
    command: list[str], environment: dict[str, str], output: IO[bytes] | int
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def _port_in(log: Path, process: subprocess.Popen[bytes]) -> int:
    while not (found := re.search(r"listens on \S+:(\d+)", log.read_text())):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended: {log.read_text()}")
        time.sleep(0.01)
    return int(found[1])


def _wait_until_serving(target: str) -> None:
    with grpc.insecure_channel(target) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(grpc.RpcError):
                answer = health.Check(
                    health_pb2.HealthCheckRequest(), timeout=5, wait_for_ready=True
                )
                if answer.status == health_pb2.HealthCheckResponse.SERVING:
                    return
            time.sleep(0.01)
    raise TimeoutError("the server does not become ready")
