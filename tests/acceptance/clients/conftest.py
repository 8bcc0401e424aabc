"""A test server, and a fake of SESv2 that records the mail it sends."""

import contextlib
import dataclasses
import secrets
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from suppression import Reason, SuppressionClient
from tests.support.aws.sending import Ses
from tests.support.processes import Processes
from tests.support.testserver import TestServer, started


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
            probe = bound.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            return f"127.0.0.1:{probe.getsockname()[1]}"

        yield make
