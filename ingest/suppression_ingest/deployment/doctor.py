"""Going through the checklist, and telling what came of it."""

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

import typer

from suppression_ingest.deployment.checks import CHECKS, Check
from suppression_ingest.deployment.deployment import Deployment
from suppression_ingest.deployment.findings import CannotTell, Finding, Verdict
from suppression_ingest.errors import AwsError
from suppression_service.config import SettingsError
from suppression_service.store import StoreError

#: How the doctor ends: some checks failed, or none failed and some could not be made.
EXIT_FAILED: Final = 1
EXIT_CANNOT_TELL: Final = 3


class Result(NamedTuple):
    """A check, and what it found."""

    name: str
    finding: Finding


def examine(deployment: Deployment, checks: Iterable[Check] = CHECKS) -> Iterator[Result]:
    """Make checks one after the other; none of them ends the others."""
    for check in checks:
        yield Result(check.name, looked(lambda check=check: check.look(deployment)))  # type: ignore[misc]


def looked(look: Callable[[], Finding]) -> Finding:
    """Return what a look found; that it could not be told, where AWS does not let us."""
    try:
        return look()
    except (CannotTell, AwsError, SettingsError, StoreError) as error:
        return Finding(Verdict.CANNOT_TELL, str(error))


def exit_status(results: Iterable[Result]) -> int:
    """Return the status to end with."""
    verdicts = {result.finding.verdict for result in results}
    if Verdict.FAIL in verdicts:
        return EXIT_FAILED
    return EXIT_CANNOT_TELL if Verdict.CANNOT_TELL in verdicts else 0


# Told apart by shape and by word: colour is only for those who see it.
_MARKS: Final = {
    Verdict.PASS: ("✓", "ok", typer.colors.GREEN),
    Verdict.FAIL: ("✗", "FAIL", typer.colors.RED),
    Verdict.CANNOT_TELL: ("?", "can't tell", typer.colors.YELLOW),
}
_PLAIN: Final = {"✓": "+", "✗": "x", "?": "?"}
_NAME: Final = 20
_WORD: Final = 11


def lines_of(result: Result, encoding: str) -> list[str]:
    """Return the lines that tell a person, coloured.

    Args:
        result: to be told.
        encoding: of where they go to.
    """
    finding = result.finding
    symbol, word, colour = _MARKS[finding.verdict]
    mark = typer.style(f"{_encodable(symbol, encoding)} {word:<{_WORD}}", fg=colour)
    indent = " " * (2 + _WORD + _NAME)
    more = [("fix", finding.fix), ("note", finding.note)]
    return [
        f"{mark}{result.name:<{_NAME}}{finding.said}",
        *(f"{indent}{label}: {text}" for label, text in more if text),
    ]


def summary_of(results: Iterable[Result]) -> str:
    """Return the last line."""
    verdicts = [result.finding.verdict for result in results]
    counts = {verdict: verdicts.count(verdict) for verdict in Verdict}
    parts = [
        f"{counts[Verdict.PASS]} ok",
        f"{counts[Verdict.FAIL]} failed",
        f"{counts[Verdict.CANNOT_TELL]} could not be told",
    ]
    return ", ".join(parts)


def as_json(results: Iterable[Result]) -> str:
    """Return everything for a machine: stable names, verdicts, and the texts."""
    results = list(results)
    checks = [{"check": one.name, **dataclasses.asdict(one.finding)} for one in results]
    return json.dumps({"exit_status": exit_status(results), "checks": checks}, indent=2)


def _encodable(symbol: str, encoding: str) -> str:
    try:
        symbol.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return _PLAIN[symbol]
    return symbol
