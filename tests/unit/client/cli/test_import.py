import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest

from suppression import PermissionDeniedError, UnavailableError
from suppression.cli import importing
from suppression.v1 import list_service_pb2 as pb

Run = Callable[..., Any]
HEADER = "email,created\n"
ROW = "left@example.com,1718040300\n"
MAX_ROWS = 3


@pytest.fixture(autouse=True)
def _few_rows_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MAX_ROWS", MAX_ROWS)
    monkeypatch.setattr(importing, "MAX_BYTES", 3_000)


def rows_of(service: Any) -> list[Any]:
    return [row for call in service.calls for row in call.request.suppressions]


def test_a_file_is_imported(run: Run, service: Any, tmp_path: Path) -> None:
    file = tmp_path / "suppression_unsubscribes.csv"
    file.write_text(HEADER + ROW + ROW.replace("left", "known"))

    ran = run("import", str(file))

    assert (ran.status, ran.out) == (0, "created\t1\nalready there\t1\n")
    assert ran.err == (
        "suppression: suppression_unsubscribes.csv: SendGrid, global unsubscribes "
        "(sendgrid-unsubscribes); becomes unsubscribe\n"
    )
    assert [row.address for row in rows_of(service)] == ["left@example.com", "known@example.com"]


def test_a_dry_run_changes_nothing(run: Run, service: Any) -> None:
    ran = run("import", "-", "--dry-run", stdin=HEADER + ROW)

    assert ran.out == "would be created\t1\n"
    assert service.calls[0].request.dry_run


def test_flags_replace_what_the_file_says(run: Run, service: Any) -> None:
    run(
        "import", "-", "--reason", "manual", "--stream", "news", "--source", "x", stdin=HEADER + ROW
    )

    [row] = rows_of(service)
    assert (row.reason, row.stream, row.source) == (5, "news", "x")


def test_rows_are_sent_a_call_after_the_other(run: Run, service: Any) -> None:
    ran = run("import", "-", "--json", stdin=HEADER + ROW * (2 * MAX_ROWS + 1))

    assert [len(call.request.suppressions) for call in service.calls] == [MAX_ROWS, MAX_ROWS, 1]
    assert json.loads(ran.out) == {"dry_run": False, "created": 2 * MAX_ROWS + 1}


def test_a_request_stays_below_a_size(run: Run, service: Any) -> None:
    line = '{"address":"a@example.com","reason":"MANUAL","detail":"%s"}\n' % ("x" * 1_600)

    run("import", "-", stdin=line * 3)

    assert [len(call.request.suppressions) for call in service.calls] == [2, 1]


def test_rows_that_cannot_be_used_go_to_the_error_file(run: Run, tmp_path: Path) -> None:
    errors = tmp_path / "refused.csv"
    rows = HEADER + "no address,1718040300\n" + ROW + "refused@example.com,1718040300\n"

    ran = run("import", "-", "--errors", str(errors), stdin=rows)
    mended = errors.read_text().replace("no address", "jane@example.com")
    again = run("import", "-", stdin=mended.replace("refused@", "joe@"))

    assert (ran.status, ran.out) == (1, "refused\t2\ncreated\t1\n")
    assert "2 rows are in" in ran.err
    assert (again.status, again.out) == (0, "created\t2\n")
    assert errors.stat().st_mode & 0o077 == 0


def test_without_an_error_file_the_first_refused_rows_are_shown(run: Run) -> None:
    ran = run("import", "-", stdin=HEADER + "no address,1\n" * 9)

    assert ran.err.count("'no address' is no address") == 5
    assert "9 rows cannot be used: --errors FILE writes them to a file" in ran.err


def test_an_error_file_is_not_overwritten(run: Run, tmp_path: Path) -> None:
    errors = tmp_path / "refused.csv"
    errors.write_text("mine")

    ran = run("import", "-", "--errors", str(errors), stdin=HEADER + "no address,1\n")

    assert (ran.status, errors.read_text()) == (2, "mine")


