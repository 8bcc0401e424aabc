"""``suppression-service testserver`` as a process, for acceptance tests of clients."""

import dataclasses
import json
import secrets
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from suppression import SuppressionClient, WhenUnavailable
from tests.support.processes import Processes

SERVICE = Path(sys.executable).with_name("suppression-service")


GENEROUS: Any = {"check_timeout": 20.0, "batch_timeout": 20.0, "timeout": 20.0}


@dataclasses.dataclass(frozen=True)
class TestServer:
    """The addresses of a test server, and a token that no other test has."""

    __test__ = False

    listen: str
    control: str
    token: str

    def control_request(self, request: str, token: str | None = None, **body: Any) -> Any:
        """Send a control request about the list of this test's token, or of another."""
        prepared = urllib.request.Request(
            f"http://{self.control}/{request}",
            json.dumps(body).encode(),
            {"authorization": f"Bearer {token or self.token}"},
        )
        with urllib.request.urlopen(prepared) as response:
            return json.load(response)

    def client(self, choice: WhenUnavailable = WhenUnavailable.DO_NOT_SEND) -> SuppressionClient:
        """Make a client of this test's list."""
        return SuppressionClient(
            self.listen, when_unavailable=choice, token=self.token or None, **GENEROUS
        )


def started(processes: Processes, environment: Mapping[str, str] | None = None) -> TestServer:
    """Start a test server."""
    process = processes.start("testserver", [SERVICE, "testserver"], environment)
    listen = process.line(r"^listening on (\S+)$")[1]
    return TestServer(listen, process.line(r"^control on (\S+)$")[1], secrets.token_hex(8))
