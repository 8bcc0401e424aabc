"""What the pages say that credentials must allow is what the code calls."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import botocore.session
import pytest
from botocore import xform_name

from suppression_ingest.aws.failures import action_of

ROOT: Final = Path(__file__).parents[4]
AWS_PAGE: Final = (ROOT / "docs" / "how-to" / "aws.md").read_text()

_SERVICES: Final = ("sns", "sqs", "sesv2", "ses", "cloudwatch", "events", "sts")
#: Operations by the name of boto3's method.
_METHODS: Final = {
    xform_name(operation): operation
    for service in _SERVICES
    for operation in botocore.session.get_session().get_service_model(service).operation_names
}
#: What the worker asks of its queue.
WORKERS_CALLS: Final = "aws/sqs.py:receive,receive_more,delete,postpone"
#: Whoever has credentials may ask whose they are.
_NEEDS_NO_PERMISSION: Final = {"sts:GetCallerIdentity"}


def called(*parts: str) -> set[str]:
    """Return the actions that modules, all modules of folders, or methods of a module call.

    A part is a path, with ``:method,method`` for some methods of a module.
    """
    names: set[str] = set()
    for part in parts:
        path, _, methods = part.partition(":")
        place = ROOT / "ingest/suppression_ingest" / path
        for module in [place] if place.is_file() else tree(place):
            parsed = ast.parse(module.read_text())
            names |= reached(parsed, methods.split(",")) if methods else set(attributes(parsed))
    return {action_of(_METHODS[name]) for name in names & set(_METHODS)} - _NEEDS_NO_PERMISSION


def reached(module: ast.Module, methods: list[str]) -> set[str]:
    """Return the attributes in methods, and in the functions of the module that they call."""
    functions = {node.name: node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)}
    names, left = set[str](), list(methods)
    while left:
        found = set(attributes(functions[left.pop()]))
        left += [name for name in found - names if name in functions]
        names |= found
    return names


def tree(folder: Path) -> list[Path]:
    found = [*folder.rglob("*.py")]
    assert found
    return found


def attributes(module: ast.AST) -> Iterator[str]:
    """Yield whatever may be the name of a client's method, and of what is paged through."""
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute):
            yield node.attr
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("get_paginator"):
            yield ast.literal_eval(node.args[0])


def named(text: str) -> set[str]:
    return set(re.findall(r"\b(?:sns|sqs|ses|cloudwatch|events):[A-Z]\w+", text))


def allowed(*sids: str) -> set[str]:
    """Return the actions that statements of the policy on the page allow."""
    [block] = re.findall(r"```json\n(.*?)```", AWS_PAGE, re.DOTALL)
    statements = json.loads(block)["Statement"]
    return {action for one in statements if one["Sid"] in sids for action in one["Action"]}


@pytest.mark.parametrize(
    ("page", "modules"),
    [
        ("docs/how-to/aws-by-hand.md", [WORKERS_CALLS]),
        ("docs/how-to/aws.md", ["."]),
        ("docs/how-to/dead-letters.md", ["dead_letters", "aws/dead_letter_queue.py", "aws/sqs.py"]),
        ("docs/reference/metrics.md", ["aws/dead_letter_queue.py:find", "aws/sqs.py:attributes"]),
        ("docs/explanation/rates.md", ["rates/cloudwatch.py"]),
        ("docs/how-to/webhook.md", ["webhook"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_page_names_every_permission_that_its_subject_needs(
    page: str, modules: list[str]
) -> None:
    assert called(*modules) - named((ROOT / page).read_text()) == set()


@pytest.mark.parametrize(
    ("sids", "modules"),
    [
        (["Worker"], [WORKERS_CALLS, "rates/cloudwatch.py"]),
        (
            ["Doctor"],
            [
                f"deployment/{name}.py"
                for name in ("wiring_checks", "operation_checks", "deployment", "probe", "state")
            ],
        ),
        (["Doctor", "ProvisionAndSync"], ["deployment", "account_list"]),
    ],
    ids=["worker", "doctor", "provision and sync"],
)
def test_the_policy_allows_a_command_what_it_calls(sids: list[str], modules: list[str]) -> None:
    assert called(*modules) - allowed(*sids) == set()


def test_no_permission_is_asked_for_that_nothing_needs() -> None:
    assert named(AWS_PAGE) - called(".") == set()
