"""Counts of what became of messages, for summaries."""

import dataclasses
from collections import Counter
from collections.abc import Iterable
from typing import Any

from suppression_ingest.outcome import Outcome


@dataclasses.dataclass(slots=True)
class Tally:
    """What a process has done so far.

    ``outcomes`` counts messages by kind and :attr:`Outcome.name`, ``unverified`` those
    that could not be verified by what failed, ``kinds`` acknowledged messages,
    ``new`` and ``duplicates`` pieces of feedback (one a recipient), ``refused`` messages
    by the sort of refusal and ``remarks`` messages that an operator should know of.
    """

    received: int = 0
    outcomes: Counter[tuple[str, str]] = dataclasses.field(default_factory=Counter)
    unverified: Counter[str] = dataclasses.field(default_factory=Counter)
    kinds: Counter[str] = dataclasses.field(default_factory=Counter)
    new: int = 0
    duplicates: int = 0
    refused: Counter[str] = dataclasses.field(default_factory=Counter)
    remarks: Counter[str] = dataclasses.field(default_factory=Counter)

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Count what became of some messages."""
        for outcome in outcomes:
            self.received += 1
            self.outcomes[outcome.kind, outcome.name] += 1
            self.new += outcome.new
            self.duplicates += outcome.duplicates
            self.remarks.update(outcome.remarks)
            if outcome.refusal:
                self.refused[outcome.refusal.label] += 1
                if outcome.refusal.cause:
                    self.unverified[outcome.refusal.cause] += 1
            else:
                self.kinds[outcome.kind] += 1

    def as_fields(self) -> dict[str, Any]:
        """Return the counts as fields of a log line."""
        return {
            "received": self.received,
            "kinds": dict(self.kinds),
            "new": self.new,
            "duplicates": self.duplicates,
            "refused": dict(self.refused),
            "remarks": dict(self.remarks),
        }
