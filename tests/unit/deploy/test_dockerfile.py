"""What deploy/Dockerfile names. CI builds the image for real, where there is Docker."""

import json
import re
import tomllib
from pathlib import Path, PurePath

TOP = Path(__file__).parents[3]
DOCKERFILE = (TOP / "deploy" / "Dockerfile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))


def copied() -> list[str]:
    """Return what the image gets out of the repository."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    return [source for line in lines for source in line.split()[:-1]]


def is_below(path: str, folders: list[str]) -> bool:
    return any(PurePath(path).is_relative_to(folder) for folder in folders)


def test_what_is_copied_is_there_and_is_not_ignored() -> None:
    ignore = (TOP / "deploy" / "Dockerfile.dockerignore").read_text(encoding="utf-8")
    allowed = re.findall(r"^!(.+)$", ignore, re.MULTILINE)
    for source in copied():
        assert (TOP / source).exists(), source
        assert is_below(source, allowed), source


def test_what_is_installed_is_copied() -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    requirements = re.findall(r"-r (\S+)", DOCKERFILE)
    for path in (*wheel["packages"], *requirements):
        assert is_below(path, copied()), path


def test_the_command_is_one_that_the_project_installs() -> None:
    (command,) = re.findall(r"^CMD (.+)$", DOCKERFILE, re.MULTILINE)
    assert json.loads(command)[0] in PROJECT["project"]["scripts"]


def test_bases_are_pinned_by_digest() -> None:
    stages = re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE)
    images = set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) - set(stages)
    compose = (TOP / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    # One is built from the Dockerfile.
    images |= set(re.findall(r"^ +image: (?!suppression-service:)(\S+)$", compose, re.MULTILINE))
    assert len(images) == 2
    for image in images:
        assert re.fullmatch(r"\w+:[\w.-]+@sha256:[0-9a-f]{64}", image), image
