import json
from collections.abc import Callable
from typing import Any

import pytest

from suppression_ingest.errors import Malformed
from suppression_ingest.ses import EVENT_PUBLISHING_SET_UP
from suppression_ingest.sns.envelope import open_envelope

Json = dict[str, Any]


def test_an_envelope_gives_the_message_that_ses_published(signed: Callable[..., Json]) -> None:
    assert open_envelope(json.dumps(signed("published"))).message == "published"


def test_a_body_without_an_envelope_is_the_message_itself(
    sample: Callable[[str], Json],
) -> None:
    body = json.dumps(sample("bounce-event"))
    assert open_envelope(body).message == body


def test_a_body_without_an_envelope_has_nothing_signed(sample: Callable[[str], Json]) -> None:
    assert open_envelope(json.dumps(sample("bounce-event"))).signed is None


def test_the_set_up_text_needs_no_envelope() -> None:
    assert open_envelope(EVENT_PUBLISHING_SET_UP).message == EVENT_PUBLISHING_SET_UP


def test_the_spelling_of_lambda_records_is_understood(signed: Callable[..., Json]) -> None:
    # given an envelope as Lambda functions get it
    posted = signed("published")
    record = {k: v for k, v in posted.items() if k != "SigningCertURL"}
    record |= {"SigningCertUrl": posted["SigningCertURL"], "Subject": None}
    # then it names the same certificate and has no subject
    envelope = open_envelope(json.dumps(record))
    assert envelope.certificate_url == posted["SigningCertURL"]
    assert "Subject" not in (envelope.signed or {})


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="empty"),
        pytest.param("Hello world", id="prose"),
        pytest.param('{"Type": "Notif', id="cut off"),
        pytest.param('["Type"]', id="an array"),
        pytest.param('"text"', id="a text"),
        pytest.param("null", id="null"),
        pytest.param("[" * 1024 * 1024, id="a megabyte of arrays"),
        pytest.param('{"a":' * 200_000, id="a megabyte of objects"),
        pytest.param("9" * 10_000, id="a number of ten thousand digits"),
        pytest.param('{"a": "\0"}', id="a NUL"),
    ],
)
def test_what_is_no_json_object_is_malformed(body: str) -> None:
    with pytest.raises(Malformed):
        open_envelope(body)


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
        open_envelope(json.dumps(signed() | members))


def test_what_is_left_of_an_envelope_does_not_pass_for_a_bare_event() -> None:
    with pytest.raises(Malformed):
        open_envelope('{"Type": "Notification"}')
