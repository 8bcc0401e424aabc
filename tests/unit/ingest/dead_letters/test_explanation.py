import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from suppression_ingest.aws.sqs import Message
from suppression_ingest.dead_letters.explanation import ACCEPTED, Explanation, explain
from suppression_ingest.errors import Forged, Unverifiable
from suppression_ingest.sns.envelope import Envelope

Json = dict[str, Any]
SENT = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)


def trusting(_envelope: Envelope) -> None:
    """Take every envelope."""


def read(body: str, authenticate: Any = trusting) -> Explanation:
    return explain(Message("id", "receipt", body, 3, SENT.timestamp()), authenticate)


def test_a_letter_that_would_be_taken_now_is_accepted(sample: Callable[[str], Json]) -> None:
    assert read(json.dumps(sample("bounce-event"))).result == ACCEPTED


def test_the_kind_and_the_masked_recipients_are_shown(sample: Callable[[str], Json]) -> None:
    reading = read(json.dumps(sample("bounce-event")))
    assert (reading.kind, reading.recipients) == ("Bounce", ["g***@s***"])


def test_a_broken_letter_is_malformed_and_shows_nobody() -> None:
    reading = read('{"eventType": "Bounce", "bounce": {"emailAddress": "jane@')
    assert (reading.result, reading.kind, reading.recipients) == ("malformed", "", [])


@pytest.mark.parametrize("refusal", [Forged("it is"), Unverifiable("down")])
def test_what_cannot_be_trusted_shows_whom_it_is_about(
    signed: Callable[..., Json], sample: Callable[[str], Json], refusal: Exception
) -> None:
    def refuse(_envelope: Envelope) -> None:
        raise refusal

    reading = read(json.dumps(signed(json.dumps(sample("bounce-event")))), refuse)
    assert reading.result in {"forged", "cannot verify now"}
    assert reading.recipients == ["g***@s***"]


def test_a_kind_that_is_not_known_is_not_repeated() -> None:
    event = {"eventType": "jane@shop.example", "mail": {"timestamp": "2026-03-02T09:30:05Z"}}
    assert read(json.dumps(event)).kind == "unknown"


def test_a_letter_that_is_nobodys_event_is_called_what_it_is() -> None:
    reading = read('{"AlarmName": "bounces", "NewStateValue": "ALARM"}')
    assert (reading.result, reading.why) == ("not an SES event", "an alarm of CloudWatch")


def test_a_letter_with_several_events_says_how_many_are_refused(
    sample: Callable[[str], Json],
) -> None:
    reading = read(json.dumps([sample("bounce-event"), sample("complaint-event"), {"a": 1}]))
    assert reading.why == "1 of 3 events: JSON without eventType or notificationType"
    assert (reading.kind, len(reading.recipients)) == ("Bounce, Complaint", 2)


def test_when_it_was_sent_and_how_often_it_came_are_shown() -> None:
    reading = read("{}")
    assert (reading.sent, reading.receive_count) == ("2026-03-02T09:30:00Z", 3)
