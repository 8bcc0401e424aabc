from collections.abc import Callable
from typing import Any

from suppression import MailClass, Reason
from suppression.v1 import suppression_service_pb2 as pb

Run = Callable[..., Any]


def test_check_exits_with_0_when_all_may_be_mailed(run: Run) -> None:
    assert run("check", "a@example.com", "b@example.com").status == 0


def test_check_exits_with_1_when_one_may_not_be_mailed(run: Run) -> None:
    assert run("check", "a@example.com", "bad@example.com").status == 1


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


def test_check_tells_the_service_about_the_mail(run: Run, service: Any) -> None:
    run("check", "a", "--stream", "news", "--essential")

    request = service.calls[0].request
    assert (request.stream, request.mail_class) == ("news", MailClass.ESSENTIAL)


def test_add_makes_a_manual_entry_for_ever(run: Run, service: Any) -> None:
    run("add", "a@example.com")

    request = service.calls[0].request
    assert (request.reason, request.HasField("ttl")) == (Reason.MANUAL, False)


def test_add_passes_on_what_was_said(run: Run, service: Any) -> None:
    run("add", "a", "--stream", "news", "--detail", "by phone", "--source", "desk")

    request = service.calls[0].request
    assert (request.stream, request.detail, request.source) == ("news", "by phone", "desk")


def test_remove_names_no_reason_unless_told(run: Run, service: Any) -> None:
    run("remove", "a@example.com", "--detail", "mailbox is back")

    request = service.calls[0].request
    assert (request.HasField("reason"), request.HasField("stream")) == (False, False)


def test_erase_says_how_much_it_changed(run: Run, service: Any) -> None:
    ran = run("erase", "a@example.com", "--detail", "request 7", stdin="y\n")

    assert ran.status == 0
    assert ran.out.strip() == "erased\ta@example.com\tentries: 2\tfeedback: 3"
    assert service.calls[0].request.detail == "request 7"
