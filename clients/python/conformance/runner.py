"""Runs the scenarios of clients/conformance with the sync and the async client.

clients/conformance/README.md describes the format and the results.
"""

import asyncio
import contextlib
import functools
import json
import logging
import os
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias

from suppression import (
    AsyncSuppressionClient,
    Check,
    MailClass,
    Reason,
    RefusedError,
    Suppression,
    SuppressionClient,
    SuppressionError,
    WhenUnavailable,
)

Json: TypeAlias = dict[str, Any]
Ask: TypeAlias = Callable[[str, Json], Any]

_GENEROUS_MS: Final = 20_000
_TIMEOUTS: Final = ("check_timeout", "batch_timeout", "timeout")
_PAUSE_SECONDS: Final = 0.05


class Mismatch(Exception):
    """A step ended in another way than the scenario says."""


# --- clients -----------------------------------------------------------------------------------


def settings(options: Json) -> Json:
    """Return the arguments of a client, from a scenario's options."""
    given: Json = {
        "when_unavailable": WhenUnavailable[options.get("when_unavailable", "DO_NOT_SEND")]
    }
    if not options.get("default_timeouts"):
        given |= {name: options.get(f"{name}_ms", _GENEROUS_MS) / 1000 for name in _TIMEOUTS}
    if "batch_parallelism" in options:
        given["batch_parallelism"] = options["batch_parallelism"]
    return given


@contextlib.contextmanager
def sync_client(server: str, token: str, options: Json) -> Iterator[Ask]:
    """Make a sync client; yield what calls it."""
    with SuppressionClient(server, token=token, **settings(options)) as client:
        yield lambda name, given: _called(client, name, given)


@contextlib.contextmanager
def async_client(server: str, token: str, options: Json) -> Iterator[Ask]:
    """Make an async client; yield what calls it."""
    client = AsyncSuppressionClient(server, token=token, **settings(options))

    async def call(name: str, given: Json) -> Any:
        answer = _called(client, name, given)
        return await answer if asyncio.iscoroutine(answer) else answer

    try:
        yield lambda name, given: _loop().run(call(name, given))
    finally:
        _loop().run(client.close())


@functools.cache
def _loop() -> asyncio.Runner:
    # One for all: grpc.aio's polling outlives the channels of a loop.
    return asyncio.Runner()


CLIENTS: Final = {"": sync_client, "-async": async_client}


def _called(client: Any, name: str, given: Json) -> Any:
    return client.unanswered if name == "unanswered" else getattr(client, name)(**given)


# --- arguments and results ---------------------------------------------------------------------


def arguments(given: Json) -> Json:
    """Return a step's arguments as Python's."""
    known: dict[str, Callable[[Any], tuple[str, Any]]] = {
        "reason": lambda name: ("reason", Reason[name]),
        "mail_class": lambda name: ("mail_class", MailClass[name]),
        "ttl_seconds": lambda seconds: ("ttl", timedelta(seconds=seconds)),
        "max_wait_ms": lambda wait: ("max_wait", timedelta(milliseconds=wait)),
    }
    return dict(
        known[name](value) if name in known else (name, value) for name, value in given.items()
    )


def result(name: str, answer: Any) -> Json:
    """Return the answer of a call in the form of the scenarios."""
    match name:
        case "check":
            return _check(answer)
        case "batch_check":
            return _batch(answer)
        case "filter":
            return {"addresses": answer}
        case "list_changes":
            return {"revision": answer.through_revision, "changes": _entries(answer.changes)}
        case "unanswered":
            return {name: answer}
    return {"revision": answer.revision, **_of_one_address(name, answer)}


def _of_one_address(name: str, answer: Any) -> Json:
    match name:
        case "suppress":
            return {"created": answer.created, "suppression": _entry(answer.suppression)}
        case "unsuppress":
            return {"removed": _entries(answer.removed)}
        case "erase":
            return {"entries": answer.suppressions, "events": answer.events}
    return {"suppressions": _entries(answer.suppressions)}


def _check(check: Check) -> Json:
    return {
        "address": check.address,
        "send": check.send,
        "verdict": _name(check.verdict),
        "reason": _name(check.reason),
        "answered": check.answered,
        "revision": check.revision,
    }


def _batch(checks: list[Check]) -> Json:
    return {
        "checks": [_check(check) for check in checks],
        "addresses": [check.address for check in checks],
        "not_send": [index for index, check in enumerate(checks) if not check.send],
        "unanswered": sum(not check.answered for check in checks),
        "revision": checks[0].revision if checks else "",
    }


def _entries(entries: Iterable[Suppression]) -> list[Json]:
    return [_entry(entry) for entry in entries]


def _entry(entry: Suppression) -> Json:
    same = ("address", "stream", "source", "detail", "occurrences", "removed_by", "removal_detail")
    return {
        **{name: getattr(entry, name) for name in same},
        "reason": _name(entry.reason),
        "expires": entry.expire_time is not None,
        "removed": entry.removed_time is not None,
    }


def _name(member: Any) -> str:
    return "UNKNOWN" if member.name.startswith("UNKNOWN_") else str(member.name)


def _error(error: SuppressionError) -> Json:
    return {
        "code": error.code.name if error.code else "",
        "reason": error.reason,
        "fields": [violation.field for violation in error.violations],
        "refused": isinstance(error, RefusedError),
    }


# --- scenarios ---------------------------------------------------------------------------------


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
            return "error", _error(error)

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


# --- the program -------------------------------------------------------------------------------


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
