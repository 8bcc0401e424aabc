from collections.abc import Callable
from typing import Any

import pytest

from suppression_ingest.errors import Malformed
from suppression_ingest.sns.envelope import is_envelope, open_envelope

Json = dict[str, Any]


def test_an_envelope_gives_the_message_that_ses_published(signed: Callable[..., Json]) -> None:
    assert open_envelope(signed("published")).message == "published"


def test_the_spelling_of_lambda_records_is_understood(signed: Callable[..., Json]) -> None:
    # given an envelope as Lambda functions get it
    posted = signed("published")
    record = {k: v for k, v in posted.items() if k != "SigningCertURL"}
    record |= {"SigningCertUrl": posted["SigningCertURL"], "Subject": None}
    # then it names the same certificate and has no subject
    envelope = open_envelope(record)
    assert envelope.certificate_url == posted["SigningCertURL"]
    assert "Subject" not in (envelope.signed or {})


@pytest.mark.parametrize(
    "members",
    [
        {"Type": "Surprise"},
        {"Type": 5},
        {"Type": ["Notification"]},
        {"Message": None},
        {"Message": {"eventType": "Bounce"}},
        {"MessageId": None},
        {"MessageId": 7},
        {"MessageId": "1\nSubject\nforged"},
        {"MessageId": "jane@example.com"},
        {"TopicArn": None},
        {"TopicArn": []},
        {"Timestamp": {}},
        {"Timestamp": "2026\nTopicArn"},
    ],
    ids=str,
)
def test_an_envelope_with_a_wrong_part_is_malformed(
    signed: Callable[..., Json], members: Json
) -> None:
    with pytest.raises(Malformed):
        open_envelope(signed() | members)


def test_what_is_left_of_an_envelope_does_not_pass_for_a_bare_event() -> None:
    assert is_envelope({"Type": "Notification"})
    with pytest.raises(Malformed):
        open_envelope({"Type": "Notification"})
