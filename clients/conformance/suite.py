"""Runs the scenarios, the README and the tests of every client against one test server.

For each folder under clients/ it runs conformance/run, conformance/readme and, if it
exists, conformance/test. It prints a table of scenarios and clients. If a toolchain is
missing, it skips the part with a message; if CI is set, this is a failure.
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

#: Exit status of a script if its toolchain is missing.
EX_MISSING = 69
#: Timeout of one script in seconds, including the build.
TIMEOUT = 1_200
#: Number of output lines shown for a failed script.
MAX_LINES = 60


@dataclass
class Summary:
    """The results of the whole run."""

    passed: int = 0
    failed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def count(self, part: str, *, ok: bool) -> None:
        """Add one result."""
        if ok:
            self.passed += 1
        else:
            self.failed.append(part)


@dataclass(frozen=True)
class Server:
    """HOST:PORT of the two ports of the test server."""

    listen: str
    control: str


@contextlib.contextmanager
def test_server(command: Path) -> Iterator[Server]:
    """Run the test server during the block."""
    process = subprocess.Popen([command, "testserver"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        ports = dict(process.stdout.readline().strip().split(" on ") for _ in range(2))
        yield Server(ports["listening"], ports["control"])
    finally:
        process.terminate()
        process.wait()


def main() -> int:
    """Run all parts. Return the exit status."""
    options = _arguments()
    summary, results = Summary(), table.Results(table.scenarios(SCENARIOS))
    with test_server(options.command) as server:
        for client in options.clients or _clients():
            _run_scenarios(client, server, results, summary)
            if options.scenarios_only:
                continue
            outcome = _run_script(client, "readme", server.listen, server.control)
            _report(client, "readme", outcome, summary)
            if (CLIENTS / client / "conformance" / "test").exists():
                _report(client, "test", _run_script(client, "test"), summary)
    if not options.no_table:
        print(f"\n{results.markdown()}")
    if options.table:
        table.write(options.table, results.markdown())
    return _exit_status(summary)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clients", nargs="*", help="folders under clients/; default: all")
    parser.add_argument("--table", type=Path, help="update the table in this page")
    parser.add_argument("--no-table", action="store_true", help="do not print the table")
    parser.add_argument(
        "--scenarios-only", action="store_true", help="run no README and no tests of a client"
    )
    installed = Path(sys.executable).with_name("suppression-service")
    parser.add_argument(
        "--command", type=Path, default=installed, help="the suppression-service command"
    )
    return parser.parse_args()


def _clients() -> list[str]:
    own_folder = Path(__file__).parent.name
    return sorted(
        each.name for each in CLIENTS.iterdir() if each.is_dir() and each.name != own_folder
    )


# --- the scripts of a client -------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """The result of a script.

    Attributes:
        status: exit status; EX_MISSING if there is no such script.
        stdout: its standard output.
        stderr: its standard error.
        seconds: its duration.
    """

    status: int
    stdout: str
    stderr: str
    seconds: float


def _run_script(client: str, name: str, *arguments: str) -> Outcome:
    script = CLIENTS / client / "conformance" / name
    if not script.exists():
        return Outcome(EX_MISSING, "", f"there is no {script.relative_to(CLIENTS.parent)}", 0)
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as stderr:
        process = subprocess.run(
            [script, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        stderr.seek(0)
        seconds = time.monotonic() - started
        return Outcome(process.returncode, process.stdout, stderr.read(), seconds)


def _run_scenarios(client: str, server: Server, results: table.Results, summary: Summary) -> None:
    outcome = _run_script(client, "run", server.listen, server.control, str(SCENARIOS))
    runners = results.add(outcome.stdout)
    for runner in runners:
        for scenario in results.names:
            summary.count(f"{runner}: {scenario}", ok=results.passed(runner, scenario))
    # If the script failed only because of scenarios, report just those.
    failures = results.failures(runners)
    if outcome.status in (0, EX_MISSING) or not failures:
        _report(client, "run", outcome, summary)
    for failure in failures:
        print(f"FAIL {failure}")
    if failures:
        print(_last_lines(outcome.stderr, MAX_LINES))


def _report(client: str, name: str, outcome: Outcome, summary: Summary) -> None:
    part = f"{client} {name}"
    if outcome.status == EX_MISSING:
        print(f"!!! SKIPPED {part}: {_last_lines(outcome.stderr, 3)}", flush=True)
        summary.missing.append(part)
        return
    summary.count(part, ok=outcome.status == 0)
    print(f"{'FAIL' if outcome.status else 'ok'} {part} ({outcome.seconds:.0f} s)", flush=True)
    if outcome.status:
        print(_last_lines(outcome.stdout + outcome.stderr, MAX_LINES))


def _last_lines(text: str, lines: int) -> str:
    shown = [line for line in text.splitlines() if not line.startswith("ok ")]
    return "\n".join(shown[-lines:])


def _exit_status(summary: Summary) -> int:
    failed: Sequence[str] = summary.failed
    if os.environ.get("CI") and summary.missing:
        print("CI is set: a missing toolchain is a failure")
        failed = [*failed, *summary.missing]
    for part in failed:
        print(f"FAIL {part}")
    print(f"\n{summary.passed} passed, {len(failed)} failed, {len(summary.missing)} skipped")
    return 1 if failed or not summary.passed else 0


if __name__ == "__main__":
    sys.exit(main())
