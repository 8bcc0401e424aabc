"""A kill soak: start the system, kill at random, wait until it is idle, inspect the result."""

import contextlib
import dataclasses
import functools
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import psutil

from deploy.local import aws
from suppression_service.store import NewSuppression, Reason, Revision, Store
from tests.soak.kills.databases import Database
from tests.soak.kills.inspection import Inspection
from tests.soak.kills.ledger import Ledger
from tests.soak.kills.load import Load
from tests.soak.kills.probes import HealthProbe, seconds_until_seen
from tests.soak.kills.publisher import Publisher
from tests.soak.kills.report import Finding
from tests.soak.kills.sender import NotAnswered, Sender
from tests.soak.kills.services import RestartedProcess
from tests.soak.soak import clean_run, result_of
from tests.support.processes import Process, Processes, eventually
from tests.support.system import System

#: Seconds that checks go on without the database; shorter than some outages.
MAX_STALENESS: Final = 4.0
_PROCESSES: Final = 2

#: What is killed, by percentage.
_TARGETS: Final = {"process": 50, "ingest": 25, "supervisor": 15, "database": 10}
#: Seconds between two kills.
_BETWEEN: Final = (0.3, 3.0)
#: Kills between two pauses, and commits in each pause.
_KILLS_A_ROUND: Final = 8
_COMMITS_A_PAUSE: Final = 10
#: Connections that look for a commit; the kernel spreads them over the server processes.
_CONNECTIONS: Final = 8
#: Seconds in which the system must recover.
_TIMEOUT: Final = 120.0
#: Seconds between two lines of progress.
_PROGRESS_EVERY: Final = 30.0
#: Seconds after which every sender has reconnected.
_RECONNECTED: Final = 1.0
#: Maximum age of an answer when everything works, in seconds.
_FRESH: Final = 0.5
_SENTINEL: Final = "sentinel@example.com"


