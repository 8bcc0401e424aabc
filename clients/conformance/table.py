"""The table of scenarios and clients, and the page that keeps it."""

import json
from collections.abc import Iterable
from pathlib import Path

BEGIN = "<!-- conformance table -->"
END = "<!-- end of conformance table -->"

_SIGNS = {"ok": "✓", "FAIL": "**✗**", "skip": "–"}


def scenarios(folder: Path) -> list[tuple[str, list[str]]]:
    """Return what each file is about, with the names of its scenarios."""
    files = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))]
    return [(file["about"], [each["name"] for each in file["scenarios"]]) for file in files]


class Results:
    """What each runner reported about each scenario."""

    def __init__(self, groups: list[tuple[str, list[str]]]) -> None:
        self._groups = groups
        self._results: dict[str, dict[str, tuple[str, str]]] = {}

    @property
    def names(self) -> list[str]:
        """The scenarios, in order."""
        return [name for _, names in self._groups for name in names]

    def take(self, lines: str) -> list[str]:
        """Take what one program of a client reported; return the runners in it."""
        runners: dict[str, None] = {}
        for line in lines.splitlines():
            told = json.loads(line)
            runners[told["runner"]] = None
            of_runner = self._results.setdefault(told["runner"], {})
            of_runner[told["scenario"]] = told["result"], told["detail"]
        return list(runners)

    def is_well(self, runner: str, scenario: str) -> bool:
        """Whether a runner did a scenario well, or said that its client lacks something."""
        return self._result(runner, scenario)[0] in ("ok", "skip")

    def failures(self, runners: Iterable[str]) -> list[str]:
        """Say what failed, and why."""
        return [
            f"{runner}: {name}: {self._result(runner, name)[1]}"
            for runner in runners
            for name in self.names
            if not self.is_well(runner, name)
        ]

    def _result(self, runner: str, scenario: str) -> tuple[str, str]:
        return self._results[runner].get(scenario, ("FAIL", "the runner did not come to it"))

    def markdown(self) -> str:
        """Return the table: a row a scenario, a column a runner."""
        runners = list(self._results)
        rows = [["scenario", *runners], ["---", *[":-:"] * len(runners)]]
        for about, names in self._groups:
            rows.append([f"**{about}**", *[""] * len(runners)])
            for name in names:
                signs = [_SIGNS[self._result(runner, name)[0]] for runner in runners]
                rows.append([name.replace("|", "\\|"), *signs])
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def write(page: Path, text: str) -> None:
    """Put the table between the markers of a page.

    Raises:
        ValueError: the page lacks them.
    """
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page} has no {BEGIN} … {END}")
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
