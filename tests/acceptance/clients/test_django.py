import os
from collections.abc import Callable, Iterator
from typing import Any

import django.conf
import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.test import override_settings

from suppression import Reason, UnavailableError
from suppression.contrib.django import (
    MAIL_CLASS_HEADER,
    STREAM_HEADER,
    EmailBackend,
    recipients_left_out,
)
from suppression.contrib.django import _client as client_of_process
from tests.support.testserver import GENEROUS, TestServer

JANE, JOE, KIM = "jane@example.com", "joe@example.com", "kim@example.com"
MEMORY = "django.core.mail.backends.locmem.EmailBackend"

if not django.conf.settings.configured:
    django.conf.settings.configure(DEFAULT_CHARSET="utf-8", USE_I18N=False)


@pytest.fixture
def configured(server: TestServer) -> Iterator[dict[str, Any]]:
    """The setting of this test, and an empty outbox."""
    chosen = {
        "SERVER": server.listen,
        "WHEN_UNAVAILABLE": "do-not-send",
        "BACKEND": MEMORY,
        "CONFIGURATION_SET": "news",
        "CLIENT": {"token": server.token, **GENEROUS},
    }
    mail.outbox = []
    with override_settings(
        EMAIL_BACKEND="suppression.contrib.django.EmailBackend", SUPPRESSION=chosen
    ):
        yield chosen
    if client_of_process.cache_info().currsize:
        client_of_process(os.getpid()).close()
    client_of_process.cache_clear()


def _message(*to: str, headers: dict[str, str] | None = None, **lists: list[str]) -> EmailMessage:
    return EmailMessage("s", "t", "shop@example.com", list(to), headers=headers, **lists)


def _outbox() -> list[tuple[list[str], list[str], list[str]]]:
    return [(each.to, each.cc, each.bcc) for each in mail.outbox]


def test_a_mail_is_sent_through_the_other_backend(configured: dict[str, Any]) -> None:
    assert _message(JANE).send() == 1
    assert _outbox() == [([JANE], [], [])]


def test_a_mail_names_its_configuration_set(configured: dict[str, Any]) -> None:
    _message(JANE).send()

    assert mail.outbox[0].message()["X-SES-CONFIGURATION-SET"] == "news"


def test_who_may_not_be_mailed_is_left_out(
    configured: dict[str, Any], suppressed: Callable[..., None]
) -> None:
    suppressed(JOE)
    message = _message(JANE, f"Joe <{JOE}>", cc=[JOE], bcc=[KIM])

    assert message.send() == 1
    assert _outbox() == [([JANE], [], [KIM])]
    assert (message.to, message.cc) == ([JANE, f"Joe <{JOE}>"], [JOE])


def test_no_header_shows_who_was_left_out(
    configured: dict[str, Any], suppressed: Callable[..., None]
) -> None:
    suppressed(JOE)

    _message(JANE, JOE, headers={"To": f"{JANE}, {JOE}"}).send()

    assert mail.outbox[0].message()["To"] == JANE


def test_a_mail_that_lost_whom_it_was_for_is_not_sent(
    configured: dict[str, Any], suppressed: Callable[..., None]
) -> None:
    suppressed(JANE)

    assert _message(JANE, bcc=[KIM]).send() == 0
    assert mail.outbox == []


def test_a_program_is_told_who_was_left_out(
    configured: dict[str, Any], suppressed: Callable[..., None]
) -> None:
    suppressed(JOE, reason=Reason.COMPLAINT)
    reported = []

    def hear(message: EmailMessage, checks: Any, **_: Any) -> None:
        reported.append((message.to, [(check.address, check.reason) for check in checks]))

    recipients_left_out.connect(hear)
    try:
        _message(JANE, JOE).send()
    finally:
        recipients_left_out.disconnect(hear)

    assert reported == [([JANE, JOE], [(JOE, Reason.COMPLAINT)])]


def test_many_mails_cost_one_question(configured: dict[str, Any], server: TestServer) -> None:
    messages = [_message(JANE), _message(JOE, JANE), _message(KIM)]

    assert mail.get_connection().send_messages(messages) == 3
    assert server.control_request("seen")["batch_sizes"] == [3]


def test_a_header_names_the_stream_and_the_class(
    configured: dict[str, Any], suppressed: Callable[..., None]
) -> None:
    suppressed(JANE, reason=Reason.UNSUBSCRIBE, stream="news")
    news = {STREAM_HEADER: "news"}

    sent = [
        _message(JANE).send(),
        _message(JANE, headers=news).send(),
        _message(JANE, headers={**news, MAIL_CLASS_HEADER: "essential"}).send(),
    ]

    assert sent == [1, 0, 1]
    headers = " ".join(str(each.message()) for each in mail.outbox)
    assert "X-Suppression" not in headers


@pytest.mark.parametrize(("choice", "sent"), [("do-not-send", 0), ("SEND", 1)])
def test_without_an_answer_the_choice_decides(
    configured: dict[str, Any], server: TestServer, choice: str, sent: int
) -> None:
    configured["WHEN_UNAVAILABLE"] = choice
    server.control_request("faults", method="BatchCheck", status={"code": "INTERNAL"})

    assert _message(JANE).send() == sent


@pytest.mark.parametrize(("mail_class", "sent"), [("ORDINARY", 0), ("ESSENTIAL", 1)])
def test_the_choice_can_depend_on_the_class_of_the_mail(
    configured: dict[str, Any], server: TestServer, mail_class: str, sent: int
) -> None:
    configured["WHEN_UNAVAILABLE"] = "send-essential"
    server.control_request("faults", method="BatchCheck", status={"code": "INTERNAL"})

    assert _message(JANE, headers={MAIL_CLASS_HEADER: mail_class}).send() == sent


def test_the_choice_can_be_an_error(configured: dict[str, Any], server: TestServer) -> None:
    configured["WHEN_UNAVAILABLE"] = "raise"
    server.control_request("faults", method="BatchCheck", times=2, status={"code": "INTERNAL"})

    with pytest.raises(UnavailableError):
        _message(JANE).send()

    assert _message(JANE).send(fail_silently=True) == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"SERVER": ""}, "lacks SERVER"),
        ({"WHEN_UNAVAILABLE": None}, "lacks WHEN_UNAVAILABLE"),
        ({"WHEN_UNAVAILABLE": "maybe"}, "do-not-send, send, send-essential or raise"),
        ({"MAIL_CLASS": "urgent"}, "ORDINARY, ESSENTIAL"),
    ],
)
def test_a_wrong_setting_is_told(
    configured: dict[str, Any], wrong: dict[str, Any], said: str
) -> None:
    configured.update(wrong)

    with pytest.raises(ImproperlyConfigured, match=said):
        EmailBackend().send_messages([_message(JANE)])
