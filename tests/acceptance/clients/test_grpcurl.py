import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import pytest

from suppression.v1 import statistics_service_pb2
from suppression.v1 import suppression_service_pb2 as rpc
from suppression.v1.suppression_service_pb2_grpc import SuppressionServiceStub
from tests.support.testserver import TestServer

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "grpcurl.md"
BUF = Path(sys.executable).with_name("buf")
LINES = re.findall(r"```sh\n(.*?)\n```\n\n```\w+\n(.*?)```", PAGE.read_text(), re.DOTALL)
TOOLS = ["buf", *(["grpcurl"] if shutil.which("grpcurl") else [])]


def _as_buf_curl(line: list[str]) -> list[str]:
    """Translate a grpcurl line: the same call, reflection included."""
    rest = [word for word in line[1:] if word != "-plaintext"]
    command = [str(BUF), "curl", "--protocol", "grpc", "--http2-prior-knowledge"]
    options, (server, what) = rest[:-2], rest[-2:]
    if what == "list":
        return [*command, *options, "--list-services", f"http://{server}"]
    return [*command, *options, f"http://{server}/{what}"]


def _said(tool: str, line: str, server: TestServer) -> str:
    words = shlex.split(line.replace("127.0.0.1:50051", server.listen))
    token = ["-H", f"authorization: Bearer {server.token}"]
    words = [*words[:-2], *token, *words[-2:]]
    command = _as_buf_curl(words) if tool == "buf" else words
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, ""), line
    return ended.stdout


def shape(value: Any) -> Any:
    """What must stay the same: members, kinds of values, and words of the contract."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    if isinstance(value, str) and re.fullmatch("[A-Z_]+", value):
        return value
    return type(value).__name__


def _page(tool: str, server: TestServer) -> list[tuple[str, Any, Any]]:
    """Run all lines in their order; return each with what is shown and what came."""
    came = []
    for line, shown in LINES:
        said = _said(tool, line, server)
        if line.endswith(" list"):
            came.append((line, shown.split(), said.split()))
        else:
            came.append((line, shape(json.loads(shown)), shape(json.loads(said))))
            _let_it_be_seen(json.loads(said).get("revision", ""), server)
    return came


def _let_it_be_seen(revision: str, server: TestServer) -> None:
    """Wait for what a line wrote, as a person does by typing the next one."""
    with grpc.insecure_channel(server.listen) as channel:
        SuppressionServiceStub(channel).CheckAddress(
            rpc.CheckAddressRequest(address="anybody@example.com", min_revision=revision),
            metadata=[("authorization", f"Bearer {server.token}")],
            timeout=30,
        )


@pytest.mark.parametrize("tool", TOOLS)
def test_every_line_answers_in_the_shape_that_the_page_shows(server: TestServer, tool: str) -> None:
    for line, shown, came in _page(tool, server):
        assert came == shown, line


def test_the_page_has_a_line_for_every_call() -> None:
    called = {line.rpartition("/")[2] for line, _ in LINES}
    services = (
        rpc.DESCRIPTOR.services_by_name["SuppressionService"],
        statistics_service_pb2.DESCRIPTOR.services_by_name["StatisticsService"],
    )

    assert {method.name for service in services for method in service.methods} <= called


def test_no_line_of_the_page_is_without_its_answer() -> None:
    assert len(LINES) == PAGE.read_text().count("```sh\n")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": 1, "b": 2}),
        (["x"], ["x", "y"]),
        ({"verdict": "VERDICT_SEND"}, {"verdict": "VERDICT_DO_NOT_SEND"}),
    ],
)
def test_answers_of_another_shape_are_told_apart(one: Any, other: Any) -> None:
    assert shape(one) != shape(other)
