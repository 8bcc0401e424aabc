"""TLS, callers' certificates and the port of probes on Envoy, in one process."""

import asyncio
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from deploy.local.aws import free_port
from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from suppression_service.server.transport.envoy import launch
from suppression_service.store import Store
from tests.support.authority import Authority, answers, certify
from tests.support.prerequisites import missing
from tests.support.processes import BIN, Process, Processes

pytestmark = pytest.mark.xdist_group("envoy tls")


@dataclasses.dataclass
class Secured:
    """A server whose callers show certificates. Tests replace its authorities and files."""

    process: Process
    address: str
    probes: str
    folder: Path
    own: Authority
    callers: Authority

    async def until_only(self, own: Authority, callers: Authority) -> None:
        """Wait until callers of one authority are answered, with a certificate of another."""
        before = (self.own, self.callers)
        while not await answers(self.address, own, callers):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        assert not await answers(self.address, *before)
        self.own, self.callers = own, callers


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """A server on Envoy with TLS, an authority of its callers, and a port for probes."""
    if why := launch.why_not():
        missing("Envoy", why)
    folder, own, callers = tmp_path_factory.mktemp("tls"), Authority(), Authority()
    files = {**certify(folder, own), "tls_client_ca": folder / "clients.pem"}
    files["tls_client_ca"].write_bytes(callers.pem)
    url, probes = f"sqlite:///{folder / 'list.db'}", f"127.0.0.1:{free_port()}"
    Store.open(url, migrate_first=True).close()
    environment = {
        **{f"SUPPRESSION_{name.upper()}": str(path) for name, path in files.items()},
        "SUPPRESSION_TRANSPORT": "envoy",
        "SUPPRESSION_DATABASE_URL": url,
        "SUPPRESSION_SNAPSHOT_DIRECTORY": "",
        "SUPPRESSION_LISTEN": "127.0.0.1:0",
        "SUPPRESSION_HEALTH_LISTEN": probes,
        "SUPPRESSION_DRAIN_SECONDS": "0",
    }
    with Processes(folder / "logs") as processes:
        process = processes.start("envoy", [BIN / "suppression-service", "serve"], environment)
        address = process.line(r"listens on (\S+)")[1]
        process.line("answering calls")
        yield Secured(process, address, probes, folder, own, callers)


async def test_only_callers_with_a_certificate_of_the_authority_are_answered(
    secured: Secured,
) -> None:
    assert await answers(secured.address, secured.own, secured.callers)
    assert not await answers(secured.address, secured.own)
    assert not await answers(secured.address, secured.own, Authority())


async def test_probes_need_no_certificate_and_are_answered_nothing_but_health(
    secured: Secured,
) -> None:
    async with grpc.aio.insecure_channel(secured.probes) as channel:
        told = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await SuppressionServiceStub(channel).CheckAddress(rpc.CheckAddressRequest())
    async with httpx.AsyncClient(base_url=f"http://{secured.probes}", trust_env=False) as client:
        live = await client.get("/livez")
        other = await client.post("/suppression.v1.SuppressionService/CheckAddress", json={})
    assert told.status == health_pb2.HealthCheckResponse.SERVING
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert (live.status_code, other.status_code) == (200, 404)


@pytest.mark.parametrize("file", ["certificate.pem", "key.pem", "clients.pem"])
async def test_a_file_that_is_half_written_changes_nothing(secured: Secured, file: str) -> None:
    path = secured.folder / file
    whole = path.read_bytes()
    logged = secured.process.output.count("TLS files unusable")
    path.write_bytes(whole[:100])
    while secured.process.output.count("TLS files unusable") == logged:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    assert await answers(secured.address, secured.own, secured.callers)
    path.write_bytes(whole)


async def test_renewed_files_need_no_restart(secured: Secured) -> None:
    own, callers = Authority(), Authority()
    certify(secured.folder, own)
    secured.folder.joinpath("clients.pem").write_bytes(callers.pem)
    await secured.until_only(own, callers)
