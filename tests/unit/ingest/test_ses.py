import copy
import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.events import subscription
from suppression_ingest.errors import InternalError, Malformed, Unrecognised
from suppression_ingest.pipeline import decide
from suppression_ingest.policy import Policy
from suppression_ingest.recipients import MAX_DIAGNOSTIC
from suppression_ingest.ses import SesEvent, parse_event

Json = dict[str, Any]

RECEIVED = dt.datetime(2026, 3, 4, tzinfo=dt.UTC)


class ABSENT:
    """A member that is not there. A class, for the name that its tests get from it."""


def parsed(document: Json, published: str = "") -> SesEvent:
    return parse_event(document, RECEIVED, published)


def changed(document: Json, path: str, value: object) -> Json:
    """Return a copy with one member, named by a dotted path, set or (ABSENT) taken away."""
    copied = copy.deepcopy(document)
    *parents, last = path.split(".")
    place: Any = copied
    for parent in parents:
        place = place[int(parent)] if parent.isdecimal() else place[parent]
    if value is ABSENT:
        del place[last]
    else:
        place[last] = value
    return copied


@pytest.fixture
def bounce(sample: Callable[[str], Json]) -> Json:
    return sample("bounce-event")


def test_a_bounce_tells_what_happened_when(bounce: Json) -> None:
    event = parsed(bounce)
    assert (event.kind, event.type, event.sub_type) == ("Bounce", "Permanent", "General")
    assert event.happened == dt.datetime(2026, 3, 2, 9, 30, 5, 120_000, dt.UTC)


def test_a_bounce_names_those_who_bounced_and_nobody_else_of_the_message(bounce: Json) -> None:
    assert [recipient.address for recipient in parsed(bounce).recipients] == ["gone@shop.example"]


def test_a_recipient_comes_with_what_its_host_said(bounce: Json) -> None:
    [recipient] = parsed(bounce).recipients
    assert recipient.status == "5.1.1"
    assert recipient.action == "failed"
    assert recipient.diagnostic == "smtp; 550 5.1.1 no such user here"


def test_the_configuration_set_comes_out_of_the_tags(bounce: Json) -> None:
    assert parsed(bounce).configuration_set == "orders-set"


def test_the_tenant_comes_out_of_the_tags(bounce: Json) -> None:
    bounce["mail"]["tags"]["ses:tenant-name"] = ["acme"]
    assert parsed(bounce).tenant == "acme"


def test_both_json_shapes_of_a_bounce_are_the_same_feedback(
    sample: Callable[[str], Json],
) -> None:
    event, notification = parsed(sample("bounce-event")), parsed(sample("bounce-notification"))
    assert event.identity == notification.identity


def test_a_complaint_names_those_who_complained(sample: Callable[[str], Json]) -> None:
    event = parsed(sample("complaint-event"))
    assert event.type == "abuse"
    assert [recipient.address for recipient in event.recipients] == [
        "Cross Person <cross@mail.example>"
    ]


@pytest.mark.parametrize("name", ["send-event", "rendering-failure-event"])
def test_other_events_name_nobody(sample: Callable[[str], Json], name: str) -> None:
    assert parsed(sample(name)).recipients == ()


@pytest.mark.parametrize("value", [ABSENT, None, 5, [], {}], ids=repr)
@pytest.mark.parametrize(
    "path",
    [
        "bounce.bounceSubType",
        "bounce.feedbackId",
        "bounce.reportingMTA",
        "bounce.bouncedRecipients.0.action",
        "bounce.bouncedRecipients.0.status",
        "bounce.bouncedRecipients.0.diagnosticCode",
        "mail.messageId",
        "mail.destination",
        "mail.tags",
        "mail.headersTruncated",
    ],
)
def test_a_bounce_is_heard_without_what_is_optional(bounce: Json, path: str, value: object) -> None:
    event = parsed(changed(bounce, path, value))
    assert [recipient.address for recipient in event.recipients] == ["gone@shop.example"]


