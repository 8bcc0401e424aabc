"""The table of scenarios and clients, and the page that contains it."""

import json
from collections.abc import Iterable
from pathlib import Path

BEGIN = "<!-- conformance table -->"
END = "<!-- end of conformance table -->"

_SIGNS = {"ok": "✓", "FAIL": "**✗**", "skip": "–"}


def scenarios(folder: Path) -> list[tuple[str, list[str]]]:
    """Return the title of each file and the names of its scenarios."""
    files = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))]
    return [(file["about"], [each["name"] for each in file["scenarios"]]) for file in files]


class Results:
    """The result of each scenario with each runner."""

    def __init__(self, groups: list[tuple[str, list[str]]]) -> None:
        self._groups = groups
        self._results: dict[str, dict[str, tuple[str, str]]] = {}

    @property
    def names(self) -> list[str]:
        """The names of all scenarios, in order."""
        return [name for _, names in self._groups for name in names]

    def add(self, lines: str) -> list[str]:
        """Add the output of a client's conformance/run. Return the runners in it."""
        runners: dict[str, None] = {}
        for line in lines.splitlines():
            result = json.loads(line)
            runners[result["runner"]] = None
            runner_results = self._results.setdefault(result["runner"], {})
            runner_results[result["scenario"]] = result["result"], result["detail"]
        return list(runners)

    def passed(self, runner: str, scenario: str) -> bool:
        """Return whether a scenario passed or was skipped."""
        return self._result(runner, scenario)[0] in ("ok", "skip")

    def failures(self, runners: Iterable[str]) -> list[str]:
        """Return a line for each failed scenario."""
        return [
            f"{runner}: {name}: {self._result(runner, name)[1]}"
            for runner in runners
            for name in self.names
            if not self.passed(runner, name)
        ]

    def _result(self, runner: str, scenario: str) -> tuple[str, str]:
        return self._results[runner].get(scenario, ("FAIL", "the runner did not run it"))

    def markdown(self) -> str:
        """Return the table: one row per scenario, one column per runner."""
        runners = list(self._results)
        rows = [["scenario", *runners], ["---", *[":-:"] * len(runners)]]
        for about, names in self._groups:
            rows.append([f"**{about}**", *[""] * len(runners)])
            for name in names:
                signs = [_SIGNS[self._result(runner, name)[0]] for runner in runners]
                rows.append([name.replace("|", "\\|"), *signs])
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def write(page: Path, text: str) -> None:
    """Replace the table between the markers of a page.

    Raises:
        ValueError: if the page has no markers.
    """
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page} has no {BEGIN} … {END}")
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
