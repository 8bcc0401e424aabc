import functools
import io
import json
import runpy
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import grpc
import pytest

from suppression import (
    FieldViolation,
    InvalidArgumentError,
    MailClass,
    Reason,
    SuppressionClient,
    UnavailableError,
    command,
)
from suppression.v1 import suppression_service_pb2 as pb


@dataclass
class Ran:
    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], blocking_transport: Any
) -> Run:
    for name in ("ADDRESS", "TOKEN", "TLS_CA", "TLS_CERT", "TLS_KEY"):
        monkeypatch.delenv(f"SUPPRESSION_{name}", raising=False)
    monkeypatch.setattr(
        command,
        "SuppressionClient",
        functools.partial(SuppressionClient, transport=blocking_transport),
    )

    def run(*args: str, stdin: str = "") -> Ran:
        monkeypatch.setattr(sys, "argv", ["suppression", *args])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            command.main()
        out, err = capsys.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    return run


def test_check_exits_with_0_when_all_may_be_mailed(run: Run) -> None:
    assert run("check", "a@example.com", "b@example.com").status == 0


def test_check_exits_with_1_when_one_may_not_be_mailed(run: Run) -> None:
    assert run("check", "a@example.com", "bad@example.com").status == 1


def test_check_prints_a_line_for_each_address(run: Run) -> None:
    ran = run("check", "a@example.com", "bad@example.com")

    assert ran.out == "send\ta@example.com\ndo-not-send\tbad@example.com\thard-bounce\n"


def test_check_prints_json_lines(run: Run) -> None:
    ran = run("check", "--json", "bad@example.com")

    assert json.loads(ran.out) == {
        "address": "bad@example.com",
        "send": False,
        "verdict": "DO_NOT_SEND",
        "reason": "HARD_BOUNCE",
        "revision": "",
        "as_of": None,
    }


def test_check_reads_addresses_from_standard_input(run: Run) -> None:
    ran = run("check", "-", stdin="a@example.com\n\n b@example.com \n")

    assert ran.out == "send\ta@example.com\nsend\tb@example.com\n"


def test_check_says_that_a_display_name_is_no_part_of_an_address(run: Run, service: Any) -> None:
    def refuse(_request: Any) -> Any:
        return pb.BatchCheckResponse(verdicts=[2], matches=[pb.Match(reason=6)])

    service.BatchCheck = refuse

    ran = run("check", "Jane Doe <jane@example.com>")

    assert (ran.status, ran.out.split()[0], "without a display name" in ran.err) == (
        1,
        "do-not-send",
        True,
    )


def test_check_says_what_holds_without_a_stream(run: Run) -> None:
    told = " ".join(run("check", "--help").out.split())

    assert "without it, only entries for all mail hold" in told


@pytest.mark.parametrize(
    "server", ["http://127.0.0.1:50051", "https://a.example", "localhost", "[::1]"]
)
def test_a_server_that_is_no_host_and_port_is_not_asked(
    run: Run, service: Any, server: str
) -> None:
    ran = run("check", "a@example.com", "--server", server)

    assert (ran.status, len(service.calls), "give HOST:PORT" in ran.err) == (2, 0, True)


def test_check_tells_the_service_about_the_mail(run: Run, service: Any) -> None:
    run("check", "a", "--stream", "news", "--essential")

    request = service.calls[0].request
    assert (request.stream, request.mail_class) == ("news", MailClass.ESSENTIAL)


def test_check_exits_with_3_when_the_service_cannot_be_asked(run: Run, service: Any) -> None:
    service.failure = UnavailableError("UNAVAILABLE: gone", code=grpc.StatusCode.UNAVAILABLE)

    assert run("check", "a").status == 3


def test_a_service_that_is_away_is_one_line(run: Run, service: Any) -> None:
    service.failure = UnavailableError("UNAVAILABLE: gone")

    assert run("check", "a").err == (
        "suppression: the service at 127.0.0.1:50051 could not be asked: UNAVAILABLE: gone\n"
    )


