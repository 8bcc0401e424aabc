"""Attacks on real servers: short in `make test`, long and with a table in `make hostile`."""

import os
from collections.abc import Iterator

import pytest

from tests.hostile import servers
from tests.hostile.report import Row, table
from tests.hostile.servers import Server

_RESULTS = pytest.StashKey[list[Row]]()


@pytest.fixture(scope="session")
def attack_seconds() -> float | None:
    """The seconds of each attack in the long form, which `make hostile` runs; else None."""
    return float(os.environ.get("HOSTILE_SECONDS") or 0) or None


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest) -> list[Row]:
    """What the table at the end of the run shows: attack, server, result, whether it holds."""
    return request.config.stash.setdefault(_RESULTS, [])


def _scope(fixture_name: str, config: pytest.Config) -> str:
    # Memory that an attack took does not always come back: the long form measures each anew.
    return "function" if os.environ.get("HOSTILE_SECONDS") else "module"


@pytest.fixture(scope=_scope)  # type: ignore[arg-type]
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A running server of the kind that the test names."""
    with servers.running(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print what was measured; pytest-xdist's processes have no terminal."""
    if results := config.stash.get(_RESULTS, None):
        terminalreporter.section("attacks")
        terminalreporter.write_line(table(results))
