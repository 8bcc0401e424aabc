"""The pages about AWS show what the commands print."""

import contextlib
import re
from pathlib import Path
from typing import Final

from suppression_ingest.deployment.doctor import CHECKS, examine, lines_of
from tests.support.aws.account import Account
from tests.support.aws.running import Running

HOW_TO: Final = Path(__file__).parents[4] / "docs" / "how-to"
PAGE: Final = (HOW_TO / "aws.md").read_text()
EVENTBRIDGE_PAGE: Final = (HOW_TO / "eventbridge.md").read_text()


def block_with(text: str, page: str = PAGE) -> list[str]:
    """The lines of the output on a page that holds a text."""
    blocks = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    [found] = [block for block in blocks if text in block]
    return str(found).replace("eu-west-1", "us-east-1").splitlines()


def test_the_plan_on_the_page_is_that_of_an_empty_account(account: Account) -> None:
    steps = account.plan()
    work = sum(step.act is not None for step in steps)
    assert block_with("+ topic") == [*map(str, steps), f"{work} to do"]


def test_the_plan_on_the_page_about_eventbridge_is_that_of_an_empty_account(
    account: Account,
) -> None:
    steps = account.plan(via="eventbridge")
    work = sum(step.act is not None for step in steps)
    shown = block_with("+ rule target", EVENTBRIDGE_PAGE)
    assert shown == [*map(str, steps), f"{work} to do"]


def test_the_checks_on_the_page_are_those_of_a_new_wiring(running: Running) -> None:
    shown = block_with("✓ ok")[: len(CHECKS)]
    with contextlib.closing(running.deployment()) as deployment:
        told = [lines_of(result, "utf-8") for result in examine(deployment)]
    plain = [re.sub(r"\x1b\[\d+m", "", line) for lines in told for line in lines]
    assert [_without_revision(line) for line in plain] == list(map(_without_revision, shown))


def _without_revision(line: str) -> str:
    return re.sub(r"revision \d+", "revision", line)