def test_what_the_service_refuses_is_wrong_usage(run: Run, service: Any) -> None:
    service.failure = InvalidArgumentError("INVALID_ARGUMENT: no")

    assert run("add", "a").status == 2


@pytest.mark.parametrize(
    "args",
    [
        ("check",),
        ("check", "a", "--server", "example.com:1"),
        ("check", "a", "--tls-ca", "does-not-exist.pem"),
        ("check", "a", "--token", "t\n"),
        ("check", "\udcff@example.com"),
        ("add", "a", "--reason", "whim"),
        ("add", "a", "--reason", "invalid-address"),
        ("add", "a", "--ttl", "soon"),
        ("add", "a", "--ttl", "30"),
        ("frobnicate",),
    ],
)
def test_wrong_usage_exits_with_2(run: Run, args: tuple[str, ...]) -> None:
    assert run(*args).status == 2


def test_wrong_usage_asks_nothing(run: Run, service: Any) -> None:
    run("add", "a", "--ttl", "soon")

    assert service.calls == []


def test_add_makes_a_manual_entry_for_ever(run: Run, service: Any) -> None:
    run("add", "a@example.com")

    request = service.calls[0].request
    assert (request.reason, request.HasField("ttl")) == (Reason.MANUAL, False)


@pytest.mark.parametrize("reason", ["hard-bounce", "HARD_BOUNCE", "Hard-Bounce"])
def test_add_takes_a_reason_in_any_spelling(run: Run, service: Any, reason: str) -> None:
    run("add", "a@example.com", "--reason", reason)

    assert service.calls[0].request.reason == Reason.HARD_BOUNCE


@pytest.mark.parametrize(
    ("span", "seconds"),
    [("45s", 45), ("90m", 5_400), ("12h", 43_200), ("30d", 2_592_000), ("2w", 1_209_600)],
)
def test_add_takes_a_length_of_time(run: Run, service: Any, span: str, seconds: int) -> None:
    run("add", "a@example.com", "--ttl", span)

    assert service.calls[0].request.ttl.seconds == seconds


def test_add_passes_on_what_was_said(run: Run, service: Any) -> None:
    run("add", "a", "--stream", "news", "--detail", "by phone", "--source", "desk")

    request = service.calls[0].request
    assert (request.stream, request.detail, request.source) == ("news", "by phone", "desk")


def test_add_says_what_became_of_each_address(run: Run) -> None:
    ran = run("add", "a@example.com", "b@example.com", "--stream", "news")

    assert ran.out == "added\ta@example.com\tmanual\tnews\nadded\tb@example.com\tmanual\tnews\n"


BAD_LINE = "a@example.com\n\nnobody\nb@example.com\n"


