"""Every fault of docs/explanation/reliability.md has its test, under the name on the page."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "reliability.md").read_text()
TESTS = re.findall(r"\| `(tests/\S+?)(?: -k (\w+))?` \|", PAGE)


def test_each_row_names_a_test() -> None:
    tables = PAGE.partition("## Longer runs")[0]
    rows = [line for line in tables.splitlines() if line.startswith("| ")]
    headings = [line for line in rows if line.startswith("| fault |")]
    assert len(TESTS) == len(rows) - len(headings)


@pytest.mark.parametrize(("path", "name"), TESTS)
def test_a_test_that_the_page_names_exists(path: str, name: str) -> None:
    code = (ROOT / path).read_text()
    assert re.search(rf"def test_\w*{name}", code)
