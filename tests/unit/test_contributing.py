"""What CONTRIBUTING.md and .github name, against what there is."""

import re
from pathlib import Path

import pytest
import yaml

TOP = Path(__file__).parents[2]
GITHUB = TOP / ".github"
CONTRIBUTING = TOP / "CONTRIBUTING.md"
TARGETS = set(re.findall(r"^([\w-]+):", (TOP / "Makefile").read_text(), re.MULTILINE))


#: The files that tell people and machines which commands to run.
INSTRUCTIONS = [
    CONTRIBUTING,
    TOP / ".pre-commit-config.yaml",
    *GITHUB.rglob("*.md"),
    *GITHUB.rglob("*.yml"),
]


@pytest.mark.parametrize("path", INSTRUCTIONS, ids=lambda path: path.name)
def test_targets_that_are_to_be_made_are_in_the_makefile(path: Path) -> None:
    named = re.findall(r"(?:`|^    |run: |entry: )make ([a-z-]+)", path.read_text(), re.MULTILINE)
    assert set(named) <= TARGETS


def test_paths_in_the_guide_for_contributors_exist() -> None:
    named = re.findall(r"`(\.?[\w-]+(?:/[\w.-]+)+)/?`", CONTRIBUTING.read_text(encoding="utf-8"))
    assert [path for path in named if not (TOP / path).exists()] == []


@pytest.mark.parametrize("path", [".ci/run", ".ci/image", ".ci/prometheus", ".ci/queues"])
def test_scripts_that_workflows_start_can_be_started(path: str) -> None:
    assert (TOP / path).stat().st_mode & 0o111


def test_owned_paths_exist() -> None:
    owned = re.findall(r"^/(\S+)", (GITHUB / "CODEOWNERS").read_text(), re.MULTILINE)
    assert [path for path in owned if not (TOP / path).exists()] == []


def test_folders_that_dependabot_reads_exist() -> None:
    updates = yaml.safe_load((GITHUB / "dependabot.yml").read_text())["updates"]
    folders = [folder.lstrip("/") for update in updates for folder in update["directories"]]
    assert [folder for folder in folders if folder and not any(TOP.glob(folder))] == []
