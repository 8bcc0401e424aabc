"""The checklist, in the order in which to fix failures, and the printing of its results."""

import dataclasses
import functools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

import typer

from suppression_ingest.deployment import operation_checks, wiring_checks
from suppression_ingest.deployment.deployment import Deployment
from suppression_ingest.deployment.results import CannotCheck, CheckResult, Status
from suppression_ingest.errors import AwsError
from suppression_service.config import SettingsError
from suppression_service.store import StoreError

#: Exit statuses: some checks failed; or none failed, and some could not be made.
EXIT_FAILED: Final = 1
EXIT_UNKNOWN: Final = 3


class Check(NamedTuple):
    """A line of the checklist: a name for scripts, and the function that checks."""

    name: str
    run: Callable[[Deployment], CheckResult]


#: The checks of a deployment in which SES publishes to a topic.
CHECKS: Final = (
    Check("credentials", wiring_checks.credentials),
    Check("sending", wiring_checks.sending),
    Check("account suppression", wiring_checks.account_suppression),
    Check("configuration set", wiring_checks.configuration_set),
    Check("event destination", wiring_checks.event_destination),
    Check("topic", wiring_checks.topic),
    Check("subscription", wiring_checks.subscription),
    Check("raw delivery", wiring_checks.raw_delivery),
    Check("queue", wiring_checks.queue),
    Check("queue policy", wiring_checks.queue_policy),
    Check("dead-letter queue", wiring_checks.dead_letter_queue),
    Check("alarms", operation_checks.alarms),
    Check("topic allowlist", operation_checks.allowlist),
    Check("database", operation_checks.database),
    Check("dead letters", operation_checks.dead_letters),
    Check("backlog", operation_checks.backlog),
    Check("feedback", operation_checks.feedback),
    Check("identities", operation_checks.identities),
    Check("unsubscribes", operation_checks.unsubscribes),
)


_OF_TOPICS: Final = {"subscription", "raw delivery", "topic allowlist"}
_RULE: Final = Check("rule", wiring_checks.rule)
_CHECKS_BY_RULE: Final = tuple(
    _RULE if check.name == "topic" else check for check in CHECKS if check.name not in _OF_TOPICS
)


class Checked(NamedTuple):
    """The name of a check, and its result."""

    name: str
    result: CheckResult


def examine(deployment: Deployment) -> Iterator[Checked]:
    """Make the checks one after the other. A failure does not end the others."""
    for check in _CHECKS_BY_RULE if deployment.by_rule else CHECKS:
        yield Checked(check.name, result_of(functools.partial(check.run, deployment)))


def result_of(check: Callable[[], CheckResult]) -> CheckResult:
    """Return the result of a check; UNKNOWN if it raises an expected error."""
    try:
        return check()
    except (CannotCheck, AwsError, SettingsError, StoreError) as error:
        return CheckResult(Status.UNKNOWN, str(error))


def exit_status(results: Iterable[Checked]) -> int:
    """Return the exit status."""
    statuses = {checked.result.status for checked in results}
    if Status.FAIL in statuses:
        return EXIT_FAILED
    return EXIT_UNKNOWN if Status.UNKNOWN in statuses else 0


# They also differ in shape and word, because not everybody sees colours.
_MARKS: Final = {
    Status.PASS: ("✓", "ok", typer.colors.GREEN),
    Status.FAIL: ("✗", "FAIL", typer.colors.RED),
    Status.UNKNOWN: ("?", "unknown", typer.colors.YELLOW),
}
_PLAIN: Final = {"✓": "+", "✗": "x", "?": "?"}
_NAME: Final = 20
_WORD: Final = 11


def lines_of(checked: Checked, encoding: str) -> list[str]:
    """Return coloured lines for a person.

    rich is not used: it wraps lines, and raises if the encoding lacks a character.

    Args:
        checked: what to print.
        encoding: of the output.
    """
    name, result = checked
    symbol, word, colour = _MARKS[result.status]
    mark = typer.style(f"{_encodable(symbol, encoding)} {word:<{_WORD}}", fg=colour)
    indent = " " * (2 + _WORD + _NAME)
    more = [("fix", result.fix), ("note", result.note)]
    return [
        f"{mark}{name:<{_NAME}}{result.said}",
        *(f"{indent}{label}: {text}" for label, text in more if text),
    ]


def summary_of(results: Iterable[Checked]) -> str:
    """Return the last line."""
    counts = Counter(checked.result.status for checked in results)
    parts = [
        f"{counts[Status.PASS]} ok",
        f"{counts[Status.FAIL]} failed",
        f"{counts[Status.UNKNOWN]} could not be checked",
    ]
    return ", ".join(parts)


def as_json(results: Iterable[Checked]) -> str:
    """Return the results as JSON. Names and statuses are stable, texts are not."""
    results = list(results)
    checks = [{"check": one.name, **dataclasses.asdict(one.result)} for one in results]
    return json.dumps({"exit_status": exit_status(results), "checks": checks}, indent=2)


def _encodable(symbol: str, encoding: str) -> str:
    try:
        symbol.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return _PLAIN[symbol]
    return symbol
