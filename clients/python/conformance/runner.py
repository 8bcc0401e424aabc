"""Runs the scenarios of clients/conformance with the sync and the async client.

clients/conformance/README.md describes the format and the results.
"""

import contextlib
import json
import logging
import os
import secrets
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

from calls import CLIENTS, Ask, Json, arguments, error_result, result

from suppression import SuppressionError

_PAUSE_SECONDS: Final = 0.05


class Mismatch(Exception):
    """A step ended in another way than the scenario says."""


def filled_in(value: Any, names: dict[str, str]) -> Any:
    """Return a value of a step with saved texts and numbered lists filled in."""
    if isinstance(value, str):
        return names[value[1:]] if value.startswith("$") else value
    if isinstance(value, list):
        return [filled_in(each, names) for each in value]
    if isinstance(value, dict) and "numbered" in value:
        without = set(value.get("but", ()))
        numbers = (n for n in range(value["count"]) if n not in without)
        return [value["numbered"].replace("{n}", str(n)) for n in numbers]
    if isinstance(value, dict):
        return {name: filled_in(each, names) for name, each in value.items()}
    return value


def matches(expected: Any, actual: Any) -> bool:
    """Whether a result matches what a scenario expects."""
    if isinstance(expected, dict) and "between" in expected:
        low, high = expected["between"]
        return isinstance(actual, int) and low <= actual <= high
    if isinstance(expected, dict):
        return isinstance(actual, dict) and all(
            name in actual and matches(each, actual[name]) for name, each in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(actual, list)
            and len(expected) == len(actual)
            and all(map(matches, expected, actual))
        )
    return type(expected) is type(actual) and bool(expected == actual)


class Scenario:
    """One run of one scenario, with clients and tokens of its own."""

    def __init__(self, data: Json, make: Any, server: str, control: str) -> None:
        self._steps: list[Json] = data["steps"]
        self._options: dict[str, Json] = data.get("clients", {"main": {}})
        self._make, self._server, self._control = make, server, control
        run = secrets.token_hex(8)
        self._tokens = {
            name: f"{run}-{options.get('list', '')}" for name, options in self._options.items()
        }
        self._clients: dict[str, Ask] = {}
        self._saved: dict[str, str] = {}

    def run(self) -> None:
        """Do every step.

        Raises:
            Mismatch: a step ended in another way than the scenario says.
        """
        with contextlib.ExitStack() as open_clients:
            for name, options in self._options.items():
                client = self._make(self._server, self._tokens[name], options)
                self._clients[name] = open_clients.enter_context(client)
            for number, step in enumerate(self._steps, 1):
                for _ in range(step.get("repeat", 1)):
                    self._step(number, step)

    def _step(self, number: int, step: Json) -> None:
        deadline = time.monotonic() + step.get("eventually_ms", 0) / 1000
        while True:
            kind, actual = self._done(step)
            names = self._names(step)
            wanted = "error" if "error" in step else "expect"
            expected = filled_in(step.get(wanted, {}), names)
            if kind == wanted and matches(expected, actual):
                break
            if time.monotonic() >= deadline:
                said = f"step {number}: expected {_short(expected)} as {wanted}"
                raise Mismatch(f"{said}, got {kind} {_short(actual)}")
            time.sleep(_PAUSE_SECONDS)
        if "save" in step:
            self._saved[step["save"]] = actual["revision"]

    def _done(self, step: Json) -> tuple[str, Json]:
        client = step.get("client", "main")
        given = filled_in(step.get("with", {}), self._names(step))
        if "control" in step:
            return "expect", self._controlled(step["control"], self._tokens[client], given)
        name = step["call"]
        try:
            return "expect", result(name, self._clients[client](name, arguments(given)))
        except SuppressionError as error:
            return "error", error_result(error)

    def _names(self, step: Json) -> dict[str, str]:
        return self._saved | {"token": self._tokens[step.get("client", "main")]}

    def _controlled(self, name: str, token: str, body: Json) -> Json:
        request = urllib.request.Request(
            f"http://{self._control}/{name}",
            json.dumps(body).encode(),
            {"authorization": f"Bearer {token}"},
        )
        try:
            with urllib.request.urlopen(request) as response:
                answer: Json = json.load(response)
                return answer
        except urllib.error.HTTPError as error:
            with error:
                raise Mismatch(f"{name}: {error.read().decode()}") from None


def _short(value: Any, most: int = 400) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= most else f"{text[:most]}…"


def main(server: str, control: str, folder: str, *names: str) -> int:
    """Run all scenarios, or those named; return the exit status."""
    scenarios = [
        scenario
        for file in sorted(Path(folder).glob("*.json"))
        for scenario in json.loads(file.read_text(encoding="utf-8"))["scenarios"]
        if not names or scenario["name"] in names
    ]
    runner = os.environ.get("CONFORMANCE_RUNNER", "python")
    # Its warnings about outages are expected.
    logging.getLogger("suppression").addHandler(logging.NullHandler())
    failed = 0
    for scenario in scenarios:
        for suffix, make in CLIENTS.items():
            problem = _problem(Scenario(scenario, make, server, control))
            failed += bool(problem)
            _report(runner + suffix, scenario["name"], problem)
    return 1 if failed else 0


def _problem(scenario: Scenario) -> str:
    try:
        scenario.run()
    except Exception as error:  # noqa: BLE001 - whatever it is, the other scenarios run
        return f"{type(error).__name__}: {error}"
    return ""


def _report(runner: str, name: str, problem: str) -> None:
    outcome = "FAIL" if problem else "ok"
    line = {"runner": runner, "scenario": name, "result": outcome, "detail": problem}
    print(json.dumps(line, ensure_ascii=False), flush=True)
    print(f"{outcome} {name}{problem and f': {problem}'}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
