"""Figures of a run: measured values, their spread, and the target."""

import dataclasses
import statistics
from collections.abc import Sequence
from typing import Literal


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report; ``target`` is a bound from below or above, or none."""

    name: str
    values: Sequence[float]
    unit: str = "×"
    target: tuple[Literal["≥", "≤"], float] | None = None
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def holds(self) -> bool | None:
        if self.target is None:
            return None
        sign, bound = self.target
        return self.median >= bound if sign == "≥" else self.median <= bound

    def row(self) -> list[str]:
        """Return name, median, spread, target and verdict as text."""
        spread = f"{_text(min(self.values))} – {_text(max(self.values))}"
        target = f"{self.target[0]} {_text(self.target[1])}" if self.target else ""
        verdict = {True: "holds", False: "MISSED", None: ""}[self.holds]
        return [
            self.name,
            f"{_text(self.median)} {self.unit}",
            spread if len(self.values) > 1 else "",
            target,
            verdict,
            self.note,
        ]


def markdown(figures: Sequence[Figure]) -> str:
    """Return figures as a table."""
    head = ["what", "median", "spread", "target", "", "note"]
    rows = [head, ["---"] * len(head), *(figure.row() for figure in figures)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _text(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
