import dataclasses
import datetime as dt

import pytest

from suppression_ingest.decision_table import DELAYED_IS_SOFT
from suppression_ingest.policy import NO_RECIPIENT, NOT_AN_ADDRESS, Policy
from suppression_ingest.recipients import Recipient
from suppression_ingest.ses import SesEvent
from suppression_ingest.streams import Streams
from suppression_ingest.subscription import Preferences, Subscription
from suppression_service.store import DeliveryEventKind, Effect, Reason

BOUNCE = SesEvent(
    kind="Bounce",
    happened=dt.datetime(2026, 3, 2, tzinfo=dt.UTC),
    identity="f-1",
    type="Permanent",
    sub_type="General",
    recipients=(Recipient("one@example.com"), Recipient("Two <two@example.com>")),
    feedback_id="f-1",
)
UNSUBSCRIBED = dataclasses.replace(BOUNCE, sub_type="UnsubscribedRecipient")


def naming(*recipients: Recipient) -> SesEvent:
    return dataclasses.replace(BOUNCE, recipients=recipients)


def test_every_recipient_that_a_bounce_names_is_suppressed() -> None:
    pieces, _ = Policy().feedback(BOUNCE)
    assert [(piece.address, piece.effect) for piece in pieces] == [
        ("one@example.com", Effect(Reason.HARD_BOUNCE)),
        ("two@example.com", Effect(Reason.HARD_BOUNCE)),
    ]


def test_a_recipient_that_is_named_twice_is_one_piece_of_feedback() -> None:
    pieces, _ = Policy().feedback(naming(Recipient("a@b.example"), Recipient("A <A@B.example>")))
    assert [piece.address for piece in pieces] == ["a@b.example"]


def test_of_two_mentions_of_a_recipient_the_one_with_an_effect_decides() -> None:
    # given an address that is delayed and failed at once, and delayed ones are soft
    recipients = (Recipient("a@b.example", "failed"), Recipient("a@b.example", "delayed"))
    for order in (recipients, recipients[::-1]):
        [piece], _ = Policy(DELAYED_IS_SOFT).feedback(naming(*order))
        # then it failed
        assert piece.effect == Effect(Reason.HARD_BOUNCE)


def test_a_recipient_that_is_no_address_is_recorded_and_leads_to_a_warning() -> None:
    [piece], warnings = Policy().feedback(naming(Recipient("undisclosed-recipients:;")))
    assert (piece.address, piece.effect) == ("", None)
    assert warnings == {NOT_AN_ADDRESS}


def test_a_bounce_that_names_nobody_is_recorded_and_in_no_rate() -> None:
    [piece], warnings = Policy().feedback(naming())
    assert (piece.address, piece.effect, piece.counts_as) == ("", None, "")
    assert warnings == {NO_RECIPIENT}


def test_mail_to_the_simulator_is_suppressed_and_in_no_rate() -> None:
    [piece], _ = Policy().feedback(naming(Recipient("bounce+label@simulator.amazonses.com")))
    assert (piece.effect, piece.counts_as) == (Effect(Reason.HARD_BOUNCE), "")


def test_an_unsubscribe_without_a_mapped_stream_can_still_take_effect_later() -> None:
    # given an unsubscribe that came before its configuration set was mapped
    event = dataclasses.replace(UNSUBSCRIBED, configuration_set="letters-set")
    before, _ = Policy().feedback(event)
    # when it comes again after that
    after, _ = Policy(streams=Streams({"letters-set": "letters"})).feedback(event)
    # then it is not taken for the same
    assert before[0].identity != after[0].identity


def test_an_unsubscribe_with_a_mapped_stream_is_the_same_whenever_it_comes() -> None:
    event = dataclasses.replace(UNSUBSCRIBED, configuration_set="letters-set")
    policy = Policy(streams=Streams({"letters-set": "letters"}))
    assert policy.feedback(event) == policy.feedback(event)


@pytest.mark.parametrize("kind", ["Reject", "Rendering Failure", "SomethingNew"])
def test_other_events_are_recorded_once_and_about_nobody(kind: str) -> None:
    event = SesEvent(kind, BOUNCE.happened, "m-1 t-1")
    assert [piece.address for piece in Policy().feedback(event)[0]] == [""]


SENT = SesEvent(
    kind="Send",
    happened=dt.datetime(2026, 3, 2, tzinfo=dt.UTC),
    identity="m-1 then",
    message_id="m-1",
    reached=("One <ONE@example.com>", "two@example.com"),
    configuration_set="letters-set",
)


