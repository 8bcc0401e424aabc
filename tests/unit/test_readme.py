"""The README's code is that of the clients' READMEs, which each client's tests run."""

import re
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
LANGUAGES = {"python": "python", "go": "go", "ts": "typescript", "java": "java"}


def blocks(page: str, language: str) -> list[list[str]]:
    """Return the lines of each block of a language, without their indentation."""
    text = (TOP / page).read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [[line.strip() for line in block.splitlines()] for block in found]


def holds(block: list[str], part: list[str]) -> bool:
    """Whether the lines of a part stand one after the other in a block."""
    return any(block[at : at + len(part)] == part for at in range(len(block)))


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial/first-bounce.md"])
@pytest.mark.parametrize(("language", "client"), LANGUAGES.items())
def test_code_is_taken_from_the_readme_of_a_client(page: str, language: str, client: str) -> None:
    whole = blocks(f"clients/{client}/README.md", language)
    for part in blocks(page, language):
        while part[-1] == "}":  # a part may end before its block does
            part.pop()
        assert any(holds(block, part) for block in whole), part


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_shown(language: str) -> None:
    assert len(blocks("README.md", language)) == 1


def test_it_is_short_enough_to_be_read() -> None:
    assert len((TOP / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
