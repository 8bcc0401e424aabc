import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

import httpx
import psutil
import pytest

from tests.support.processes import (
    BIN,
    DEADLINE,
    Process,
    Processes,
    clean,
    eventually,
    require_no_address,
    run,
)

UP = [sys.executable, "-m", "deploy.local.up"]
REPOSITORY = Path(__file__).parents[2]
ADDRESS = "jane@example.com"


# In one worker of pytest-xdist, so that the tests share the systems that they start.
pytestmark = pytest.mark.xdist_group("make up")


def _settings(folder: Path) -> dict[str, str]:
    """Return free ports, and a folder of the test's own."""
    return {
        "SUPPRESSION_LOCAL_DIR": str(folder / "local"),
        "SUPPRESSION_LISTEN": "127.0.0.1:0",
        "SUPPRESSION_STAND_IN_PORT": "0",
        "SUPPRESSION_CONSOLE_LISTEN": "127.0.0.1:0",
    }


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return _settings(tmp_path)


@contextmanager
def _running(settings: Mapping[str, str], logs: Path) -> Iterator[Process]:
    with Processes(logs) as processes:
        # The printed commands have an address.
        started = processes.start("up", UP, settings, may_show_addresses=True)
        try:
            started.line("Stop: Ctrl-C")
            yield started
        finally:
            # If it was killed, it cannot stop its processes.
            if started.running:
                _stop(started)
    for name in ("service", "ingest", "console"):
        for log in Path(settings["SUPPRESSION_LOCAL_DIR"]).glob(f"logs/{name}.log"):
            require_no_address(name, log.read_text())


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A running system; tests leave it running."""
    folder = tmp_path_factory.mktemp("up")
    with _running(_settings(folder), folder) as started:
        yield started


@dataclass(frozen=True)
class Run:
    """A run that has ended: its settings, exit status, output, and the processes that it had."""

    settings: dict[str, str]
    status: int
    output: str
    family: list[psutil.Process]
    words: list[str]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A system that was stopped with Ctrl-C, with an entry in its list."""
    folder = tmp_path_factory.mktemp("stopped")
    settings = _settings(folder)
    with _running(settings, folder) as started:
        family = _family(started)
        run([BIN / "suppression", "add", ADDRESS, "--server", _server(started)])
        words = _words(family)
        return Run(settings, _stop(started), started.output, family, words)


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A system with a queue of the real AWS, of which one process was killed."""
    folder = tmp_path_factory.mktemp("crashed")
    # Nothing answers for this queue.
    settings = _settings(folder) | {
        "SUPPRESSION_QUEUE_URL": "http://127.0.0.1:1/123456789012/none",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with _running(settings, folder) as started:
        family = _family(started)
        words = _words(family)
        _process(family, "suppression-ingest").kill()
        return Run(settings, started.ended(), started.output, family, words)


@dataclass(frozen=True)
class Restarted:
    """A system that was started again, asked, and killed: its answer, and its processes."""

    answer: str
    family: list[psutil.Process]


@pytest.fixture(scope="module")
def restarted(stopped: Run, tmp_path_factory: pytest.TempPathFactory) -> Restarted:
    """The system that was stopped, started again, until its first process is killed."""
    with _running(stopped.settings, tmp_path_factory.mktemp("restarted")) as started:
        family = _family(started)
        done = run([BIN / "suppression", "check", ADDRESS, "--server", _server(started)])
        started.send(signal.SIGKILL)
        return Restarted(done.stdout, family)


def _printed_commands(up: Process) -> list[str]:
    """Return the commands that it prints, in their order."""
    return [line.strip() for line in up.lines if re.match(r"  \S*(bin/|SUPPRESSION_)", line)]


def _typed(command: str, settings: Mapping[str, str] = MappingProxyType({})) -> str:
    """Type a command into a shell in the repository's folder; return what it prints."""
    done = subprocess.run(
        command,
        shell=True,
        cwd=REPOSITORY,
        env=clean(settings),
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    return done.stdout + done.stderr


def _family(process: Process) -> list[psutil.Process]:
    parent = psutil.Process(process.pid)
    return [parent, *parent.children(recursive=True)]


def _words(family: list[psutil.Process]) -> list[str]:
    return [word for each in family for word in each.cmdline()]


def _stop(up: Process) -> int:
    up.send(signal.SIGINT)
    return up.ended()


def test_the_commands_that_it_prints_show_the_verdict_change(up: Process) -> None:
    check, publish, check_again, buf = _printed_commands(up)
    before = _typed(check)
    _typed(publish)
    eventually("the verdict changes", lambda: _typed(check_again) != before)
    after = _typed(buf)
    assert (before.split()[0], "VERDICT_DO_NOT_SEND" in after) == ("send", True)


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial/first-bounce.md"])
def test_the_commands_of_a_page_print_what_it_shows(up: Process, page: str) -> None:
    folder = up.line(r"SUPPRESSION_LOCAL_DIR=(\S+)")[1]
    running = {"SUPPRESSION_SERVER": _server(up), "SUPPRESSION_LOCAL_DIR": folder}
    for command, shown in _consoles(page):
        eventually(command, partial(_prints, command, running, shown))


def _prints(command: str, settings: Mapping[str, str], shown: str) -> bool:
    return _typed(command, settings) == shown


def _consoles(page: str) -> list[tuple[str, str]]:
    """Return the commands of the consoles on a page, each with what it prints there."""
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    consoles = "".join(re.findall(r"```console\n(.*?)```", text, re.DOTALL))
    return re.findall(r"^\$ (.*\n)((?:[^$].*\n)*)", consoles, re.MULTILINE)


def test_the_link_that_it_prints_leads_to_the_console(up: Process) -> None:
    answer = httpx.get(up.line(r"Console: (\S+)")[1], follow_redirects=True)
    assert (answer.status_code, answer.url.path) == (200, "/sign-in")


def test_ctrl_c_leaves_no_process_behind(stopped: Run) -> None:
    assert [each for each in stopped.family if _runs(each)] == []


def test_ctrl_c_is_no_error(stopped: Run) -> None:
    assert stopped.status == 0


def test_kill_9_leaves_no_process_behind(restarted: Restarted) -> None:
    eventually("all have ended", lambda: not [each for each in restarted.family if _runs(each)])


def test_the_end_of_one_process_ends_them_all(crashed: Run) -> None:
    assert [each for each in crashed.family if _runs(each)] == []


def test_the_end_of_one_process_is_an_error(crashed: Run) -> None:
    assert crashed.status == 1


def test_the_end_of_one_process_is_reported_with_its_name_and_cause(crashed: Run) -> None:
    assert "ingest was killed by SIGKILL" in crashed.output


def _runs(process: psutil.Process) -> bool:
    # A zombie has ended, and only waits for the first process of the system to reap it.
    return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)