def test_a_send_is_a_delivery_event_of_each_recipient() -> None:
    delivery_events = Policy().delivery_events(SENT)
    assert [(m.kind, m.recipient) for m in delivery_events] == [
        (DeliveryEventKind.SEND, "one@example.com"),
        (DeliveryEventKind.SEND, "two@example.com"),
    ]
    assert {m.configuration_set for m in delivery_events} == {"letters-set"}


def test_a_delivery_is_a_delivery_event_of_another_kind() -> None:
    delivered = dataclasses.replace(SENT, kind="Delivery")
    assert {m.kind for m in Policy().delivery_events(delivered)} == {DeliveryEventKind.DELIVERY}


def test_a_bounce_is_no_delivery_event() -> None:
    assert Policy().delivery_events(BOUNCE) == []


def test_mail_to_the_simulator_is_no_delivery_event() -> None:
    event = dataclasses.replace(SENT, reached=("success@simulator.amazonses.com",))
    assert Policy().delivery_events(event) == []


def test_a_delivery_event_is_named_by_its_message_however_it_comes() -> None:
    again = dataclasses.replace(SENT, identity="m-1 a little later")
    assert Policy().delivery_events(again) == Policy().delivery_events(SENT)


def test_recipients_that_are_no_addresses_are_told_apart() -> None:
    event = dataclasses.replace(SENT, reached=("nobody\0", "somebody", "\ud800"))
    assert len({m.recipient for m in Policy().delivery_events(event)}) == 3


CHANGED = SesEvent(
    kind="Subscription",
    happened=dt.datetime(2026, 3, 2, tzinfo=dt.UTC),
    identity="m-1 then",
    recipients=(Recipient("Jane <jane@example.com>"),),
    subscription=Subscription(
        "readers", Preferences(opted_out={"daily": True}), Preferences(opted_out={"daily": False})
    ),
)
UNSUBSCRIBED_FROM_ALL = dataclasses.replace(
    CHANGED, subscription=Subscription("readers", Preferences(), Preferences(True))
)
TOPICS = Policy(streams=Streams(topics={"readers/weekly": "weekly", "readers/daily": "daily"}))


def test_leaving_a_contact_list_is_feedback_for_each_mapped_stream() -> None:
    pieces, warnings = TOPICS.feedback(UNSUBSCRIBED_FROM_ALL)
    assert [(piece.address, piece.effect) for piece in pieces] == [
        ("jane@example.com", Effect(Reason.UNSUBSCRIBE, "weekly")),
        ("jane@example.com", Effect(Reason.UNSUBSCRIBE, "daily")),
    ]
    assert len({piece.identity for piece in pieces}) == 2
    assert warnings == set()


def test_opting_in_to_a_topic_again_removes_the_entry_of_its_stream() -> None:
    [piece], _ = TOPICS.feedback(CHANGED)
    assert piece.effect == Effect(Reason.UNSUBSCRIBE, "daily", removes=True)


def test_a_change_of_preferences_without_a_mapped_stream_is_recorded_and_applies_later() -> None:
    [before], _ = Policy().feedback(CHANGED)
    [after], _ = TOPICS.feedback(CHANGED)
    assert (before.address, before.effect) == ("jane@example.com", None)
    assert before.identity != after.identity


def test_a_change_of_preferences_of_one_among_several_recipients_leads_to_a_warning() -> None:
    [piece], warnings = TOPICS.feedback(dataclasses.replace(CHANGED, recipients=()))
    assert (piece.address, piece.effect) == ("", None)
    assert warnings == {NO_RECIPIENT}


def test_a_complaint_holds_for_all_mail_though_its_configuration_set_is_mapped() -> None:
    complained = dataclasses.replace(
        BOUNCE, kind="Complaint", type="abuse", sub_type="", configuration_set="letters-set"
    )
    pieces, _ = Policy(streams=Streams({"letters-set": "letters"})).feedback(complained)
    assert {piece.effect for piece in pieces} == {Effect(Reason.COMPLAINT, "")}


def test_an_unsubscribe_holds_for_the_stream_of_its_configuration_set_alone() -> None:
    event = dataclasses.replace(UNSUBSCRIBED, configuration_set="letters-set")
    pieces, _ = Policy(streams=Streams({"letters-set": "letters"})).feedback(event)
    assert {piece.effect for piece in pieces} == {Effect(Reason.UNSUBSCRIBE, "letters")}
