"""The JSON form of the calls against its OpenAPI description, on the Envoy transport."""

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from suppression_service.server.transport.envoy import launch
from tests.support.fuzz.examples import examples
from tests.support.prerequisites import missing
from tests.support.processes import BIN, Processes, run

pytestmark = pytest.mark.xdist_group("openapi")

TOP: Final = Path(__file__).parents[2]
DESCRIPTION: Final[Any] = json.loads(
    (TOP / "service" / "suppression_service" / "server" / "openapi.json").read_text()
)
SERVICE: Final = "/suppression.v1.SuppressionService"
SECONDS: Final = 30
#: Time enough for every call.
TIMEOUT: Final = {"Connect-Timeout-Ms": str(SECONDS * 1000)}
# Not that schemas are obeyed: protobuf's JSON is more liberal (null, numbers as text), and
# addresses have rules that no schema expresses.
CHECKED: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server on Envoy."""
    if reason := launch.why_not():
        missing("Envoy", reason)
    folder = tmp_path_factory.mktemp("openapi")
    environment = {
        "SUPPRESSION_TRANSPORT": "envoy",
        "SUPPRESSION_DATABASE_URL": f"sqlite:///{folder / 'suppression.db'}",
        "SUPPRESSION_SNAPSHOT_DIRECTORY": str(folder / "snapshots"),
        "SUPPRESSION_LISTEN": "127.0.0.1:0",
        "SUPPRESSION_DRAIN_SECONDS": "0",
        "SUPPRESSION_GRACE_SECONDS": "1",
    }
    migrated = run([BIN / "suppression-service", "migrate"], environment)
    assert migrated.returncode == 0, migrated.stderr
    with Processes(folder / "logs") as processes:
        service = processes.start("service", [BIN / "suppression-service", "serve"], environment)
        port = service.line(r"listens on \S+:(\d+)")[1]
        service.line("answering calls")
        url = f"http://127.0.0.1:{port}"
        # So that ListChanges never has to wait for a change.
        entry = {"address": "listed@example.com", "reason": "REASON_MANUAL"}
        requests.post(f"{url}{SERVICE}/Suppress", json=entry, timeout=SECONDS).raise_for_status()
        yield url


@pytest.fixture(scope="module")
def schema() -> Any:
    """The description, as schemathesis reads it."""
    # It takes seconds to import, which only the process needs to wait that runs these tests.
    from schemathesis import openapi

    return openapi.from_dict(DESCRIPTION)


# With input that the schema of the operation permits, and with input that it does not.
@pytest.mark.parametrize("mode", ["positive", "negative"])
@pytest.mark.parametrize("path", DESCRIPTION["paths"])
def test_responses_are_as_described(url: str, schema: Any, path: str, mode: str) -> None:
    from schemathesis import GenerationMode
    from schemathesis.checks import CHECKS

    operation, checks = schema[path]["POST"], CHECKS.get_by_names(CHECKED)

    @examples(5)
    @given(st.data())
    def responses_are_as_described(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy(generation_mode=GenerationMode(mode)))
        case.headers.update(TIMEOUT)
        response = case.call(base_url=url, timeout=SECONDS)
        case.validate_response(response, checks=checks)

    responses_are_as_described()


def test_the_server_shows_the_description(url: str) -> None:
    shown = requests.get(f"{url}/openapi.json", timeout=SECONDS)
    assert (shown.json(), shown.headers["content-type"]) == (
        DESCRIPTION,
        "application/json",
    )


@pytest.mark.parametrize("page", ["README.md", "docs/how-to/http.md"])
def test_the_command_of_a_page_answers(url: str, page: str) -> None:
    if not shutil.which("curl"):
        missing("curl", "it is a package of the system")
    [line] = re.findall(r"^curl -d .*$", (TOP / page).read_text(), re.MULTILINE)
    done = run(shlex.split(line.replace("http://127.0.0.1:50051", url)))
    assert json.loads(done.stdout)["verdict"] == "VERDICT_SEND"


def test_a_field_that_is_not_described_is_refused(url: str) -> None:
    path = f"{url}{SERVICE}/CheckAddress"
    misspelt = {"address": "jane@example.com", "steam": "newsletter"}
    assert requests.post(path, json=misspelt, timeout=SECONDS).json()["code"] == "invalid_argument"
