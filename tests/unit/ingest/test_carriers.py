import json
from collections.abc import Callable
from typing import Any

import pytest

from suppression_ingest.carriers import MAX_EVENTS, Carried, SetUp, opened
from suppression_ingest.errors import Forged, Malformed, PayloadInS3, Refused, Unrecognised
from suppression_ingest.ses import EVENT_PUBLISHING_SET_UP
from suppression_ingest.sns.envelope import NO_ENVELOPE, Envelope

Json = dict[str, Any]
Signed = Callable[..., Json]

EVENT: Json = {
    "eventType": "Bounce",
    "mail": {"messageId": "1"},
    "bounce": {"bounceType": "Permanent"},
}
TEXT = json.dumps(EVENT)
POINTER = {"s3BucketName": "large", "s3Key": "0123"}


def trusting(_envelope: Envelope) -> None:
    """Take every envelope."""


def bridged(**members: Any) -> Json:
    return {
        "version": "0",
        "id": "11111111-2222-3333-4444-555555555555",
        "detail-type": "Email Bounced",
        "source": "aws.ses",
        "account": "123456789012",
        "time": "2026-03-02T09:30:06Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": EVENT,
    } | members


def opened_(body: Any) -> list[Carried]:
    return opened(body if isinstance(body, str) else json.dumps(body), trusting)


def contents(body: Any) -> list[Any]:
    return [part.content for part in opened_(body)]


def refusal(body: Any) -> Refused:
    [content] = contents(body)
    assert isinstance(content, Refused)
    return content


def as_lambda(envelope: Json) -> Json:
    fields = {name: value for name, value in envelope.items() if name != "SigningCertURL"}
    return fields | {"SigningCertUrl": envelope["SigningCertURL"], "Subject": None}


# --- one event ---------------------------------------------------------------------------------


def carriers(signed: Signed) -> dict[str, Any]:
    envelope = signed(TEXT)
    return {
        "bare": EVENT,
        "SNS": envelope,
        "SNS in SNS": signed(json.dumps(envelope)),
        "EventBridge": bridged(),
        "EventBridge in SNS": signed(json.dumps(bridged())),
        "Lambda from SQS": {"Records": [{"eventSource": "aws:sqs", "body": TEXT}]},
        "Lambda from SNS": {"Records": [{"EventSource": "aws:sns", "Sns": as_lambda(envelope)}]},
        "Lambda from SQS from SNS": {"Records": [{"body": json.dumps(envelope)}]},
        "Lambda from SQS from EventBridge": {"Records": [{"body": json.dumps(bridged())}]},
        "array": [EVENT],
        "byte order mark": f"\ufeff{TEXT}",
        "byte order mark in SNS": signed(f"\ufeff{TEXT}"),
        "blank lines": f"\r\n{TEXT}\r\n\r\n",
        "pretty": json.dumps(EVENT, indent=2),
    }


@pytest.mark.parametrize("carrier", carriers(lambda message: {"SigningCertURL": "", "M": message}))
def test_the_event_comes_out_of_its_carriers(signed: Signed, carrier: str) -> None:
    assert contents(carriers(signed)[carrier]) == [EVENT]


def test_an_event_was_published_when_the_innermost_carrier_got_it(signed: Signed) -> None:
    [inner] = opened_(signed(json.dumps(bridged())))
    assert inner.published == "2026-03-02T09:30:06Z"
    [outer] = opened_(signed(json.dumps(bridged(time=None))))
    assert outer.published == "2026-03-02T09:30:06.000Z"


@pytest.mark.parametrize(
    "body",
    [
        EVENT_PUBLISHING_SET_UP,
        f"\ufeff{EVENT_PUBLISHING_SET_UP}\n",
        {"notificationType": "AmazonSnsSubscriptionSucceeded"},
    ],
)
def test_the_messages_of_ses_about_a_topic_set_it_up(body: Any) -> None:
    assert contents(body) == [SetUp()]


# --- several events ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f"{TEXT}\n{TEXT}\n{TEXT}\n", id="lines"),
        pytest.param(f"{TEXT}\r\n\ufeff{TEXT}\r\n\r\n{TEXT}", id="lines of Windows"),
        pytest.param(f"{TEXT}{TEXT} {TEXT}", id="nothing between"),
        pytest.param([EVENT, EVENT, EVENT], id="array"),
        pytest.param([EVENT, [EVENT, EVENT]], id="array in an array"),
        pytest.param({"Records": [{"body": TEXT}] * 3}, id="records"),
        pytest.param(f"{json.dumps(bridged())}\n{json.dumps([EVENT, EVENT])}", id="mixed"),
    ],
)
def test_a_body_can_carry_several_events(body: Any) -> None:
    assert contents(body) == [EVENT] * 3


def test_a_broken_line_hides_no_other_event() -> None:
    first, broken, last = contents(f"{TEXT}\n{TEXT[:-10]}\nnoise\n{TEXT}")
    assert (first, last) == (EVENT, EVENT)
    assert isinstance(broken, Malformed)


def test_what_was_cut_off_is_malformed_once_however_many_lines_it_has() -> None:
    whole = json.dumps(EVENT | {"bouncedRecipients": [{"emailAddress": "a@x.example"}]}, indent=2)
    assert isinstance(refusal(whole[:-2]), Malformed)


def test_a_member_that_is_no_event_hides_no_other() -> None:
    assert [isinstance(one, Unrecognised) for one in contents([EVENT, 5, EVENT])] == [
        False,
        True,
        False,
    ]


def test_more_events_than_a_message_can_hold_are_refused_together() -> None:
    assert "5,000 events" in str(refusal([EVENT] * (MAX_EVENTS + 1)))


