"""The table of results, in the form of docs/explanation/security.md."""

from collections.abc import Iterable
from typing import Final

from tests.hostile.attacks import ATTACKS
from tests.hostile.calls import CALLS
from tests.hostile.trial import LARGEST_MEMORY, MOST_MEMORY, Result

#: An attack, a server, and the result.
Row = tuple[str, str, Result]

_MB: Final = 1024**2
_ALL: Final = ATTACKS | CALLS


def table(rows: Iterable[Row]) -> str:
    """Return a table with a line for each attack and a column for each server."""
    rows = list(rows)
    servers = list(dict.fromkeys(server for _, server, _ in rows))
    head = ["attack", "costs the attacker, each second", *(f"costs {each}" for each in servers)]
    lines = [head, ["---"] * len(head)]
    for attack in dict.fromkeys(attack for attack, _, _ in rows):
        found = {server: result for name, server, result in rows if name == attack}
        costs = [_cost(found[each]) if each in found else "" for each in servers]
        spent = _spent(next(reversed(found.values())))
        lines.append([f"`{attack}`: {_ALL[attack].__doc__}", spent, *costs])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cost(result: Result) -> str:
    failed, answered = len(result.checks.failures), len(result.checks.seconds)
    more = f"+{result.memory / _MB:.0f} MB"
    if result.memory_at_peak > LARGEST_MEMORY:
        more += ", then ended"
    parts = [
        _marked(f"{failed} of {failed + answered} failed", bad=bool(failed)),
        f"p50 {_ms(result, 50)}, p99 {_ms(result, 99)} ms",
        _marked(more, bad=result.memory > MOST_MEMORY),
        f"{result.server_cpu_seconds / result.seconds:.1f} cores",
    ]
    return "; ".join(parts)


def _marked(text: str, *, bad: bool) -> str:
    return f"**{text}**" if bad else text


def _spent(result: Result) -> str:
    seconds = result.seconds
    spent = {name: value / seconds for name, value in result.spent.items()}
    return (
        f"{spent['connections']:,.0f} connections, {spent['streams']:,.0f} calls, "
        f"{spent['sent'] / _MB:,.1f} MB, {spent['cpu_seconds']:.1f} cores"
    )


def _ms(result: Result, percent: int) -> str:
    seconds = result.checks.percentile(percent)
    return "–" if seconds == float("inf") else f"{seconds * 1000:.0f}"
