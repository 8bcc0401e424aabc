import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import pytest

from suppression import cli

Run = Callable[..., Any]
WHOLE_LIST = ["list", "import", "export", "stats"]


@pytest.mark.parametrize("name", ["", "check", "add", "remove", "show", "erase", *WHOLE_LIST])
def test_help_teaches_by_examples(run: Run, name: str) -> None:
    ran = run(*filter(None, [name]), "--help")

    assert f"\n    suppression {name}" in ran.out


@pytest.mark.parametrize(
    ("flag", "said"),
    [("-h", "Usage: "), ("--version", f"suppression {version('suppression-client')}")],
)
def test_short_questions_are_answered(run: Run, flag: str, said: str) -> None:
    ran = run(flag)

    assert (ran.status, said in ran.out) == (0, True)


def test_without_the_extra_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "typer", None)
    monkeypatch.delitem(sys.modules, "suppression.cli.commands", raising=False)

    with pytest.raises(SystemExit) as ended:
        cli.main()

    said = capsys.readouterr().err
    assert (ended.value.code, "pip install" in said, said.count("\n")) == (2, True, 1)
