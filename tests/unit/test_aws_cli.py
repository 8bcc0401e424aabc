"""The lines of the `aws` command in docs/ name operations and parameters that AWS has."""

import re
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

TOP = Path(__file__).parents[2]
#: What the command calls otherwise than the API: --endpoint would read as --endpoint-url.
RENAMED = {"notification-endpoint": "endpoint"}
SESSION = botocore.session.get_session()


def typed() -> Iterator[tuple[str, str, set[str]]]:
    """Yield service, operation and flags of each call on a page of docs/."""
    for page in TOP.glob("docs/how-to/aws*.md"):
        text = page.read_text(encoding="utf-8").replace("\\\n", " ")
        for service, operation, rest in re.findall(r"\baws (\w+) ([a-z-]+)(.*)", text):
            own = rest.split(" | ")[0].split("`")[0].split("$(aws")[0]
            yield service, operation, set(re.findall(r"--([a-z-]+)", own)) - {"output", "query"}


CALLS = [*typed()]


@pytest.mark.parametrize(
    ("service", "operation", "flags"),
    CALLS,
    ids=lambda value: value if isinstance(value, str) else "+".join(sorted(value)),
)
def test_a_call_names_what_aws_has(service: str, operation: str, flags: set[str]) -> None:
    model = SESSION.get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(names[operation]).input_shape
    parameters = shape.members if shape else {}
    known = {xform_name(name, "-") for name in parameters}
    assert {RENAMED.get(flag, flag) for flag in flags} <= known


def test_the_pages_have_calls() -> None:
    assert len(CALLS) > 10
