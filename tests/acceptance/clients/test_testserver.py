import signal
import urllib.error
from pathlib import Path
from typing import Any

import pytest

from suppression import (
    InvalidArgumentError,
    Reason,
    SuppressionClient,
    UnavailableError,
    WhenUnavailable,
)
from tests.support.processes import Processes
from tests.support.testserver import GENEROUS, SERVICE, TestServer, started

JANE = "jane@example.com"


def test_each_token_has_a_list_of_its_own(server: TestServer, client: SuppressionClient) -> None:
    client.suppress(JANE, Reason.MANUAL)

    other = SuppressionClient(
        server.listen, when_unavailable=WhenUnavailable.DO_NOT_SEND, token="other", **GENEROUS
    )
    with other:
        assert (client.check(JANE).send, other.check(JANE).send) == (False, True)


def test_without_a_token_there_is_a_list_too(server: TestServer) -> None:
    with SuppressionClient(
        server.listen, when_unavailable=WhenUnavailable.DO_NOT_SEND, **GENEROUS
    ) as nameless:
        nameless.suppress(JANE, Reason.MANUAL)

        assert nameless.check(JANE).reason is Reason.MANUAL


def test_of_many_lists_the_longest_unused_is_forgotten(processes: Processes) -> None:
    server = started(processes)
    with server.client() as first:
        first.suppress(JANE, Reason.MANUAL)
        for number in range(45):
            server.control_request("seen", token=f"list-{number}")

        assert first.get_address(JANE).suppressions == ()


def test_a_fault_meets_one_token_only(server: TestServer, client: SuppressionClient) -> None:
    server.control_request(
        "faults", token="other", method="CheckAddress", status={"code": "INTERNAL"}
    )

    assert client.check(JANE).answered


def test_faults_queue_up(server: TestServer, client: SuppressionClient) -> None:
    for verdict in (77, 78):
        server.control_request("faults", method="CheckAddress", answer={"verdict": verdict})

    assert [client.check(JANE).verdict for _ in range(3)] == [77, 78, 1]


def test_a_status_carries_its_details(server: TestServer, client: SuppressionClient) -> None:
    status = {
        "code": "INVALID_ARGUMENT",
        "reason": "ODD",
        "fields": ["address"],
        "metadata": {"most": "3"},
        "message": "not so",
    }
    server.control_request("faults", method="GetAddress", status=status)

    with pytest.raises(InvalidArgumentError) as raised:
        client.get_address(JANE)

    error = raised.value
    assert (error.reason, error.metadata) == ("ODD", {"most": "3"})
    assert [(each.field, each.description) for each in error.violations] == [("address", "not so")]


def test_it_can_be_away_and_come_back(processes: Processes) -> None:
    server = started(processes)
    with server.client() as client:
        client.suppress(JANE, Reason.MANUAL)
        server.control_request("stop")
        with pytest.raises(UnavailableError):
            client.suppress(JANE, Reason.MANUAL)
        server.control_request("start")

    with server.client() as client:
        assert client.check(JANE).reason is Reason.MANUAL


@pytest.mark.parametrize(
    ("request_", "body", "said"),
    [
        ("nothing", {}, "no such request"),
        ("faults", {"method": "Nothing", "cut": True}, "no method"),
        ("faults", {"method": "Suppress"}, "exactly one"),
        ("faults", {"method": "Suppress", "cut": True, "delay_ms": 1}, "exactly one"),
        ("faults", {"method": "Suppress", "status": {"code": "OK"}}, "not the name"),
        ("faults", {"method": "Suppress", "delay_ms": 1, "after": True}, "after goes with"),
        ("faults", {"method": "Suppress", "answer": {"no_field": 1}}, "answer"),
        ("seen", {"since": 1}, "since"),
    ],
)
def test_a_request_that_makes_no_sense_says_so(
    server: TestServer, request_: str, body: dict[str, Any], said: str
) -> None:
    with pytest.raises(urllib.error.HTTPError) as raised:
        server.control_request(request_, **body)

    with raised.value as answer:
        assert (answer.code, said in answer.read().decode()) == (400, True)


def test_it_leaves_no_file_behind(processes: Processes, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    process = processes.start(
        "testserver", [SERVICE, "testserver"], {"TMPDIR": str(folder), "HOME": str(folder)}
    )
    listen = process.line(r"^listening on (\S+)$")[1]
    server = TestServer(listen, process.line(r"^control on (\S+)$")[1], "token")
    with server.client() as client:
        client.suppress(JANE, Reason.MANUAL)
    process.send(signal.SIGTERM)

    assert process.ended() == 0
    assert list(folder.iterdir()) == []
