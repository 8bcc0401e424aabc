"""Two servers, restarted in turn while senders ask: not one check may go unanswered.

``python -m tests.soak.rolling --rounds 10`` does it at length; a test does it in short.
"""

import argparse
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Final, Self

from suppression import SuppressionClient, SuppressionError, WhenUnavailable
from suppression.base_client import CHECK_TIMEOUT

from service.store import Store
from tests.processes import BIN, Process, Processes, eventually
from tests.soak.kills.sender import NotAnswered, Sender

_CALLERS: Final = 4
#: Seconds between two checks of a caller.
_PAUSE: Final = 0.01


class Senders:
    """Threads that ask through one client, with the retries that it has by itself.

    Args:
        servers: HOST:PORT of each.
        check_timeout: seconds.
    """

    def __init__(self, servers: list[str], check_timeout: float) -> None:
        self._client = SuppressionClient(
            f"ipv4:{','.join(servers)}",
            when_unavailable=WhenUnavailable.RAISE,
            check_timeout=check_timeout,
        )
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask_on) for _ in range(_CALLERS)]
        #: How many checks were answered, and why others were not.
        self.answered = 0
        self.failed: Counter[str] = Counter()
        #: Seconds that the slowest answer took.
        self.slowest = 0.0

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._client.close()

    def _ask_on(self) -> None:
        while not self._over.wait(_PAUSE):
            began = time.monotonic()
            failure = self._ask()
            with self._lock:
                self.failed.update(failure)
                self.answered += not failure
                self.slowest = max(self.slowest, time.monotonic() - began)

    def _ask(self) -> list[str]:
        try:
            self._client.check("jane@example.com")
        except SuppressionError as error:
            return [str(error)]
        return []


class Fleet:
    """Two servers on one database.

    Args:
        processes: where they are started.
        url: of an empty database.
        folder: for what they keep beside it.
    """

    def __init__(self, processes: Processes, url: str, folder: Path) -> None:
        self._processes = processes
        self._environment = {
            "SUPPRESSION_DATABASE_URL": url,
            "SUPPRESSION_SNAPSHOT_DIRECTORY": str(folder / "snapshots"),
        }
        Store.open(url, migrate_first=True).close()
        self._running = dict(self._started("127.0.0.1:0") for _ in range(2))

    @property
    def servers(self) -> list[str]:
        """HOST:PORT of each."""
        return [*self._running]

    def restart(self, server: str) -> None:
        """Stop a server as an init system does, start it anew, and wait until it serves."""
        process = self._running[server]
        process.send(signal.SIGTERM)
        assert process.ended() == 0, process.output
        _, self._running[server] = self._started(server)

    def _started(self, listen: str) -> tuple[str, Process]:
        process = self._processes.start(
            "service",
            [BIN / "suppression-service", "serve"],
            self._environment | {"SUPPRESSION_LISTEN": listen},
        )
        address = process.line(r"listens on (\S+)")[1]
        eventually("it serves", lambda: _serves(address))
        return address, process


def _serves(address: str) -> bool:
    with Sender(address) as sender:
        try:
            return sender.serving()
        except NotAnswered:
            return False


def roll(
    processes: Processes,
    url: str,
    folder: Path,
    *,
    rounds: int,
    check_timeout: float = CHECK_TIMEOUT,
) -> Senders:
    """Restart two servers in turn under load, some times; return the senders, who are done."""
    fleet = Fleet(processes, url, folder)
    with Senders(fleet.servers, check_timeout) as senders:
        eventually("the load is on", lambda: senders.answered > 100)
        for _ in range(rounds):
            for server in fleet.servers:
                fleet.restart(server)
    return senders


def main() -> int:
    """Run it on SQLite; return 1 if a check failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.rolling", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rolling-") as name:
        folder = Path(name)
        with Processes(folder / "logs") as processes:
            senders = roll(processes, f"sqlite:///{folder}/list.db", folder, rounds=given.rounds)
    print(
        f"{2 * given.rounds} restarts, {senders.answered:,} checks, "
        f"{senders.failed.total()} failed, the slowest took {senders.slowest * 1e3:.0f} ms"
    )
    for error, times in senders.failed.most_common():
        print(f"  {times} times {error}")
    return 1 if senders.failed else 0


if __name__ == "__main__":
    sys.exit(main())
