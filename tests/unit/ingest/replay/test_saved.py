import json
from typing import Any

import pytest

from suppression_ingest.replay.saved import bodies_of

EVENT = {"eventType": "Send", "mail": {}}
TEXT = json.dumps(EVENT)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(EVENT, id="a bare event"),
        pytest.param({"MessageId": "1", "ReceiptHandle": "r", "Body": TEXT}, id="an SQS message"),
        pytest.param({"Messages": [{"Body": TEXT}]}, id="what aws sqs receive-message prints"),
        pytest.param({"Records": [{"body": TEXT, "eventSource": "aws:sqs"}]}, id="Lambda from SQS"),
        pytest.param({"Records": [{"Sns": EVENT, "EventSource": "aws:sns"}]}, id="Lambda from SNS"),
    ],
)
def test_a_message_is_found_in_every_wrapping(document: dict[str, Any]) -> None:
    assert [json.loads(body) for body in bodies_of(json.dumps(document))] == [EVENT]


def test_an_envelope_stays_as_it_is() -> None:
    text = json.dumps({"Type": "Notification", "Message": TEXT, "TopicArn": "t"})
    assert list(bodies_of(text)) == [text]


def test_every_message_of_several_is_found() -> None:
    messages = {"Messages": [{"Body": "one"}, {"Body": "two"}]}
    assert list(bodies_of(json.dumps(messages))) == ["one", "two"]


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "[" * 100_000])
def test_what_is_broken_is_left_for_the_pipeline_to_refuse(text: str) -> None:
    assert list(bodies_of(text)) == [text]


@pytest.mark.parametrize("member", [None, 5, "text", []])
def test_a_wrapping_around_something_odd_gives_a_body_to_refuse(member: object) -> None:
    assert list(bodies_of(json.dumps({"Messages": [member]}))) == [""]
