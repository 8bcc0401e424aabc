"""Verifies the six invariants of the design after a kill soak."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.soak.kills.ledger import Ledger
from tests.soak.kills.load import Troubles
from tests.soak.kills.probes import HealthProbe
from tests.soak.kills.report import Finding
from tests.soak.soak import Result

#: Maximum p99 of the seconds from a commit until it is seen.
_MAX_DELAY: Final = 0.25
#: Commits that a p99 needs.
_ENOUGH: Final = 100
#: Seconds that the replica may already be behind when an outage begins.
_MARGIN: Final = 1.0


@dataclass(frozen=True, slots=True)
class Inspection:
    """The data of a soak, from which the findings are made.

    Attributes:
        ledger: of writes and answers.
        troubles: of calls without a proper answer.
        health: the answers of health checks.
        delays: seconds from each commit until the last connection saw it.
        outages: of the database: begin and end, in seconds since 1970.
        max_staleness: seconds.
        kills: number of all SIGKILLs.
        orphans: processes whose supervisor was killed, and those that still run at the end.
        stored: addresses with an active entry in the database.
        answered: for every connection, the addresses that its checks call suppressed.
        clean: the expected result of the feedback.
        soaked: its actual result.
        notifications: number of different notifications.
        repetitions: number of repeated notifications.
        dead_letters: number of messages in the dead-letter queue.
    """

    ledger: Ledger
    troubles: Troubles
    health: HealthProbe
    delays: Sequence[float]
    outages: Sequence[tuple[float, float]]
    max_staleness: float
    kills: int
    orphans: tuple[int, int]
    stored: frozenset[str]
    answered: Sequence[frozenset[str]]
    clean: Result
    soaked: Result
    notifications: int
    repetitions: int
    dead_letters: int

    def findings(self) -> list[Finding]:
        """Return one for each invariant, and one for orphaned processes."""
        return [
            self._seen(),
            self._fresh(),
            self._honest(),
            self._ready(),
            self._durable(),
            self._counted_once(),
            self._orphaned(),
        ]

    def _seen(self) -> Finding:
        differ = [suppressed ^ self.stored for suppressed in self.answered]
        return Finding(
            "1",
            "a write acknowledged at R is seen by every check at ≥ R",
            f"{self.ledger.verified:,} checks of {self.ledger.acknowledged:,} writes",
            self.ledger.verified,
            [
                *self.ledger.unseen,
                *self.troubles.refused,
                *(f"{len(each)} final answers differ from the database" for each in differ if each),
            ],
        )

    def _fresh(self) -> Finding:
        commits = sorted(self.delays)
        if len(commits) < 2:
            return Finding("2", "a check is at most 250 ms behind (p99)", "no commits", 0, [])
        p99 = statistics.quantiles(commits, n=100, method="inclusive")[98]
        late = p99 > _MAX_DELAY and len(commits) >= _ENOUGH
        few = "" if len(commits) >= _ENOUGH else ", too few for a p99"
        return Finding(
            "2",
            "a check is at most 250 ms behind a commit of another process (p99, between kills)",
            f"{len(commits)} commits, p99 {p99 * 1e3:.0f} ms{few}",
            len(commits),
            [f"p99 {p99 * 1e3:.0f} ms"] if late else [],
        )

    def _honest(self) -> Finding:
        outages = f", {len(self.outages)} outages of the database" if self.outages else ""
        return Finding(
            "3",
            f"answers are right as of their time, none is older than {self.max_staleness:.0f} s, "
            "checks go on until then, and nothing hangs",
            f"{self.ledger.verified:,} checks{outages}",
            self.ledger.verified,
            [*self.ledger.dishonest, *self.troubles.hung, *self._given_up_early()],
        )

    def _given_up_early(self) -> list[str]:
        """Name the checks without an answer while the replica was still fresh enough."""
        return [
            f"no answer {asked - began:.1f} s after the outage began: {why}"
            for asked, why in self.troubles.unanswered
            for began, ended in self.outages
            if began < asked < min(ended, began + self.max_staleness - _MARGIN)
        ]

    def _ready(self) -> Finding:
        health = self.health
        return Finding(
            "4",
            "a process that reports SERVING has loaded its list",
            f"{health.serving:,} times SERVING, {health.not_serving:,} times NOT_SERVING",
            health.serving,
            health.untrue,
        )

    def _durable(self) -> Finding:
        must = self.ledger.standing()
        lost = sum(must[address] is not (address in self.stored) for address in must)
        missing = self.clean.events - self.soaked.events
        violations = {
            "acknowledged writes are not in the database": lost,
            "pieces of feedback are not in the database": max(0, missing),
            "messages are in the dead-letter queue": self.dead_letters,
        }
        return Finding(
            "5",
            "acknowledged writes and deleted feedback survive kill -9",
            f"{self.ledger.acknowledged:,} writes, {self.soaked.events:,} pieces of feedback, "
            f"{self.kills} kills",
            min(self.ledger.acknowledged, self.soaked.events, self.kills),
            [f"{number} {what}" for what, number in violations.items() if number],
        )

    def _counted_once(self) -> Finding:
        entries = self.soaked.active ^ self.clean.active
        counts = set(self.soaked.counts) ^ set(self.clean.counts)
        violations = {
            "entries differ from a clean run": len(entries),
            "counts differ from a clean run": len(counts),
            "more pieces of feedback than there were": self.soaked.events - self.clean.events,
        }
        return Finding(
            "6",
            "a notification in any number and order changes the list once and counts once",
            f"{self.notifications:,} notifications in random order, {self.repetitions:,} of them "
            f"twice, {len(self.clean.active):,} entries",
            self.repetitions,
            [f"{number} {what}" for what, number in violations.items() if number > 0],
        )

    def _orphaned(self) -> Finding:
        orphaned, left = self.orphans
        return Finding(
            "–",
            "processes exit when their supervisor is killed",
            f"{orphaned} processes",
            orphaned,
            [f"{left} of them still run"] if left else [],
        )
