from collections import Counter
from pathlib import Path

import pytest

from tests.soak.senders import NoProgram, Outcome, ProgramSenders


def _program(folder: Path, lines: str) -> Path:
    path = folder / "load"
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)
    return path


def test_a_program_asks_until_its_input_ends_and_says_how_that_went(tmp_path: Path) -> None:
    said = '{"answered": 7, "failed": {"UNAVAILABLE": 2}, "slowest_ms": 1500}'
    program = _program(tmp_path, f"echo ready; cat >/dev/null; echo '{said}'")
    with ProgramSenders(program, ["127.0.0.1:1"]) as senders:
        pass
    assert senders.outcome == Outcome(7, Counter({"UNAVAILABLE": 2}), 1.5)


def test_a_program_is_given_the_servers(tmp_path: Path) -> None:
    written = tmp_path / "servers"
    program = _program(tmp_path, f'echo "$@" >{written}; exit 1')
    with pytest.raises(NoProgram), ProgramSenders(program, ["127.0.0.1:1", "127.0.0.1:2"]):
        pass
    assert written.read_text() == "127.0.0.1:1 127.0.0.1:2\n"


def test_a_program_that_ends_before_it_asks_is_an_error(tmp_path: Path) -> None:
    with (
        pytest.raises(NoProgram, match="ended with status 69"),
        ProgramSenders(_program(tmp_path, "exit 69"), []),
    ):
        pass
