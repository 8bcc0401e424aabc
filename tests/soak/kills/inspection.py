"""What a kill soak has left behind, held to the six invariants of the design."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.soak.kills.ledger import Ledger
from tests.soak.kills.load import Troubles
from tests.soak.kills.probes import HealthProbe
from tests.soak.kills.report import Finding
from tests.soak.soak import Result

#: Seconds that a commit may take until it is seen, in 99 of 100 cases.
_BEHIND: Final = 0.25
#: Commits from which on a p99 means something.
_ENOUGH: Final = 100
#: Seconds that the list may be old when the database goes, and that nobody notices in time.
_MARGIN: Final = 1.0


@dataclass(frozen=True, slots=True)
class Inspection:
    """All that the findings are made from.

    Attributes:
        ledger: what was written and answered.
        troubles: what got no answer.
        health: what workers said of themselves.
        behind: seconds from commits until the last connection saw them.
        away: when the database was away: pairs of seconds since 1970.
        max_staleness: seconds.
        kills: with SIGKILL, of any process.
        orphans: how many workers outlived their supervisor, at first and in the end.
        stored: addresses that stand in the database.
        told: of every connection: the addresses of which a check says so.
        clean: what feedback must have come to.
        soaked: what it came to.
        notifications: different ones that were published.
        repetitions: how many of them twice.
        dead_letters: messages that were given up.
    """

    ledger: Ledger
    troubles: Troubles
    health: HealthProbe
    behind: Sequence[float]
    away: Sequence[tuple[float, float]]
    max_staleness: float
    kills: int
    orphans: tuple[int, int]
    stored: frozenset[str]
    told: Sequence[frozenset[str]]
    clean: Result
    soaked: Result
    notifications: int
    repetitions: int
    dead_letters: int

    def findings(self) -> list[Finding]:
        """Return one for each invariant, and one for what supervisors leave behind."""
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
        differ = [told ^ self.stored for told in self.told]
        return Finding(
            "1",
            "a write acknowledged at R is seen by every check at ≥ R",
            f"{self.ledger.judged:,} checks of {self.ledger.acknowledged:,} writes",
            self.ledger.judged,
            [
                *self.ledger.unseen,
                *self.troubles.refused,
                *(f"{len(each)} answers at the end are not the list's" for each in differ if each),
            ],
        )

    def _fresh(self) -> Finding:
        commits = sorted(self.behind)
        if len(commits) < 2:
            return Finding("2", "a check is at most 250 ms behind (p99)", "no commits", 0, [])
        p99 = statistics.quantiles(commits, n=100, method="inclusive")[98]
        late = p99 > _BEHIND and len(commits) >= _ENOUGH
        few = "" if len(commits) >= _ENOUGH else ", too few to judge"
        return Finding(
            "2",
            "a check is at most 250 ms behind a commit of another process (p99, between kills)",
            f"{len(commits)} commits, p99 {p99 * 1e3:.0f} ms{few}",
            len(commits),
            [f"p99 {p99 * 1e3:.0f} ms"] if late else [],
        )

    def _honest(self) -> Finding:
        outages = f", {len(self.away)} outages of the database" if self.away else ""
        return Finding(
            "3",
            f"answers hold as of their time, none is older than {self.max_staleness:.0f} s, "
            "checks go on until then, and nothing hangs",
            f"{self.ledger.judged:,} checks{outages}",
            self.ledger.judged,
            [*self.ledger.dishonest, *self.troubles.hung, *self._given_up_early()],
        )

    def _given_up_early(self) -> list[str]:
        """Name the checks that went unanswered without a database, though the list was young."""
        return [
            f"no answer {asked - began:.1f} s after the database went: {why}"
            for asked, why in self.troubles.unanswered
            for began, ended in self.away
            if began < asked < min(ended, began + self.max_staleness - _MARGIN)
        ]

    def _ready(self) -> Finding:
        health = self.health
        return Finding(
            "4",
            "a worker that says SERVING has loaded its list",
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
            "messages were given up": self.dead_letters,
        }
        return Finding(
            "5",
            "what is acknowledged, and feedback that is deleted, survives kill -9",
            f"{self.ledger.acknowledged:,} writes, {self.soaked.events:,} pieces of feedback, "
            f"{self.kills} kills",
            min(self.ledger.acknowledged, self.soaked.events, self.kills),
            [f"{number} {what}" for what, number in violations.items() if number],
        )

    def _counted_once(self) -> Finding:
        entries = self.soaked.standing ^ self.clean.standing
        counts = set(self.soaked.counts) ^ set(self.clean.counts)
        violations = {
            "entries differ from a clean run": len(entries),
            "counts differ from a clean run": len(counts),
            "more pieces of feedback than there were": self.soaked.events - self.clean.events,
        }
        return Finding(
            "6",
            "a notification, often and in any order, changes the list once and counts once",
            f"{self.notifications:,} notifications in disorder, {self.repetitions:,} of them "
            f"twice, {len(self.clean.standing):,} entries",
            self.repetitions,
            [f"{number} {what}" for what, number in violations.items() if number > 0],
        )

    def _orphaned(self) -> Finding:
        orphaned, left = self.orphans
        return Finding(
            "–",
            "workers go with a supervisor that is killed",
            f"{orphaned} workers",
            orphaned,
            [f"{left} of them still run"] if left else [],
        )