class KillSoak:
    """Runs a kill soak.

    Args:
        database: the databases under it.
        folder: for logs and snapshots.
        seconds: duration of the kills; start and end take more.
        seed: of the random choices; the exact times of kills and calls still vary.
    """

    def __init__(self, database: Database, folder: Path, *, seconds: float, seed: int) -> None:
        self._database = database
        self._folder = folder
        self._seconds = seconds
        self._seed = seed
        self._chance = random.Random(f"{seed} kills")
        self._ledger = Ledger(MAX_STALENESS)
        self._kills: Counter[str] = Counter()
        self._orphans: list[psutil.Process] = []
        self._delays: list[float] = []

    def run(self, report: Callable[[str], None]) -> list[Finding]:
        """Run it; return a finding for each invariant.

        Args:
            report: called with lines of progress.
        """
        with ExitStack() as stack:
            self._start(stack)
            with self._load, self._publisher, self._health:
                self._kill_at_random(report)
            self._until_recovered()
            self._system.settle(_TIMEOUT)
            return self._inspect()

    # --- the parts -----------------------------------------------------------------------------

    def _start(self, stack: ExitStack) -> None:
        processes = stack.enter_context(Processes(self._folder / "logs"))
        port = aws.free_port()
        moto = [
            sys.executable,
            "-m",
            "tests.support.aws.moto_server",
            "-H",
            "127.0.0.1",
            "-p",
            str(port),
        ]
        processes.start("aws", moto).line("Running on http")
        stand_in = aws.StandIn(f"http://127.0.0.1:{port}")
        # SQS redelivers a killed worker's messages until they are stored.
        wiring = stand_in.wire("soak", visibility_seconds=5, max_receive_count=1_000)
        url = self._database.url
        self._store = stack.enter_context(contextlib.closing(Store.open(url, migrate_first=True)))
        with self._store.write() as transaction:
            transaction.suppress([NewSuppression(_SENTINEL, Reason.MANUAL)])
        self._system = System(processes, url, stand_in, wiring, self._folder)
        self._service = stack.enter_context(RestartedProcess(self._start_service))
        self._ingest = stack.enter_context(RestartedProcess(self._system.start_worker))
        address = self._system.address
        self._senders = [stack.enter_context(Sender(address)) for _ in range(_CONNECTIONS)]
        self._load = Load(address, self._ledger, self._seed)
        self._publisher = Publisher(stand_in, wiring.queue_url, self._seconds, self._seed)
        self._health = HealthProbe(address, _SENTINEL)

    def _start_service(self) -> Process:
        return self._system.start_server(
            SUPPRESSION_PROCESSES=str(_PROCESSES), SUPPRESSION_MAX_STALENESS=str(MAX_STALENESS)
        )

    # --- the kills -----------------------------------------------------------------------------

    def _kill_at_random(self, report: Callable[[str], None]) -> None:
        began = reported = time.monotonic()
        while (now := time.monotonic()) < began + self._seconds:
            for target in self._chance.choices([*_TARGETS], [*_TARGETS.values()], k=_KILLS_A_ROUND):
                time.sleep(self._chance.uniform(*_BETWEEN))
                self._kill(target)
            self._measure_delays()
            self._ledger.verify()
            if now >= reported + _PROGRESS_EVERY:
                reported = now
                report(f"{now - began:4.0f} s: {self._progress()}")

    def _kill(self, target: str) -> None:
        match target:
            case "process":
                processes = self._service.children()
                for process in self._chance.sample(processes, min(1, len(processes))):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()
            case "ingest":
                self._ingest.kill()
            case "supervisor":
                self._orphans += self._service.kill()
            case "database":
                self._until_recovered()
                time.sleep(_RECONNECTED)
                if not self._database.kill(self._chance):
                    return
        self._kills[target] += 1

    def _measure_delays(self) -> None:
        """Measure how far checks are behind commits, while the load is paused."""
        self._until_recovered()
        with self._load.paused():
            for _ in range(_COMMITS_A_PAUSE):
                with contextlib.suppress(NotAnswered):
                    number = len(self._delays)
                    self._delays.append(seconds_until_seen(self._store, self._senders, number))
                time.sleep(self._chance.uniform(0, 0.2))

    def _until_recovered(self) -> None:
        """Wait until all processes run and every connection gets answers."""
        eventually("all processes", lambda: len(self._service.listening()) == _PROCESSES, _TIMEOUT)
        for sender in self._senders:
            eventually("an answer", functools.partial(_has_recovered, sender), _TIMEOUT)

    def _progress(self) -> str:
        load, ledger = self._load.troubles, self._ledger
        broken = [*ledger.unseen, *ledger.dishonest, *load.refused, *load.hung]
        return (
            f"{self._kills.total()} kills, {ledger.verified:,} checks, {ledger.acknowledged:,} "
            f"writes, {self._publisher.published:,} events, {len(broken)} violations"
        )

    # --- what is left --------------------------------------------------------------------------

    def _inspect(self) -> list[Finding]:
        self._ledger.verify()
        soaked, readers = result_of(self._database.url), self._publisher.readers
        of_feedback = {entry for entry in soaked.active if entry.address in readers}
        asked = [*self._ledger.standing(), *readers]
        stored = frozenset(entry.address for entry in soaked.active) & frozenset(asked)
        _, left = psutil.wait_procs(self._orphans, timeout=_TIMEOUT)
        return Inspection(
            ledger=self._ledger,
            troubles=self._load.troubles,
            health=self._health,
            delays=self._delays,
            outages=self._database.outages,
            max_staleness=MAX_STALENESS,
            kills=self._kills.total(),
            orphans=(len(self._orphans), len(left)),
            stored=stored,
            answered=[_suppressed(sender, asked, self._newest()) for sender in self._senders],
            clean=clean_run(self._database.clean_url, self._publisher.happened),
            soaked=dataclasses.replace(soaked, active=of_feedback),
            notifications=len(self._publisher.happened),
            repetitions=self._publisher.repetitions,
            dead_letters=len(self._system.dead_letters()),
        ).findings()

    def _newest(self) -> str:
        return str(Revision(self._store.identity().database_id, self._store.revision()))


def _suppressed(sender: Sender, addresses: list[str], at_least: str) -> frozenset[str]:
    """Return the addresses that a connection's checks call suppressed."""
    return frozenset(each for each in addresses if sender.check(each, at_least).suppressed)


def _has_recovered(sender: Sender) -> bool:
    try:
        return sender.serving() and time.time() - sender.check(_SENTINEL).as_of < _FRESH
    except NotAnswered:
        return False
