import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

TOP = Path(__file__).parents[2]
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))


def pinned(name: str) -> dict[str, set[str]]:
    """Return the versions that a file of requirements pins, by package."""
    found: dict[str, set[str]] = {}
    text = (TOP / "requirements" / name).read_text(encoding="utf-8")
    for package, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE):
        found.setdefault(package, set()).add(version)
    return found


@pytest.mark.parametrize(
    "dependency",
    # The client comes out of this repository.
    [
        each
        for each in PROJECT["project"]["dependencies"]
        if Requirement(each).name != "suppression-client"
    ],
)
def test_what_the_commands_need_is_pinned_for_images(dependency: str) -> None:
    wanted = Requirement(dependency)
    versions = pinned("runtime.txt").get(wanted.name, set())
    assert versions
    assert all(version in wanted.specifier for version in versions)


@pytest.mark.parametrize("name", ["runtime.txt", "build.txt"])
def test_images_have_the_versions_that_are_tested(name: str) -> None:
    tested = pinned("dev.txt")
    others = {
        package: versions
        for package, versions in pinned(name).items()
        if package in tested and versions != tested[package]
    }
    assert others == {}
