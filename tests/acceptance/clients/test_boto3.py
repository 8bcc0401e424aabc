from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import boto3
import botocore.config
import pytest

from suppression import MailClass, Reason, SuppressionClient, WhenUnavailable
from suppression.contrib.boto3 import CheckedSES, NobodyToMail
from tests.support.aws.sending import Ses
from tests.support.testserver import TestServer

JANE, JOE, KIM = "jane@example.com", "joe@example.com", "kim@example.com"
SIMPLE = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}
FROM = "shop@example.com"


def _sdk(ses: Ses) -> Any:
    make: Any = boto3.client
    return make(
        "sesv2",
        endpoint_url=ses.url,
        region_name="eu-central-1",
        aws_access_key_id="stand-in",
        aws_secret_access_key="stand-in",
        config=botocore.config.Config(retries={"max_attempts": 0}),
    )


@pytest.fixture
def checked(ses: Ses, client: SuppressionClient) -> CheckedSES:
    return CheckedSES(_sdk(ses), client, configuration_set="news")


def _destination(**lists: list[str]) -> dict[str, list[str]]:
    return {f"{name.title()}Addresses": each for name, each in lists.items()}


def test_a_mail_goes_through_the_configuration_set(checked: CheckedSES, ses: Ses) -> None:
    answer = checked.send_email(
        FromEmailAddress=FROM, Destination=_destination(to=[JANE]), Content=SIMPLE
    )

    assert answer["MessageId"] == "m"
    assert ses.sent[0]["ConfigurationSetName"] == "news"


def test_a_mail_can_name_another_configuration_set(checked: CheckedSES, ses: Ses) -> None:
    checked.send_email(
        FromEmailAddress=FROM,
        Destination=_destination(to=[JANE]),
        Content=SIMPLE,
        ConfigurationSetName="other",
    )

    assert ses.sent[0]["ConfigurationSetName"] == "other"


def test_who_may_not_be_mailed_is_left_out(
    checked: CheckedSES, ses: Ses, suppressed: Callable[..., None]
) -> None:
    suppressed(JOE)

    checked.send_email(
        FromEmailAddress=FROM,
        Destination=_destination(to=[JANE, f"Joe <{JOE.upper()}>"], cc=[JOE], bcc=[KIM]),
        Content=SIMPLE,
    )

    assert ses.sent[0]["Destination"] == _destination(to=[JANE], bcc=[KIM])


@pytest.mark.parametrize("others", [{}, {"cc": [KIM]}])
def test_a_mail_that_lost_whom_it_was_for_is_not_sent(
    checked: CheckedSES,
    ses: Ses,
    suppressed: Callable[..., None],
    others: dict[str, list[str]],
) -> None:
    suppressed(JANE, reason=Reason.COMPLAINT)

    with pytest.raises(NobodyToMail, match="COMPLAINT") as raised:
        checked.send_email(
            FromEmailAddress=FROM, Destination=_destination(to=[JANE], **others), Content=SIMPLE
        )

    assert ses.sent == []
    assert not raised.value.unanswered
    assert JANE not in str(raised.value)


def test_text_that_is_no_address_is_not_mailed(checked: CheckedSES, ses: Ses) -> None:
    with pytest.raises(NobodyToMail, match="INVALID_ADDRESS"):
        checked.send_email(
            FromEmailAddress=FROM,
            Destination=_destination(to=[f"{JANE}, {JOE}"]),
            Content=SIMPLE,
        )

    assert ses.sent == []


def test_a_raw_mail_goes_to_those_of_its_header_who_may_be_mailed(
    checked: CheckedSES, ses: Ses, suppressed: Callable[..., None]
) -> None:
    suppressed(JOE)
    mail = EmailMessage()
    mail["To"], mail["Cc"] = f"Jane <{JANE}>, Joe <{JOE}>", KIM

    checked.send_email(FromEmailAddress=FROM, Content={"Raw": {"Data": mail.as_bytes()}})

    assert ses.sent[0]["Destination"] == _destination(to=[JANE], cc=[KIM])


