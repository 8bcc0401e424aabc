"""What the soak has to say of an invariant, in one line and more where it does not hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: Violations that are shown of each invariant.
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """How an invariant fared.

    Attributes:
        name: its number in the design, or what else is looked at.
        claim: what must hold.
        exercised: how often it was put to the test, in words.
        times: the same as a number; an invariant that was not put to the test is no good.
        violations: each in words, without addresses.
    """

    name: str
    claim: str
    exercised: str
    times: int
    violations: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether it was put to the test and held."""
        return self.times > 0 and not self.violations

    def __str__(self) -> str:
        result = f"{len(self.violations)} violations" if self.times else "NOT PUT TO THE TEST"
        lines = [f"{self.name}. {self.claim}: {self.exercised}, {result}"]
        lines += [f"     {violation}" for violation in self.violations[:_SHOWN]]
        return "\n".join(lines)
