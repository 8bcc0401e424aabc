"""Restart two servers in turn while senders make checks: every check must be answered.

``python -m tests.soak.rolling --rounds 10 --client go`` runs many rounds, with the client of any
language; a test runs a few with the Python client.

On an overloaded machine a check can exceed its deadline whatever the servers do. ``--beside`` shows
how often: senders ask two servers that are not restarted, while two others are.
"""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from suppression_service.store import Store
from tests.soak.kills.sender import NotAnswered, Sender
from tests.soak.senders import (
    NoProgram,
    Outcome,
    ProgramSenders,
    PythonSenders,
    Senders,
)
from tests.support.processes import BIN, Process, Processes, eventually

_CLIENTS: Final = Path(__file__).parents[2] / "clients"
_LANGUAGES: Final = ("go", "java", "python", "typescript")
#: The exit status if a tool chain is missing, or its program does not run.
_EX_MISSING: Final = 69

MakeSenders = Callable[[list[str]], Senders]


class Fleet:
    """Two servers on one database.

    Args:
        processes: of the test.
        url: of a database.
        folder: for their snapshots.
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
        """Stop a server with SIGTERM, start it again, and wait until it serves."""
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
    folder: Path,
    senders_of: MakeSenders = PythonSenders,
    *,
    rounds: int,
    beside: bool = False,
) -> Outcome:
    """Restart two servers in turn under load, on a new SQLite file.

    Args:
        processes: of the test.
        folder: for the database and the snapshots.
        senders_of: makes the senders, from HOST:PORT of each server.
        rounds: restarts of each server.
        beside: restart two other servers, which the senders do not use.
    """
    asked = Fleet(processes, f"sqlite:///{folder}/list.db", folder)
    restarted = Fleet(processes, f"sqlite:///{folder}/list.db", folder) if beside else asked
    with senders_of(asked.servers) as senders:
        for _ in range(rounds):
            for server in restarted.servers:
                restarted.restart(server)
    return senders.outcome


def main() -> int:
    """Run it; return 1 if a check failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.rolling", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="restarts of each server")
    parser.add_argument(
        "--client", choices=_LANGUAGES, default="python", help="language of the client"
    )
    parser.add_argument("--beside", action="store_true", help="restart two other servers instead")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rolling-") as name:
        folder = Path(name)
        with Processes(folder / "logs") as processes:
            try:
                outcome = roll(
                    processes,
                    folder,
                    _senders_of(given.client),
                    rounds=given.rounds,
                    beside=given.beside,
                )
            except NoProgram as error:
                print(error, file=sys.stderr)
                return _EX_MISSING
    _report(outcome, restarts=2 * given.rounds)
    return 1 if outcome.failed else 0


def _senders_of(client: str) -> MakeSenders:
    if client == "python":
        return PythonSenders
    return partial(ProgramSenders, _CLIENTS / client / "conformance" / "load")


def _report(outcome: Outcome, restarts: int) -> None:
    load = os.getloadavg()[0]
    print(
        f"{restarts} restarts, {outcome.answered:,} checks, "
        f"{outcome.failed.total()} failed, the slowest took {outcome.slowest * 1e3:.0f} ms; "
        f"load {load:.1f} on {os.cpu_count()} cores"
    )
    for error, times in outcome.failed.most_common():
        print(f"  {times} times {error}")


if __name__ == "__main__":
    sys.exit(main())