def _refuse_what_has_no_at(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    suppress = service.Suppress

    def refuse(request: Any) -> Any:
        if "@" in request.address:
            return suppress(request)
        raise InvalidArgumentError("no", violations=(FieldViolation("address", "there is no @"),))

    monkeypatch.setattr(service, "Suppress", refuse)


def test_add_goes_on_after_a_line_that_is_no_address(
    run: Run, service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse_what_has_no_at(service, monkeypatch)

    assert run("add", "-", stdin=BAD_LINE).out.count("added") == 2


def test_add_says_which_line_is_no_address_and_how_many(
    run: Run, service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse_what_has_no_at(service, monkeypatch)

    ran = run("add", "-", stdin=BAD_LINE)

    assert (ran.status, ran.err.splitlines()) == (
        2,
        [
            "suppression: line 3: nobody: there is no @",
            "suppression: 2 done, 1 refused",
        ],
    )


def test_add_stops_at_what_is_wrong_for_every_address(run: Run, service: Any) -> None:
    service.failure = InvalidArgumentError("no", violations=(FieldViolation("ttl", "too long"),))

    run("add", "a@example.com", "b@example.com")

    assert len(service.calls) == 1


def test_remove_names_no_reason_unless_told(run: Run, service: Any) -> None:
    run("remove", "a@example.com", "--detail", "mailbox is back")

    request = service.calls[0].request
    assert (request.HasField("reason"), request.HasField("stream")) == (False, False)


def test_remove_says_what_it_removed(run: Run) -> None:
    ran = run("remove", "bad@example.com", "good@example.com")

    assert (
        ran.out == "removed\tbad@example.com\tmanual\tall mail\nwas not there\tgood@example.com\n"
    )


def test_remove_prints_json_lines(run: Run) -> None:
    ran = run("remove", "good@example.com", "--json")

    assert json.loads(ran.out) == {"address": "good@example.com", "removed": [], "revision": "r2"}


def test_erase_asks_before(run: Run, service: Any) -> None:
    ran = run("erase", "a@example.com", "b@example.com", stdin="n\n")

    assert (ran.status, ran.out.strip(), len(service.calls)) == (2, "", 0)
    assert "these 2 addresses" in ran.err


def test_erase_says_how_much_it_changed(run: Run, service: Any) -> None:
    ran = run("erase", "a@example.com", "--detail", "request 7", stdin="y\n")

    assert ran.status == 0
    assert ran.out.strip() == "erased\ta@example.com\tentries: 2\tfeedback: 3"
    assert service.calls[0].request.detail == "request 7"


def test_erase_asks_nobody_when_told_so(run: Run) -> None:
    ran = run("erase", "-", "--yes", "--json", stdin="a@example.com\n")

    assert json.loads(ran.out) == {
        "address": "a@example.com",
        "suppressions": 2,
        "events": 3,
        "revision": "r4",
    }


def test_erase_of_standard_input_must_be_told_so(run: Run, service: Any) -> None:
    ran = run("erase", "-", stdin="a@example.com\n")

    assert (ran.status, len(service.calls), "--yes" in ran.err) == (2, 0, True)


def test_show_prints_the_entries(run: Run) -> None:
    assert "hard-bounce" in run("show", "a@example.com").out


def test_show_leaves_out_columns_that_say_nothing(run: Run) -> None:
    assert "source" not in run("show", "a@example.com").out


def test_show_says_how_long_an_entry_holds(run: Run) -> None:
    assert "for ever" in run("show", "a@example.com").out


def test_show_says_that_there_is_no_feedback(run: Run) -> None:
    assert "no feedback" in run("show", "a@example.com").out


def test_show_prints_json_lines(run: Run) -> None:
    ran = run("show", "a@example.com", "--json")

    assert json.loads(ran.out)["suppressions"][0]["reason"] == "HARD_BOUNCE"


def test_text_from_strangers_cannot_command_the_terminal(run: Run) -> None:
    assert "\x1b" not in run("show", "a@example.com").out


def test_settings_come_from_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPRESSION_SERVER", "example.com:1")

    assert "example.com:1 is not on this machine" in run("check", "a").err


@pytest.mark.parametrize("name", ["", "check", "add", "remove", "show", "erase"])
def test_help_teaches_by_examples(run: Run, name: str) -> None:
    ran = run(*filter(None, [name]), "--help")

    assert f"\n    suppression {name}" in ran.out


@pytest.mark.parametrize(
    ("flag", "said"),
    [("-h", "Usage: "), ("--version", f"suppression {version('suppression-client')}")],
)
def test_short_questions_are_answered(run: Run, flag: str, said: str) -> None:
    ran = run(flag)

    assert (ran.status, said in ran.out) == (0, True)


def test_without_the_extra_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "typer", None)
    monkeypatch.delitem(sys.modules, "suppression.command")

    with pytest.raises(SystemExit) as ended:
        runpy.run_module("suppression.command")

    said = capsys.readouterr().err
    assert (ended.value.code, "pip install" in said, said.count("\n")) == (2, True, 1)
