import shutil
from pathlib import Path

import pytest

from deploy import versions

TOP = Path(__file__).parents[3]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of all that carries the version, ready for the release of v1.2.3."""
    for name, version in versions.versions().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        text = (TOP / name).read_text(encoding="utf-8").replace(version, "1.2.3")
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## [1.2.3] – 2026-12-01\n")
    return tmp_path


def test_everything_that_carries_the_version_carries_the_same_one() -> None:
    assert versions.problem(tag=None) is None


def test_a_tag_of_the_version_can_be_released(checkout: Path) -> None:
    assert versions.problem("v1.2.3", checkout) is None


def test_a_tag_of_another_version_is_refused(checkout: Path) -> None:
    assert versions.problem("v1.2.4", checkout) == "the tag is v1.2.4, but the version is 1.2.3"


def test_a_tag_is_refused_when_one_file_was_left_behind(checkout: Path) -> None:
    shutil.copy(TOP / "clients/python/pyproject.toml", checkout / "clients/python")
    assert "versions differ" in str(versions.problem("v1.2.3", checkout))


def test_a_release_has_notes(checkout: Path) -> None:
    (checkout / "CHANGELOG.md").write_text("# Changelog\n\n## [Unreleased]\n")
    assert "CHANGELOG.md has no heading" in str(versions.problem("v1.2.3", checkout))
