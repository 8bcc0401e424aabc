import logging

import grpc
import pytest

from suppression import MailClass, UnavailableError, WhenUnavailable
from suppression.policy import LOG_INTERVAL, Policy

ORDINARY = MailClass.ORDINARY
DOWN = UnavailableError("no route", code=grpc.StatusCode.UNAVAILABLE)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("choice", "sent"), [(WhenUnavailable.DO_NOT_SEND, False), (WhenUnavailable.SEND, True)]
)
def test_the_choice_decides_what_becomes_of_the_mail(choice: WhenUnavailable, sent: bool) -> None:
    assert [check.send for check in Policy(choice).decide(["a", "b"], ORDINARY, DOWN)] == [
        sent,
        sent,
    ]


@pytest.mark.parametrize("choice", [WhenUnavailable.DO_NOT_SEND, WhenUnavailable.SEND])
def test_what_the_policy_says_is_not_taken_for_an_answer(choice: WhenUnavailable) -> None:
    (check,) = Policy(choice).decide(["a"], ORDINARY, DOWN)

    assert (check.answered, check.verdict) == (False, 0)


@pytest.mark.parametrize(
    ("mail_class", "sent"),
    [(MailClass.ESSENTIAL, True), (MailClass.ORDINARY, False), (MailClass.UNSPECIFIED, False)],
)
def test_under_send_essential_only_essential_mail_is_sent(
    mail_class: MailClass, sent: bool
) -> None:
    (check,) = Policy(WhenUnavailable.SEND_ESSENTIAL).decide(["a"], mail_class, DOWN)

    assert (check.send, check.answered) == (sent, False)


def test_under_raise_the_error_is_raised() -> None:
    with pytest.raises(UnavailableError) as raised:
        Policy(WhenUnavailable.RAISE).decide(["a"], ORDINARY, DOWN)

    assert raised.value is DOWN


def test_a_choice_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="perhaps"):
        Policy("perhaps")  # type: ignore[arg-type]


def test_every_address_is_counted() -> None:
    policy = Policy(WhenUnavailable.DO_NOT_SEND)

    policy.decide(["a", "b"], ORDINARY, DOWN)
    policy.decide(["c"], ORDINARY, DOWN)

    assert policy.unanswered == 3


def test_a_long_outage_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    policy = Policy(WhenUnavailable.DO_NOT_SEND, clock)

    for seconds in (0.0, 1.0, LOG_INTERVAL - 2, 1.0):
        clock.now += seconds
        policy.decide(["a"], ORDINARY, DOWN)

    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2


def test_a_log_line_counts_what_was_not_logged_before(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    policy = Policy(WhenUnavailable.DO_NOT_SEND, clock)
    policy.decide(["a"], ORDINARY, DOWN)
    policy.decide(["b", "c"], ORDINARY, DOWN)

    clock.now += LOG_INTERVAL
    policy.decide(["d"], ORDINARY, DOWN)

    assert caplog.messages[-1].endswith(": 3")


def test_no_log_line_holds_an_address(caplog: pytest.LogCaptureFixture) -> None:
    Policy(WhenUnavailable.SEND).decide(["jane@example.com"], ORDINARY, DOWN)

    assert "jane" not in caplog.text