def test_skipped_rows_are_counted(run: Run, service: Any) -> None:
    blocks = "status,reason,email,created\n5.7.1,blocked,alive@example.com,1718040300\n"

    ran = run("import", "-", "--format", "sendgrid-blocks", stdin=blocks)

    assert (ran.status, service.calls) == (0, [])
    assert ran.out.startswith("skipped\t1\ta block: ")


def test_two_formats_with_the_same_columns_are_said_so(run: Run) -> None:
    ran = run("import", "-", stdin="status,reason,email,created\n5.1.1,x,a@example.com,1\n")

    assert "if it is that, add --format sendgrid-blocks" in ran.err


def test_a_file_of_no_known_format_is_not_imported(run: Run, service: Any) -> None:
    ran = run("import", "-", stdin="id,name\n1,Jane\n")

    assert (ran.status, service.calls) == (2, [])
    assert "Its columns: id, name" in ran.err


def test_a_damaged_file_is_imported_up_to_the_damage(run: Run, service: Any) -> None:
    ran = run("import", "-", stdin='[{"email": "a@example.com", "created": 1}, {"email"')

    assert (ran.status, len(rows_of(service))) == (2, 1)
    assert "standard input is no JSON after record 1" in ran.err


def test_an_unknown_format_is_a_wrong_flag(run: Run) -> None:
    ran = run("import", "-", "--format", "sendmail")

    assert ran.status == 2
    assert "mailgun-bounces" in ran.err


class Away:
    """A service that is unavailable for some of the calls, counted from 0."""

    def __init__(self, service: Any, *calls: int) -> None:
        self._answer = service.answer
        self._away = calls
        self._number = -1

    def __call__(self, call: Any) -> Any:
        self._number += 1
        if self._number in self._away:
            raise UnavailableError("UNAVAILABLE: gone", code=grpc.StatusCode.UNAVAILABLE)
        return self._answer(call)


def test_a_restart_of_the_server_does_not_end_an_import(
    run: Run, service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "IN_FLIGHT", 1)
    monkeypatch.setattr(service, "answer", Away(service, 1, 2))

    assert run("import", "-", stdin=HEADER + ROW * 2 * MAX_ROWS).out == "created\t6\n"


def test_a_server_that_is_not_there_is_reported_at_once(
    run: Run, service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "answer", Away(service, 0))

    ran = run("import", "-", stdin=HEADER + ROW)

    assert (ran.status, "is unavailable" in ran.err) == (3, True)


def test_an_import_that_broke_off_can_go_on(
    run: Run, service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = HEADER + "".join(f"{number}@example.com,1\n" for number in range(MAX_ROWS + 2))

    def fail_second(call: Any, answer: Any = service.answer) -> Any:
        if len(call.request.suppressions) < MAX_ROWS:
            raise PermissionDeniedError("no", code=grpc.StatusCode.PERMISSION_DENIED)
        return answer(call)

    with monkeypatch.context() as patched:
        patched.setattr(service, "answer", fail_second)
        broken = run("import", "-", stdin=content)
    service.calls.clear()
    ran = run("import", "-", "--resume", str(MAX_ROWS), stdin=content)

    assert "3 rows are done: to go on, add --resume 3" in broken.err
    assert ran.out == "created\t2\n"
    assert [row.address for row in rows_of(service)] == ["3@example.com", "4@example.com"]


def test_what_was_removed_later_stays_removed(run: Run, service: Any) -> None:
    ran = run("import", "-", stdin=HEADER + ROW.replace("left", "removed"))

    assert ran.out == "kept removed\t1\n"
    assert "--restore-removed" in ran.err
    assert not service.calls[0].request.restore_removed


def test_the_outcomes_are_those_of_the_contract() -> None:
    assert len(pb.ImportOutcome.items()) == 6