def _process(family: list[psutil.Process], name: str) -> psutil.Process:
    return next(each for each in family if any(name in word for word in each.cmdline()))


def test_the_list_survives_a_restart(restarted: Restarted) -> None:
    assert restarted.answer.split()[0] == "do-not-send"


def _server(up: Process) -> str:
    return up.line(r"gRPC: (\S+)")[1]


def test_a_port_in_use_is_one_line_that_names_the_setting(settings: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        done = run(UP, settings | {"SUPPRESSION_LISTEN": listen})
    assert (done.stderr.count("\n"), "SUPPRESSION_LISTEN=" in done.stderr) == (1, True)


def test_an_unreachable_database_ends_it(settings: dict[str, str]) -> None:
    settings["SUPPRESSION_DATABASE_URL"] = "sqlite:////no/such/folder/suppression.db"
    assert run(UP, settings).returncode == 1


def test_a_stand_in_is_started_unless_the_queue_is_of_the_real_aws(
    stopped: Run, crashed: Run
) -> None:
    assert ["moto.server" in each.words for each in (stopped, crashed)] == [True, False]


def test_its_commands_can_be_typed_as_they_are(up: Process) -> None:
    programs = [
        next(word for word in shlex.split(command) if "=" not in word)
        for command in _printed_commands(up)
    ]
    assert [program for program in programs if not (REPOSITORY / program).exists()] == []