@pytest.mark.parametrize("value", [ABSENT, None, 5, [], {}], ids=repr)
@pytest.mark.parametrize("member", ["complaintFeedbackType", "complaintSubType", "userAgent"])
def test_a_complaint_is_heard_without_what_is_optional(
    sample: Callable[[str], Json], member: str, value: object
) -> None:
    event = parsed(changed(sample("complaint-event"), f"complaint.{member}", value))
    assert len(event.recipients) == 1


@pytest.mark.parametrize("value", [ABSENT, None], ids=repr)
def test_a_bounce_is_heard_without_its_mail(bounce: Json, value: object) -> None:
    assert len(parsed(changed(bounce, "mail", value)).recipients) == 1


@pytest.mark.parametrize("recipient", ["gone@shop.example", None, 5, [], {}, {"emailAddress": 5}])
def test_a_broken_recipient_does_not_silence_the_others(bounce: Json, recipient: object) -> None:
    # given a bounce that names something odd and then an address
    recipients = [recipient, {"emailAddress": "other@shop.example"}]
    event = parsed(changed(bounce, "bounce.bouncedRecipients", recipients))
    # then the odd one has no address, and the other is heard
    assert [recipient.address for recipient in event.recipients] == ["", "other@shop.example"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("bounce", ABSENT),
        ("bounce", []),
        ("bounce", "Permanent"),
        ("bounce.bounceType", ABSENT),
        ("bounce.bounceType", None),
        ("bounce.bounceType", 5),
        ("bounce.bouncedRecipients", ABSENT),
        ("bounce.bouncedRecipients", {}),
        ("bounce.bouncedRecipients", "gone@shop.example"),
        ("eventType", 5),
        ("eventType", None),
        ("eventType", ["Bounce"]),
        ("mail", []),
        ("mail", "mail"),
    ],
)
def test_a_bounce_without_what_decides_is_malformed(bounce: Json, path: str, value: object) -> None:
    with pytest.raises(Malformed):
        parsed(changed(bounce, path, value))


def test_an_event_of_another_program_is_not_recognised() -> None:
    with pytest.raises(Unrecognised, match="without the mail"):
        parsed({"eventType": "OrderPlaced", "order": 4711})


def test_an_event_without_ids_is_the_same_whatever_order_its_members_come_in(bounce: Json) -> None:
    nameless = changed(changed(bounce, "bounce.feedbackId", ABSENT), "mail.messageId", ABSENT)
    assert parsed(nameless).identity == parsed(dict(reversed(nameless.items()))).identity


def test_an_event_without_a_time_happened_when_sns_took_it(bounce: Json) -> None:
    event = parsed(changed(bounce, "bounce.timestamp", ABSENT), "2026-03-02T09:30:06.000Z")
    assert event.happened == dt.datetime(2026, 3, 2, 9, 30, 6, tzinfo=dt.UTC)


