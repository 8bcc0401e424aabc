"""One server of each transport, on the same list, for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.support.transports import TRANSPORTS, Server, both


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    """A server of each transport."""
    with both(tmp_path_factory.mktemp("transports")) as running:
        yield running


@pytest.fixture(params=TRANSPORTS)
def server(request: pytest.FixtureRequest, servers: dict[str, Server]) -> Server:
    """The server of each transport in turn."""
    return servers[request.param]