def test_the_stream_and_the_class_of_the_mail_count(
    ses: Ses, client: SuppressionClient, suppressed: Callable[..., None]
) -> None:
    suppressed(JANE, reason=Reason.UNSUBSCRIBE, stream="news")
    mail = {
        "FromEmailAddress": FROM,
        "Destination": _destination(to=[JANE]),
        "Content": SIMPLE,
    }
    of_stream = CheckedSES(_sdk(ses), client, configuration_set="news", stream="news")
    essential = CheckedSES(
        _sdk(ses),
        client,
        configuration_set="news",
        stream="news",
        mail_class=MailClass.ESSENTIAL,
    )

    with pytest.raises(NobodyToMail):
        of_stream.send_email(**mail)
    essential.send_email(**mail)

    assert ses.recipients == [JANE]


def _entries(*addresses: str) -> list[dict[str, Any]]:
    return [{"Destination": _destination(to=[address])} for address in addresses]


def test_of_a_bulk_mail_the_suppressed_entries_are_answered_at_their_place(
    checked: CheckedSES, ses: Ses, suppressed: Callable[..., None], server: TestServer
) -> None:
    suppressed(JOE)

    answer = checked.send_bulk_email(
        FromEmailAddress=FROM,
        DefaultContent={"Template": {"TemplateName": "t", "TemplateData": "{}"}},
        BulkEmailEntries=_entries(JANE, JOE, KIM),
    )

    statuses = [each["Status"] for each in answer["BulkEmailEntryResults"]]
    assert statuses == ["SUCCESS", "MESSAGE_REJECTED", "SUCCESS"]
    error = answer["BulkEmailEntryResults"][1]["Error"]
    assert error == "suppressed: no recipient may be mailed: HARD_BOUNCE"
    assert ses.sent[0]["BulkEmailEntries"] == _entries(JANE, KIM)
    assert server.control_request("seen")["count"]["BatchCheck"] == 1


def test_a_bulk_mail_to_nobody_is_not_sent(
    checked: CheckedSES, ses: Ses, suppressed: Callable[..., None]
) -> None:
    suppressed(JOE)

    answer = checked.send_bulk_email(
        DefaultContent={"Template": {"TemplateName": "t"}}, BulkEmailEntries=_entries(JOE)
    )

    assert [each["Status"] for each in answer["BulkEmailEntryResults"]] == ["MESSAGE_REJECTED"]
    assert ses.sent == []


def test_without_an_answer_a_mail_can_be_left_unsent(server: TestServer, ses: Ses) -> None:
    server.control_request("faults", method="BatchCheck", status={"code": "INTERNAL"})
    with server.client(WhenUnavailable.DO_NOT_SEND) as client:
        checked = CheckedSES(_sdk(ses), client, configuration_set="news")
        with pytest.raises(NobodyToMail, match="UNANSWERED") as raised:
            checked.send_email(Destination=_destination(to=[JANE]), Content=SIMPLE)

    assert (raised.value.unanswered, ses.sent) == (True, [])


def test_without_an_answer_a_mail_can_be_sent(server: TestServer, ses: Ses) -> None:
    server.control_request("faults", method="BatchCheck", status={"code": "INTERNAL"})
    with server.client(WhenUnavailable.SEND) as client:
        checked = CheckedSES(_sdk(ses), client, configuration_set="news")
        checked.send_email(Destination=_destination(to=[JANE]), Content=SIMPLE)

    assert ses.recipients == [JANE]


def test_other_calls_are_those_of_the_client(checked: CheckedSES) -> None:
    assert checked.meta.service_model.service_name == "sesv2"


def test_what_would_send_unchecked_is_not_to_be_had(checked: CheckedSES) -> None:
    with pytest.raises(AttributeError, match="not checked"):
        _ = checked.send_custom_verification_email
