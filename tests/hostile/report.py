"""The table of results, in the form of docs/explanation/security.md."""

from collections.abc import Iterable
from typing import Final

from tests.hostile.trial import LARGEST_MEMORY, Result

_MB: Final = 1024**2
_HEAD: Final = (
    "attack",
    "on",
    "the attacker spends, each second",
    "failed checks",
    "p50, p99",
    "memory at rest, more at the peak",
    "CPU of the server",
    "holds",
)


def table(rows: Iterable[tuple[str, str, Result, bool]]) -> str:
    """Return a table; each row has the attack, the server, the result and whether it holds."""
    lines = [_HEAD, ["---"] * len(_HEAD), *(_row(*row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _row(attack: str, server: str, result: Result, holds: bool) -> list[str]:
    failed, answered = len(result.checks.failures), len(result.checks.seconds)
    memory = f"+{result.memory / _MB:.0f} MB"
    if result.memory_at_peak > LARGEST_MEMORY:
        memory += ", then ended"
    return [
        f"`{attack}`",
        server,
        _spent(result),
        f"{failed} of {failed + answered}",
        f"{_ms(result, 50)}, {_ms(result, 99)} ms",
        f"{result.memory_at_rest / _MB:.0f} MB, {memory}",
        f"{result.server_cpu_seconds / result.seconds:.1f} cores",
        "yes" if holds else "**no**",
    ]


def _spent(result: Result) -> str:
    spent, seconds = result.spent, result.seconds
    return (
        f"{spent['connections'] / seconds:,.0f} connections, "
        f"{spent['streams'] / seconds:,.0f} calls, "
        f"{spent['sent'] / seconds / _MB:,.1f} MB, "
        f"{spent['cpu_seconds'] / seconds:.1f} cores"
    )


def _ms(result: Result, percent: int) -> str:
    seconds = result.checks.percentile(percent)
    return "–" if seconds == float("inf") else f"{seconds * 1000:.0f}"
