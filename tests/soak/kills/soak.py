"""One kill soak: start all, kill at random, let it come to rest, and look at what is left."""

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
from tests.soak.kills.feedback import Feedback
from tests.soak.kills.inspection import Inspection
from tests.soak.kills.ledger import Ledger
from tests.soak.kills.load import Load
from tests.soak.kills.probes import HealthProbe, seconds_until_seen
from tests.soak.kills.report import Finding
from tests.soak.kills.sender import NotAnswered, Sender
from tests.soak.kills.services import Kept
from tests.soak.soak import clean_run, result_of
from tests.support.processes import Process, Processes, eventually
from tests.support.system import System

#: Seconds that checks go on without the database; less than it is away at times.
MAX_STALENESS: Final = 4.0
_WORKERS: Final = 2

#: Who is killed how often, of a hundred.
_TARGETS: Final = {"worker": 50, "ingest": 25, "supervisor": 15, "database": 10}
#: Seconds between two kills.
_BETWEEN: Final = (0.3, 3.0)
#: Kills between two calm moments, and commits in each of these.
_KILLS_A_ROUND: Final = 8
_CALM_COMMITS: Final = 10
#: Connections that look for a commit; the kernel spreads them over the workers.
_CONNECTIONS: Final = 8
#: Seconds that all may take to be well again.
_PATIENCE: Final = 120.0
#: Seconds between two lines that tell how it goes.
_TELL_EVERY: Final = 30.0
#: Seconds after which every sender has found the service again.
_RECONNECTED: Final = 1.0
#: Seconds that an answer is old at most when all is well.
_FRESH: Final = 0.5
_SENTINEL: Final = "sentinel@example.com"


class KillSoak:
    """Runs one.

    Args:
        database: the databases under it.
        folder: for logs and snapshots.
        seconds: how long to kill; starting and coming to rest take some more.
        seed: of all that is chosen at random. When a kill meets a call is left to chance.
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
        self._behind: list[float] = []

    def run(self, tell: Callable[[str], None]) -> list[Finding]:
        """Run it; return a finding for each invariant.

        Args:
            tell: is given a line now and then.
        """
        with ExitStack() as stack:
            self._start(stack)
            with self._load, self._feedback, self._health:
                self._torment(tell)
            self._until_well()
            self._system.settle(_PATIENCE)
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
        # What a killed worker had comes again until it is stored.
        wiring = stand_in.wire("soak", visibility_seconds=5, max_receive_count=1_000)
        url = self._database.url
        self._store = stack.enter_context(contextlib.closing(Store.open(url, migrate_first=True)))
        with self._store.write() as transaction:
            transaction.suppress([NewSuppression(_SENTINEL, Reason.MANUAL)])
        self._system = System(processes, url, stand_in, wiring, self._folder)
        self._service = stack.enter_context(Kept(self._start_service))
        self._ingest = stack.enter_context(Kept(self._system.start_worker))
        address = self._system.address
        self._senders = [stack.enter_context(Sender(address)) for _ in range(_CONNECTIONS)]
        self._load = Load(address, self._ledger, self._seed)
        self._feedback = Feedback(stand_in, wiring.queue_url, self._seconds, self._seed)
        self._health = HealthProbe(address, _SENTINEL)

    def _start_service(self) -> Process:
        return self._system.start_server(
            SUPPRESSION_PROCESSES=str(_WORKERS), SUPPRESSION_MAX_STALENESS=str(MAX_STALENESS)
        )

    # --- the torment ---------------------------------------------------------------------------

    def _torment(self, tell: Callable[[str], None]) -> None:
        began = told = time.monotonic()
        while (now := time.monotonic()) < began + self._seconds:
            for target in self._chance.choices([*_TARGETS], [*_TARGETS.values()], k=_KILLS_A_ROUND):
                time.sleep(self._chance.uniform(*_BETWEEN))
                self._kill(target)
            self._measure_calmly()
            self._ledger.judge()
            if now >= told + _TELL_EVERY:
                told = now
                tell(f"{now - began:4.0f} s: {self._progress()}")

    def _kill(self, target: str) -> None:
        match target:
            case "worker":
                workers = self._service.children()
                for worker in self._chance.sample(workers, min(1, len(workers))):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        worker.kill()
            case "ingest":
                self._ingest.kill()
            case "supervisor":
                self._orphans += self._service.kill()
            case "database":
                self._until_well()
                time.sleep(_RECONNECTED)
                if not self._database.hurt(self._chance):
                    return
        self._kills[target] += 1

    def _measure_calmly(self) -> None:
        """Measure how far checks are behind while nobody else is at work."""
        self._until_well()
        with self._load.paused():
            for _ in range(_CALM_COMMITS):
                with contextlib.suppress(NotAnswered):
                    number = len(self._behind)
                    self._behind.append(seconds_until_seen(self._store, self._senders, number))
                time.sleep(self._chance.uniform(0, 0.2))

    def _until_well(self) -> None:
        """Wait until all workers are there and every connection is answered."""
        eventually("all workers", lambda: len(self._service.listening()) == _WORKERS, _PATIENCE)
        for sender in self._senders:
            eventually("an answer", functools.partial(_is_well, sender), _PATIENCE)

    def _progress(self) -> str:
        load, ledger = self._load.troubles, self._ledger
        broken = [*ledger.unseen, *ledger.dishonest, *load.refused, *load.hung]
        return (
            f"{self._kills.total()} kills, {ledger.judged:,} checks, {ledger.acknowledged:,} "
            f"writes, {self._feedback.published:,} events, {len(broken)} violations"
        )

    # --- what is left --------------------------------------------------------------------------

    def _inspect(self) -> list[Finding]:
        self._ledger.judge()
        soaked, readers = result_of(self._database.url), self._feedback.readers
        of_feedback = {entry for entry in soaked.standing if entry.address in readers}
        asked = [*self._ledger.standing(), *readers]
        stored = frozenset(entry.address for entry in soaked.standing) & frozenset(asked)
        _, left = psutil.wait_procs(self._orphans, timeout=_PATIENCE)
        return Inspection(
            ledger=self._ledger,
            troubles=self._load.troubles,
            health=self._health,
            behind=self._behind,
            away=self._database.away,
            max_staleness=MAX_STALENESS,
            kills=self._kills.total(),
            orphans=(len(self._orphans), len(left)),
            stored=stored,
            told=[_told(sender, asked, self._newest()) for sender in self._senders],
            clean=clean_run(self._database.clean_url, self._feedback.happened),
            soaked=dataclasses.replace(soaked, standing=of_feedback),
            notifications=len(self._feedback.happened),
            repetitions=self._feedback.repetitions,
            dead_letters=len(self._system.dead_letters()),
        ).findings()

    def _newest(self) -> str:
        return str(Revision(self._store.identity().database_id, self._store.revision()))


def _told(sender: Sender, addresses: list[str], at_least: str) -> frozenset[str]:
    """Return those of many addresses of which a connection says that they are on the list."""
    return frozenset(each for each in addresses if sender.check(each, at_least).suppressed)


def _is_well(sender: Sender) -> bool:
    try:
        return sender.serving() and time.time() - sender.check(_SENTINEL).as_of < _FRESH
    except NotAnswered:
        return False
