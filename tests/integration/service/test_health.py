import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from typer.testing import CliRunner

from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from suppression_service.cli import app
from suppression_service.config import SettingsError
from suppression_service.net import reserved_address
from suppression_service.server.health import LIVENESS
from suppression_service.server.probe import ask
from tests.support.authority import Authority

Serve = Callable[..., contextlib.AbstractAsyncContextManager[grpc.aio.Channel]]
SERVING = health_pb2.HealthCheckResponse.SERVING


@pytest.fixture
async def probed(new_sqlite: str, serve_list: Serve) -> AsyncIterator[str]:
    """The address where a server answers nothing but probes."""
    with reserved_address("127.0.0.1:0") as listen:
        async with serve_list(new_sqlite, health_listen=listen):
            yield listen


@pytest.mark.parametrize("service", ["", "suppression.v1.SuppressionService", LIVENESS])
async def test_a_probe_is_told_that_the_server_serves(probed: str, service: str) -> None:
    async with grpc.aio.insecure_channel(probed) as channel:
        asked = health_pb2.HealthCheckRequest(service=service)
        told = await health_pb2_grpc.HealthStub(channel).Check(asked)
    assert told.status == SERVING


async def test_nothing_but_health_is_answered_where_probes_are(probed: str) -> None:
    async with grpc.aio.insecure_channel(probed) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await SuppressionServiceStub(channel).CheckAddress(
                rpc.CheckAddressRequest(address="jane@example.com")
            )
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED


async def test_the_health_of_any_host_is_asked_of_this_one(probed: str) -> None:
    port = probed.rpartition(":")[2]
    assert await asyncio.to_thread(ask, f"0.0.0.0:{port}") == "SERVING"


def test_the_command_says_which_address_it_needs_where_the_calls_are_behind_tls(
    tmp_path: Path,
) -> None:
    key, certificate = Authority().issue("server")
    (tmp_path / "key").write_bytes(key)
    (tmp_path / "certificate").write_bytes(certificate)
    behind_tls = {
        "SUPPRESSION_TLS_CERTIFICATE": f"{tmp_path}/certificate",
        "SUPPRESSION_TLS_KEY": f"{tmp_path}/key",
    }
    done = CliRunner().invoke(app, ["health"], env=behind_tls)
    assert isinstance(done.exception, SettingsError)
    assert "SUPPRESSION_HEALTH_LISTEN" in str(done.exception)


@pytest.mark.parametrize(("told", "status"), [("SERVING", 0), ("NOT_SERVING", 1)])
def test_the_exit_status_of_the_command_tells_the_health(
    monkeypatch: pytest.MonkeyPatch, told: str, status: int
) -> None:
    monkeypatch.setattr("suppression_service.server.probe.ask", lambda _: told)
    done = CliRunner().invoke(app, ["health"])
    assert (done.exit_code, done.output) == (status, f"{told}\n")


async def test_the_health_of_nobody_is_unavailable() -> None:
    with reserved_address("127.0.0.1:0") as nobody:
        assert await asyncio.to_thread(ask, nobody) == "UNAVAILABLE"
