import asyncio
import contextlib
from pathlib import Path

import pytest

from suppression_service.server.transport import grpcio as limits
from tests.support.authority import Authority, answers, certify
from tests.support.http2 import Peer
from tests.support.in_process_server import served


@pytest.fixture
def authority() -> Authority:
    return Authority()


@pytest.fixture
def client_ca(tmp_path: Path, authority: Authority) -> Path:
    path = tmp_path / "clients.pem"
    path.write_bytes(authority.pem)
    return path


@pytest.fixture
def files(tmp_path: Path, authority: Authority) -> dict[str, Path]:
    return certify(tmp_path, authority)


async def until_answered(
    address: str, server_ca: Authority, client_of: Authority | None = None
) -> None:
    """Ask until the server is there; the test's time limit ends it."""
    while not await answers(address, server_ca, client_of):  # noqa: ASYNC110
        await asyncio.sleep(0.05)


async def test_a_renewed_certificate_is_shown_without_a_restart(
    new_sqlite: str, tmp_path: Path, authority: Authority, files: dict[str, Path]
) -> None:
    # Given a server with a certificate
    other = Authority()
    async with served(new_sqlite, **files) as address:
        await until_answered(address, authority)
        # When the files are replaced, then new connections see the new one only.
        certify(tmp_path, other)
        assert await answers(address, other)
        assert not await answers(address, authority)


async def test_only_callers_with_a_certificate_of_the_authority_are_answered(
    new_sqlite: str, authority: Authority, files: dict[str, Path], client_ca: Path
) -> None:
    async with served(new_sqlite, **files, tls_client_ca=client_ca) as address:
        await until_answered(address, authority, authority)
        assert not await answers(address, authority)
        assert not await answers(address, authority, Authority())


async def test_another_authority_of_callers_needs_no_restart(
    new_sqlite: str, authority: Authority, files: dict[str, Path], client_ca: Path
) -> None:
    # Given a server that knows callers by an authority
    other = Authority()
    async with served(new_sqlite, **files, tls_client_ca=client_ca) as address:
        await until_answered(address, authority, authority)
        # When the authority is replaced, then callers are known by the new one alone.
        await asyncio.to_thread(client_ca.write_bytes, other.pem)
        assert await answers(address, authority, other)
        assert not await answers(address, authority, authority)


@pytest.mark.parametrize("file", ["certificate.pem", "key.pem", "clients.pem"])
async def test_a_file_that_is_half_written_changes_nothing(
    file: str, new_sqlite: str, authority: Authority, files: dict[str, Path], client_ca: Path
) -> None:
    async with served(new_sqlite, **files, tls_client_ca=client_ca) as address:
        await until_answered(address, authority, authority)
        path = client_ca.with_name(file)
        path.write_bytes(path.read_bytes()[:100])
        assert await answers(address, authority, authority)


async def test_peers_that_begin_no_tls_are_hung_up_on_and_keep_nobody_waiting(
    new_sqlite: str,
    authority: Authority,
    files: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "HANDSHAKE_SECONDS", 1.0)
    async with (
        served(new_sqlite, **files) as address,
        contextlib.AsyncExitStack() as stack,
    ):
        await until_answered(address, authority)
        peers = [await stack.enter_async_context(Peer(address, b"\x16\x03\x01")) for _ in range(50)]
        assert await answers(address, authority)
        for peer in peers:
            await peer.hung_up_on()
