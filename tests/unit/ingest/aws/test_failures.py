from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from suppression_ingest.aws.failures import action_of, translated
from suppression_ingest.errors import AwsError, NotPermitted, NotSignedIn


def refusal(code: str, said: str = "said by AWS") -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": said}}
    return ClientError(answer, "GetAccount")


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("CreateTopic", "sns:CreateTopic"),
        ("SetQueueAttributes", "sqs:SetQueueAttributes"),
        ("PutAccountSuppressionAttributes", "ses:PutAccountSuppressionAttributes"),
        ("DeleteMessageBatch", "sqs:DeleteMessage"),
        ("PutMetricAlarm", "cloudwatch:PutMetricAlarm"),
        ("GetIdentityNotificationAttributes", "ses:GetIdentityNotificationAttributes"),
    ],
)
def test_an_operation_is_named_as_policies_name_it(operation: str, action: str) -> None:
    assert action_of(operation) == action


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "AuthorizationError"])
def test_a_missing_permission_is_the_action_to_allow(code: str) -> None:
    with pytest.raises(NotPermitted) as raised, translated():
        raise refusal(code)
    assert raised.value.action == "ses:GetAccount"


@pytest.mark.parametrize("code", ["InvalidClientTokenId", "ExpiredToken"])
def test_credentials_that_are_not_taken_are_said(code: str) -> None:
    with pytest.raises(NotSignedIn, match=code), translated():
        raise refusal(code)


def test_missing_credentials_are_said() -> None:
    with pytest.raises(NotSignedIn, match="no credentials"), translated():
        raise NoCredentialsError


def test_a_call_that_comes_too_fast_to_the_end_is_said() -> None:
    with pytest.raises(AwsError, match="more slowly"), translated():
        raise refusal("TooManyRequestsException")


def test_an_aws_that_is_away_is_said() -> None:
    with pytest.raises(AwsError, match="cannot be reached"), translated():
        raise EndpointConnectionError(endpoint_url="https://sns")


def test_an_html_page_is_not_repeated() -> None:
    with pytest.raises(AwsError, match="500: an HTML page instead of an answer"), translated():
        raise refusal("500", "\n<!doctype html><title>500 Internal Server Error</title>")


def test_anything_else_is_said_in_the_words_of_aws() -> None:
    said = "ses:GetAccount: BadRequestException: said by AWS"
    with pytest.raises(AwsError, match=said), translated():
        raise refusal("BadRequestException")


@pytest.mark.parametrize(
    "address",
    [
        "jane@x.example",
        "<jane@x.example>.",
        "'o'jane+news@x.example'",
        '"jane doe"@x.example',
        "identity/jane@x.example",
        "jane@",
    ],
)
def test_no_address_is_told_of_what_aws_says(address: str) -> None:
    with pytest.raises(AwsError) as raised, translated():
        raise refusal("BadRequestException", f"Address {address} is\nnot valid")
    said = "ses:GetAccount: BadRequestException: Address (an address) is not valid"
    assert str(raised.value) == said