def test_an_event_without_any_time_but_that_of_its_message_happened_then(bounce: Json) -> None:
    event = parsed(changed(bounce, "bounce.timestamp", ABSENT))
    assert event.happened == dt.datetime(2026, 3, 2, 9, 30, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize("name", ["bounce", "complaint"])
@pytest.mark.parametrize(
    ("told", "happened"),
    [("2026-03-02T08:00:00Z", dt.time(9, 30, 1)), ("2026-03-02T11:00:00Z", dt.time(11))],
    ids=["a slow clock", "any other"],
)
def test_feedback_is_never_older_than_its_mail(
    sample: Callable[[str], Json], name: str, told: str, happened: dt.time
) -> None:
    told_of = changed(sample(f"{name}-event"), "mail.timestamp", "2026-03-02T09:30:01Z")
    event = parsed(changed(told_of, f"{name}.timestamp", told))
    assert event.happened.time() == happened


def test_a_bounce_with_a_time_is_heard_though_its_mail_has_none_that_can_be_read(
    bounce: Json,
) -> None:
    event = parsed(changed(bounce, "mail.timestamp", "yesterday"))
    assert event.happened == dt.datetime(2026, 3, 2, 9, 30, 5, 120_000, dt.UTC)


@pytest.mark.parametrize("told", [ABSENT, None, "yesterday", "9999-12-31T23:59:59-23:59"])
def test_an_event_without_any_readable_time_happened_when_it_was_received(
    bounce: Json, told: object
) -> None:
    timeless = changed(changed(bounce, "bounce.timestamp", told), "mail.timestamp", ABSENT)
    assert parsed(timeless, "yesterday").happened == RECEIVED


@pytest.mark.parametrize("kind", ["Bounce", "Complaint", "Delivery", "Send", "Reject"])
@pytest.mark.parametrize(
    ("published", "happened"),
    [("2026-03-02T09:30:06Z", dt.datetime(2026, 3, 2, 9, 30, 6, tzinfo=dt.UTC)), ("", RECEIVED)],
    ids=["published", "received"],
)
def test_no_event_happened_after_its_report(
    kind: str, published: str, happened: dt.datetime
) -> None:
    future = "2099-01-01T00:00:00Z"
    details = {
        "timestamp": future,
        "bounceType": "Permanent",
        "bouncedRecipients": [],
        "complainedRecipients": [],
    }
    event = {"eventType": kind, kind.lower(): details, "mail": {"timestamp": future}}
    assert parsed(event, published).happened == happened


def test_without_a_feedback_id_message_and_time_tell_events_apart(
    sample: Callable[[str], Json],
) -> None:
    failure = sample("rendering-failure-event")
    other = changed(failure, "mail.messageId", "another message")
    assert parsed(failure).identity != parsed(other).identity


def test_without_a_feedback_id_the_same_event_is_the_same_whenever_sns_took_it(
    sample: Callable[[str], Json],
) -> None:
    failure = sample("rendering-failure-event")
    first = parsed(failure, "2026-03-02T09:31:01.000Z")
    again = parsed(failure, "2026-03-02T09:31:09.000Z")
    assert first.identity == again.identity


def test_without_any_id_the_text_tells_events_apart(bounce: Json) -> None:
    nameless = changed(changed(bounce, "bounce.feedbackId", ABSENT), "mail.messageId", ABSENT)
    other = changed(nameless, "bounce.bounceSubType", "NoEmail")
    assert parsed(nameless).identity == parsed(nameless).identity != parsed(other).identity


def test_a_long_diagnostic_is_cut(bounce: Json) -> None:
    long = changed(bounce, "bounce.bouncedRecipients.0.diagnosticCode", "x" * 1_000_000)
    assert len(parsed(long).recipients[0].diagnostic) == MAX_DIAGNOSTIC


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(alphabet=st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
SES_LIKE = st.fixed_dictionaries(
    {},
    optional={
        "eventType": st.sampled_from(["Bounce", "Complaint", "Send", "Reject", ""]) | ANY_JSON,
        "notificationType": st.sampled_from(["Bounce", "Complaint"]) | ANY_JSON,
        "mail": st.fixed_dictionaries(
            {},
            optional={"timestamp": st.text() | ANY_JSON, "messageId": ANY_JSON, "tags": ANY_JSON},
        )
        | ANY_JSON,
        "bounce": st.fixed_dictionaries(
            {},
            optional={
                "bounceType": st.sampled_from(["Permanent", "Transient"]) | ANY_JSON,
                "bounceSubType": ANY_JSON,
                "bouncedRecipients": st.lists(
                    st.fixed_dictionaries({"emailAddress": ANY_JSON}, optional={"status": ANY_JSON})
                    | ANY_JSON,
                    max_size=3,
                )
                | ANY_JSON,
                "timestamp": st.just("2026-03-02T09:30:05.120Z") | ANY_JSON,
                "feedbackId": ANY_JSON,
            },
        )
        | ANY_JSON,
        "complaint": ANY_JSON,
    },
)


def only_refusals_escape(text: str) -> bool:
    """Take a text through everything that comes before the store."""
    decided = decide(text, RECEIVED, lambda _: None, Policy())
    return not any(isinstance(one.outcome.refusal, InternalError) for one in decided.decisions)


@given(ANY_JSON | SES_LIKE)
def test_no_json_makes_anything_but_a_refusal(document: object) -> None:
    assert only_refusals_escape(json.dumps(document))


@given(ANY_JSON | SES_LIKE)
def test_no_json_in_an_envelope_makes_anything_but_a_refusal(document: object) -> None:
    envelope = {
        "Type": "Notification",
        "MessageId": "1",
        "TopicArn": "t",
        "Timestamp": "t",
        "Message": json.dumps(document),
    }
    assert only_refusals_escape(json.dumps(envelope))


@given(st.text(alphabet=st.characters(codec=None)))
def test_no_text_makes_anything_but_a_refusal(text: str) -> None:
    assert only_refusals_escape(text)


@given(st.binary())
def test_no_bytes_make_anything_but_a_refusal(octets: bytes) -> None:
    assert only_refusals_escape(octets.decode("utf-8", "surrogateescape"))


@given(st.sampled_from(['{"a":', "[", '{"mail":[', '{"eventType":"Bounce","bounce":']))
def test_no_nesting_makes_anything_but_a_refusal(opening: str) -> None:
    assert only_refusals_escape(opening * (1024 * 1024 // len(opening)))


@given(st.integers(1, 900), st.sampled_from(["headers", "tags", "messageId", "timestamp"]))
def test_no_nesting_inside_makes_anything_but_a_refusal(depth: int, member: str) -> None:
    nested = "[" * depth + "]" * depth
    assert only_refusals_escape(f'{{"eventType": "Send", "mail": {{"{member}": {nested}}}}}')


@given(st.integers(0, 600), st.sampled_from(["", "x", "\0", "\ud800"]))
def test_no_cut_or_odd_character_makes_anything_but_a_refusal(place: int, insert: str) -> None:
    text = json.dumps({"eventType": "Bounce", "bounce": {"bounceType": "Permanent"}, "mail": {}})
    assert only_refusals_escape(text[:place] + insert)
    assert only_refusals_escape(text[:place] + insert + text[place:])


def test_a_send_tells_its_recipients_and_is_as_old_as_its_mail(
    sample: Callable[[str], Json],
) -> None:
    event = parsed(sample("send-event"), published="2026-03-03T00:00:01Z")
    assert event.reached == ("someone@shop.example",)
    assert event.happened == dt.datetime(2026, 3, 2, 9, 30, 1, tzinfo=dt.UTC)


def test_a_delivery_tells_those_who_got_the_mail_and_not_all_whom_it_was_sent_to(
    sample: Callable[[str], Json],
) -> None:
    delivered = {"recipients": ["one@x.example"], "timestamp": "2026-03-02T09:30:02Z"}
    event = parsed(sample("send-event") | {"eventType": "Delivery", "delivery": delivered})
    assert event.reached == ("one@x.example",)


@pytest.mark.parametrize("odd", [ABSENT, None, "someone@shop.example", [1, None], {}])
def test_a_send_without_sound_recipients_is_still_an_event(
    sample: Callable[[str], Json], odd: object
) -> None:
    assert parsed(changed(sample("send-event"), "mail.destination", odd)).reached == ()


def test_a_change_of_preferences_names_the_only_recipient_of_the_mail() -> None:
    event = parsed(subscription("jane@example.com", {"weekly": "OptOut"}))
    assert [recipient.address for recipient in event.recipients] == ["jane@example.com"]
    assert event.subscription
    assert event.subscription.new.opted_out == {"weekly": True}


def test_a_change_of_preferences_names_nobody_of_several_recipients() -> None:
    event = subscription("jane@example.com", {"weekly": "OptOut"})
    event["mail"]["destination"].append("joe@example.com")
    assert parsed(event).recipients == ()


def test_a_bounce_has_reached_nobody(bounce: Json) -> None:
    assert parsed(bounce).reached == ()
