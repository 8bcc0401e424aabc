import json

import pytest
import structlog

from suppression_service.logs import set_up_logs


def log_a_failure() -> None:
    address = "@".join(["jane.secret", "example.com"])
    try:
        int(f"{len(address)} is no number")
    except ValueError:
        structlog.get_logger().exception("call failed", method="CheckAddress")


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_failure_is_logged_with_its_traceback_and_without_its_variables(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs(log_format)
    log_a_failure()
    logged = capsys.readouterr()
    assert logged.out == ""
    assert "call failed" in logged.err
    assert "ValueError: " in logged.err
    assert "jane.secret@" not in logged.err


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_what_a_driver_quotes_is_logged_masked(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs(log_format)
    quoted = "@".join(["jane.secret", "example.com"])
    try:
        int(f"Key (address)=({quoted}) already exists.")
    except ValueError:
        structlog.get_logger().exception("call failed", method="CheckAddress")
    logged = capsys.readouterr().err
    assert "'Key (***@e*** already exists.'" in logged
    assert "secret" not in logged
    assert "example.com" not in logged


@pytest.mark.parametrize("log_format", ["console", "json"])
@pytest.mark.parametrize(
    "local",
    ['"secret jane"', '"secret@jane doe"', r'"secret \"jane\" doe"', r"\"secret jane\""],
    ids=["blank", "at", "quotes within", "quoted twice"],
)
def test_a_quoted_local_part_is_masked_whole(
    local: str, log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logs(log_format)
    quoted = "@".join([local, "example.com"])
    try:
        int(f'Key "address"=({quoted}) is in "use".')
    except ValueError:
        structlog.get_logger().exception("call failed", method="CheckAddress")
    logged = capsys.readouterr().err
    assert "secret" not in logged
    assert "jane" not in logged
    assert "address" in logged


def test_a_log_for_programs_is_one_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("json")
    log_a_failure()
    [line] = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert (told["event"], told["level"]) == ("call failed", "error")
