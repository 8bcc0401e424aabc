"""The result of a check of the wiring."""

import dataclasses
import enum
from typing import Final, NoReturn

#: The fix of most failures.
PROVISION: Final = "run suppression-ingest provision"


class Status(enum.StrEnum):
    """How a check ended."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    #: Not permitted, not reachable, or something else has to be fixed first.
    UNKNOWN = "unknown"


@dataclasses.dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of a check.

    ``said`` is what the check found; ``fix``, of a failure, is what to do about it;
    ``note`` is something to know that is no failure.
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
    """Return the result of a check that failed, and what to do."""
    return CheckResult(Status.FAIL, said, fix)


def cannot_check(why: str) -> NoReturn:
    """End a check that cannot be made.

    Raises:
        CannotCheck: always.
    """
    raise CannotCheck(why)
