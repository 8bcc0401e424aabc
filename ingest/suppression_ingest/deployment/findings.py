"""What a check of the wiring found."""

import dataclasses
import enum
from typing import NoReturn


class Verdict(enum.StrEnum):
    """How a check ended."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    #: Not permitted, not reachable, or something else has to be mended first.
    CANNOT_TELL = "cannot tell"


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    ``said`` is what is so; ``fix``, of a failure, is what to do about it; ``note`` is
    something to know that is no failure.
    """

    verdict: Verdict
    said: str
    fix: str = ""
    note: str = ""


class CannotTell(Exception):
    """A check cannot be made; the message says why."""


def passed(said: str, note: str = "") -> Finding:
    """Return that it is as it should be."""
    return Finding(Verdict.PASS, said, note=note)


def failed(said: str, fix: str) -> Finding:
    """Return that it is not, and what to do."""
    return Finding(Verdict.FAIL, said, fix)


def cannot_tell(why: str) -> NoReturn:
    """End a check that cannot be made.

    Raises:
        CannotTell: always.
    """
    raise CannotTell(why)
