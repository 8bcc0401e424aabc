"""The result of a check of the wiring."""

import dataclasses
import enum
from typing import Final, NoReturn

#: The fix for most failures.
PROVISION: Final = "run suppression-ingest provision"


class Status(enum.StrEnum):
    """How a check ended."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    #: The check was not permitted, AWS was not reachable, or another failure comes first.
    UNKNOWN = "unknown"


@dataclasses.dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of a check.

    ``said`` is what the check found. ``fix`` is what to do about a failure. ``note`` is
    further information that is no failure.
    """

    status: Status
    said: str
    fix: str = ""
    note: str = ""


class CannotCheck(Exception):
    """The check cannot be made; the message says why."""


def passed(said: str, note: str = "") -> CheckResult:
    """Return the result of a check that passed."""
    return CheckResult(Status.PASS, said, note=note)


def failed(said: str, fix: str) -> CheckResult:
    """Return the result of a check that failed, with the fix."""
    return CheckResult(Status.FAIL, said, fix)


def cannot_check(why: str) -> NoReturn:
    """End a check that cannot be made.

    Raises:
        CannotCheck: always.
    """
    raise CannotCheck(why)