# --- who vouches for an event ------------------------------------------------------------------


def test_every_envelope_is_authenticated_once_however_many_events_are_in_it(
    signed: Signed,
) -> None:
    checked: list[str] = []
    inner = signed(f"{TEXT}\n{TEXT}", MessageId="inner")
    outer = signed(json.dumps(inner), MessageId="outer")
    opened(json.dumps(outer), lambda envelope: checked.append(envelope.message_id))
    assert checked == ["outer", "inner"]


@pytest.mark.parametrize("forged", ["outer", "inner"])
def test_nothing_is_read_out_of_a_forged_envelope(signed: Signed, forged: str) -> None:
    def check(envelope: Envelope) -> None:
        if envelope.message_id == forged:
            raise Forged("it is")

    inner = signed(TEXT, MessageId="inner")
    [part] = opened(json.dumps(signed(json.dumps(inner), MessageId="outer")), check)
    assert isinstance(part.content, Forged)
    assert part.envelope.message_id == "outer"


def test_the_envelope_of_a_lambda_record_is_authenticated(signed: Signed) -> None:
    def refuse(envelope: Envelope) -> None:
        if envelope.signed:
            raise Forged("it is")

    record = {"Records": [{"Sns": as_lambda(signed(TEXT))}, {"body": TEXT}]}
    forged, bare = opened(json.dumps(record), refuse)
    assert isinstance(forged.content, Forged)
    assert bare.content == EVENT


@pytest.mark.parametrize("body", [EVENT, bridged(), [EVENT], {"Records": [{"body": TEXT}]}, {}])
def test_whether_an_event_needs_an_envelope_is_for_the_caller_to_say(body: Any) -> None:
    def refuse(envelope: Envelope) -> None:
        assert envelope is NO_ENVELOPE
        raise Forged("no envelope")

    for trusted, check in ((trusting, refuse), (refuse, trusting)):
        [part] = opened(json.dumps(body), trusted, [check])
        assert isinstance(part.content, Forged)


def test_the_checks_of_the_caller_are_made_on_the_outermost_envelope_alone(signed: Signed) -> None:
    checked: list[str] = []
    outer = signed(json.dumps(signed(TEXT, MessageId="inner")), MessageId="outer")
    opened(json.dumps(outer), trusting, [lambda envelope: checked.append(envelope.message_id)])
    assert checked == ["outer"]


def test_an_event_that_another_program_put_on_the_bus_is_refused() -> None:
    found = refusal(bridged(source="shop.mail"))
    assert (type(found), str(found)) == (
        Unrecognised,
        "an EventBridge event of another source than aws.ses",
    )


# --- what is nobody's event --------------------------------------------------------------------


@pytest.mark.parametrize(
    "pointer",
    [
        ["software.amazon.payloadoffloading.PayloadS3Pointer", POINTER],
        ["com.amazon.sqs.javamessaging.MessageS3Pointer", POINTER],
    ],
)
def test_a_pointer_to_s3_is_refused_by_name(signed: Signed, pointer: Any) -> None:
    assert isinstance(refusal(pointer), PayloadInS3)
    assert isinstance(refusal(signed(json.dumps(pointer))), PayloadInS3)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("Hello world", "a text that is not JSON"),
        ("", "a text that is not JSON"),
        ("null", "a text that is not JSON"),
        ('"text"', "a text that is not JSON"),
        ("9" * 10_000, "a text that is not JSON"),
        ([], "a carrier without any event in it"),
        ({"Records": []}, "a carrier without any event in it"),
        ([["Type"]], "JSON that is not an object"),
        ({}, "JSON without eventType or notificationType"),
        ({"a": 1}, "JSON without eventType or notificationType"),
        ({"AlarmName": "bounces", "NewStateValue": "ALARM"}, "an alarm of CloudWatch"),
        (
            {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "mail"},
            "a test event of S3",
        ),
        ({"Records": [{"eventSource": "aws:s3", "s3": {}}]}, "a Lambda record of S3"),
        (
            {"Records": [5]},
            "a Lambda record of another service than SQS or SNS",
        ),
        ({"MessageId": "1", "Body": "{}"}, "a saved SQS message, not its body"),
        (
            bridged(**{"detail-type": "Sending Status Disabled", "detail": {"version": "1.0"}}),
            "an EventBridge event of SES that is not about sent mail",
        ),
        (bridged(detail=TEXT), "an EventBridge event of SES that is not about sent mail"),
    ],
)
def test_what_is_nobodys_event_is_refused_with_a_name_for_it(body: Any, name: str) -> None:
    found = refusal(body)
    assert (type(found), str(found)) == (Unrecognised, name)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('{"Type": "Notif', id="cut off"),
        pytest.param("[" * 1024 * 1024, id="a megabyte of arrays"),
        pytest.param('{"a":' * 200_000, id="a megabyte of objects"),
        pytest.param("[\n" * 500_000, id="a megabyte of lines that open an array"),
        pytest.param('{"a": "\0"}', id="a NUL"),
        pytest.param('{"a": ' + "9" * 10_000 + "}", id="a number of ten thousand digits"),
        pytest.param("[" * 20 + TEXT + "]" * 20, id="an event in twenty arrays"),
    ],
)
def test_what_is_broken_is_malformed(body: str) -> None:
    assert isinstance(refusal(body), Malformed)


def test_envelopes_in_envelopes_end_somewhere(signed: Signed) -> None:
    body = TEXT
    for _ in range(12):
        body = json.dumps(signed(body))
    assert "nested too deeply" in str(refusal(body))
