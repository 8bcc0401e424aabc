"""What provisioning is going to do, line by line, before it does anything."""

import dataclasses
import enum
from collections.abc import Callable


class Mark(enum.StrEnum):
    """What a line is about."""

    CREATE = "+"
    CHANGE = "~"
    KEEP = "="
    #: Left as it is, though somebody should look at it.
    LOOK = "!"


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """A line of the plan, and for what is created or changed how to do it."""

    mark: Mark
    what: str
    detail: str
    act: Callable[[], object] | None = None

    def __str__(self) -> str:
        return f"{self.mark} {self.what}: {self.detail}"


def create(what: str, detail: str, act: Callable[[], object]) -> Step:
    """Return the step that makes what is not there."""
    return Step(Mark.CREATE, what, detail, act)


def change(what: str, detail: str, act: Callable[[], object]) -> Step:
    """Return the step that completes what is there."""
    return Step(Mark.CHANGE, what, detail, act)


def keep(what: str, detail: str) -> Step:
    """Return the line about what is as it should be."""
    return Step(Mark.KEEP, what, detail)


def look(what: str, detail: str) -> Step:
    """Return the line about what a person should look at."""
    return Step(Mark.LOOK, what, detail)
