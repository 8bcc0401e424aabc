"""The report on an invariant: one line, and some of its violations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: How many violations of an invariant are shown.
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of testing an invariant.

    Attributes:
        name: its number in the design, or a dash.
        claim: what must be true.
        exercised: how often it was tested, in words.
        times: how often, as a number; 0 means not tested, which is a failure.
        violations: descriptions, without addresses.
    """

    name: str
    claim: str
    exercised: str
    times: int
    violations: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether it was tested and never violated."""
        return self.times > 0 and not self.violations

    def __str__(self) -> str:
        result = f"{len(self.violations)} violations" if self.times else "NOT TESTED"
        lines = [f"{self.name}. {self.claim}: {self.exercised}, {result}"]
        lines += [f"     {violation}" for violation in self.violations[:_SHOWN]]
        return "\n".join(lines)
