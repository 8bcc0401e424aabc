"""Runs every client's scenarios, README and tests against one test server.

For each folder under clients/ it calls conformance/run, then conformance/readme, then
conformance/test if there is one. Prints the table of scenarios and clients. What is
missing is skipped loudly, and fails where CI is set.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import table

CLIENTS = Path(__file__).parents[1]
SCENARIOS = Path(__file__).parent / "scenarios"

#: A part's exit status when its tool chain is missing.
EX_MISSING = 69
#: Seconds that one part may take, its build included.
PATIENCE = 1_200
#: Lines shown of what a failed part wrote.
SHOWN = 60


@dataclass
class Tally:
    """How the whole run went."""

    passed: int = 0
    failed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def count(self, part: str, *, ok: bool) -> None:
        """Take one more outcome."""
        if ok:
            self.passed += 1
        else:
            self.failed.append(part)


@dataclass(frozen=True)
class Server:
    """Where the test server is."""

    listen: str
    control: str


@contextlib.contextmanager
def test_server(command: Path) -> Iterator[Server]:
    """Start the test server; stop it at the end of the block."""
    process = subprocess.Popen([command, "testserver"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = dict(process.stdout.readline().strip().split(" on ") for _ in range(2))
        yield Server(said["listening"], said["control"])
    finally:
        process.terminate()
        process.wait()


def main() -> int:
    """Run all; return the exit status."""
    asked = _arguments()
    tally, results = Tally(), table.Results(table.scenarios(SCENARIOS))
    with test_server(asked.command) as server:
        for client in asked.clients or _clients():
            _conform(client, server, results, tally)
            _say(client, "readme", _part(client, "readme", server.listen, server.control), tally)
            if (CLIENTS / client / "conformance" / "test").exists():
                _say(client, "test", _part(client, "test"), tally)
    if not asked.no_table:
        print(f"\n{results.markdown()}")
    if asked.table:
        table.write(asked.table, results.markdown())
    return _verdict(tally)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clients", nargs="*", help="folders under clients/; all if none is named")
    parser.add_argument("--table", type=Path, help="write the table into this page")
    parser.add_argument("--no-table", action="store_true", help="print no table")
    beside = Path(sys.executable).with_name("suppression-service")
    parser.add_argument("--command", type=Path, default=beside, help="suppression-service")
    return parser.parse_args()


def _clients() -> list[str]:
    ours = Path(__file__).parent.name
    return sorted(each.name for each in CLIENTS.iterdir() if each.is_dir() and each.name != ours)


# --- the parts of a client ---------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """How a part ended.

    Attributes:
        status: of its process; EX_MISSING also where there is no such part.
        output: what it wrote to standard output.
        said: what it wrote to standard error.
        seconds: how long it took.
    """

    status: int
    output: str
    said: str
    seconds: float


def _part(client: str, name: str, *arguments: str) -> Outcome:
    program = CLIENTS / client / "conformance" / name
    if not program.exists():
        return Outcome(EX_MISSING, "", f"there is no {program.relative_to(CLIENTS.parent)}", 0)
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        said.seek(0)
        taken = time.monotonic() - started
        return Outcome(process.returncode, process.stdout, said.read(), taken)


def _conform(client: str, server: Server, results: table.Results, tally: Tally) -> None:
    outcome = _part(client, "run", server.listen, server.control, str(SCENARIOS))
    runners = results.take(outcome.output)
    for runner in runners:
        for scenario in results.names:
            tally.count(f"{runner}: {scenario}", ok=results.is_well(runner, scenario))
    # A runner whose failures are all told below need not be told of twice.
    failures = results.failures(runners)
    if outcome.status in (0, EX_MISSING) or not failures:
        _say(client, "run", outcome, tally)
    for failure in failures:
        print(f"FAIL {failure}")
    if failures:
        print(_end(outcome.said, SHOWN))


def _say(client: str, name: str, outcome: Outcome, tally: Tally) -> None:
    part = f"{client} {name}"
    if outcome.status == EX_MISSING:
        print(f"!!! SKIPPED {part}: {_end(outcome.said, 3)}", flush=True)
        tally.missing.append(part)
        return
    tally.count(part, ok=outcome.status == 0)
    print(f"{'FAIL' if outcome.status else 'ok'} {part} ({outcome.seconds:.0f} s)", flush=True)
    if outcome.status:
        print(_end(outcome.output + outcome.said, SHOWN))


def _end(text: str, lines: int) -> str:
    told = [line for line in text.splitlines() if not line.startswith("ok ")]
    return "\n".join(told[-lines:])


def _verdict(tally: Tally) -> int:
    failed: Sequence[str] = tally.failed
    if os.environ.get("CI") and tally.missing:
        print("in CI nothing may be missing")
        failed = [*failed, *tally.missing]
    for part in failed:
        print(f"FAIL {part}")
    print(f"\n{tally.passed} passed, {len(failed)} failed, {len(tally.missing)} skipped")
    return 1 if failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
