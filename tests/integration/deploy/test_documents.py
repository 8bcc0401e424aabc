import re
from pathlib import Path

import pytest

from tests.support import programs

TOP = Path(__file__).parents[3]
DOCUMENTS = [
    "docs/how-to/alerts.md",
    "docs/how-to/operations.md",
    "deploy/compose.yaml",
    "deploy/kubernetes/README.md",
    "deploy/systemd/README.md",
]
PAGES = [
    "README.md",
    "ARCHITECTURE.md",
    *(str(page.relative_to(TOP)) for page in sorted(TOP.glob("docs/how-to/*.md"))),
    *(str(page.relative_to(TOP)) for page in sorted(TOP.glob("docs/explanation/*.md"))),
]


@pytest.mark.parametrize("document", sorted({*DOCUMENTS, *PAGES}))
def test_every_command_that_is_named_is_one_of_the_program(document: str) -> None:
    named = set(
        re.findall(
            r"\b(suppression-(?:service|ingest)) (?!suppression-)([a-z][a-z-]*)", read(document)
        )
    )
    assert {each for each in named if not programs.knows(*each)} == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_setting_that_is_named_is_one_of_a_program(document: str) -> None:
    known = set().union(*(programs.settings(*command) for command in programs.COMMANDS))
    named = set(re.findall(r"SUPPRESSION_[A-Z_]*[A-Z]\b(?!_)", read(document)))
    assert named <= known


@pytest.mark.parametrize(
    "file",
    [
        "deploy/compose.yaml",
        "deploy/kubernetes/configuration.yaml",
        "deploy/systemd/suppression.env",
    ],
)
def test_what_provision_prints_for_the_worker_is_there(file: str) -> None:
    there = set(re.findall(r"^ *(SUPPRESSION_\w+)[:=]", read(file), re.MULTILINE))
    printed = {"QUEUE_URL", "TOPIC_ARNS", "PUBLISH_RATES"}
    assert {f"SUPPRESSION_{name}" for name in printed} <= there


def test_every_command_of_an_attack_is_there() -> None:
    page = read("docs/explanation/security.md")
    targets = set(re.findall(r"^([a-z][a-z-]*):", read("Makefile"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", page)) <= targets
    tests = set(re.findall(r"\btests/[\w/]+\.py", page))
    assert tests
    assert [each for each in sorted(tests) if not (TOP / each).is_file()] == []


def read(document: str) -> str:
    return (TOP / document).read_text(encoding="utf-8")
