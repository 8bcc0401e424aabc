import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any

import pytest

from deploy.local.events import bounce, complaint, other, preferences, subscription
from suppression import Check, Reason, Verdict
from tests.support.processes import eventually
from tests.support.system import System

HARD, COMPLAINT = Reason.HARD_BOUNCE, Reason.COMPLAINT
NONE = Reason.UNSPECIFIED


@dataclass(frozen=True)
class Row:
    """A row of the decision table: an event, and the reason that checks give after it."""

    event: dict[str, Any]
    reason: Reason


def _address(name: str) -> str:
    return f"{name}-{secrets.token_hex(6)}@example.com".replace(" ", ".").replace(",", "")


def _bounce(name: str, type_: str, sub_type: str, **details: Any) -> dict[str, Any]:
    return bounce(_address(name), type_=type_, sub_type=sub_type, **details)


def _rows() -> dict[str, Row]:
    permanent = {
        "a general bounce": "General",
        "a bounce of no mailbox": "NoEmail",
        "a bounce on SES's global list": "Suppressed",
        "an echo of the account list": "OnAccountSuppressionList",
        "a refusal by validation": "EmailValidationSuppressed",
        "a permanent bounce of a new sort": "NeverHeardOf",
    }
    transient = {
        "a full mailbox": ("MailboxFull", "5.2.2"),
        "a general failure": ("General", "4.4.7"),
        "an out-of-office reply": ("General", None),
        "a large message": ("MessageTooLarge", "5.3.4"),
        "refused content": ("ContentRejected", "5.7.1"),
        "a refused attachment": ("AttachmentRejected", "5.7.1"),
        "a time-out": ("CustomTimeoutExceeded", "4.4.1"),
        "a transient bounce of a new sort": ("NeverHeardOf", "5.0.0"),
    }
    complaints = {
        "an untyped complaint": (None, COMPLAINT),
        "abuse": ("abuse", COMPLAINT),
        "fraud": ("fraud", COMPLAINT),
        "a virus": ("virus", COMPLAINT),
        "another complaint": ("other", COMPLAINT),
        "a complaint of a new sort": ("never-heard-of", COMPLAINT),
        "a not-spam report": ("not-spam", NONE),
        "an authentication report": ("auth-failure", NONE),
    }
    others = (
        *("Send", "Delivery", "DeliveryDelay", "Open", "Click"),
        *("Reject", "Rendering Failure", "Subscription", "Invented"),
    )
    return {
        **{name: Row(_bounce(name, "Permanent", sub), HARD) for name, sub in permanent.items()},
        "an undetermined bounce": Row(_bounce("u", "Undetermined", "Undetermined"), HARD),
        **{
            name: Row(_bounce(name, "Transient", sub, status=status), NONE)
            for name, (sub, status) in transient.items()
        },
        "a bounce of a new type": Row(_bounce("n", "NeverHeardOf", "General"), NONE),
        **{
            name: Row(complaint(_address(name), type_=type_), reason)
            for name, (type_, reason) in complaints.items()
        },
        "an echo of a complaint": Row(
            complaint(_address("e"), type_=None, sub_type="OnAccountSuppressionList"), COMPLAINT
        ),
        # Only the tenant's mail is concerned, and no stream is mapped.
        "an echo of a tenant's list": Row(
            _bounce("t", "Permanent", "OnTenantSuppressionList"), NONE
        ),
        **{f"a {kind}": Row(other(kind, _address(kind)), NONE) for kind in others},
    }


ROWS = sorted(_rows())


@pytest.fixture(scope="module")
def published(system: System) -> dict[str, Row]:
    """All rows, published at once so that the worker gets them in batches."""
    rows = _rows()
    for row in rows.values():
        system.publish(row.event)
    system.settle()
    return rows


@pytest.fixture(scope="module")
def checks(system: System, published: dict[str, Row]) -> dict[str, Check]:
    """What a sender is told of the recipient of each row, after all of them."""
    with system.client() as client:
        newest = client.get_address("anybody@example.com").revision
        return {
            name: client.check(_recipient(row), min_revision=newest)
            for name, row in published.items()
        }


def _recipient(row: Row) -> str:
    address: str = row.event["mail"]["destination"][0]
    return address


@pytest.mark.parametrize("name", ROWS)
def test_an_event_leads_to_the_verdict_of_the_decision_table(
    published: dict[str, Row], checks: dict[str, Check], name: str
) -> None:
    reason = published[name].reason
    expected = Verdict.DO_NOT_SEND if reason else Verdict.SEND
    assert (checks[name].verdict, checks[name].reason) == (expected, reason)


def test_feedback_that_suppresses_nobody_is_kept_in_the_history(
    system: System, published: dict[str, Row]
) -> None:
    with system.client() as client:
        history = client.get_address(_recipient(published["a full mailbox"]))
    assert [(event.type, event.sub_type) for event in history.events] == [
        ("Transient", "MailboxFull")
    ]


def test_who_only_got_the_same_mail_stays_sendable(
    system: System, published: dict[str, Row]
) -> None:
    bystander = published["a general bounce"].event["mail"]["destination"][-1]
    assert system.check(bystander).verdict == Verdict.SEND


def test_every_recipient_that_a_bounce_names_is_suppressed(system: System) -> None:
    recipients = [_address("one"), _address("two")]
    system.publish(bounce(*recipients))
    system.settle()
    assert [system.check(each).reason for each in recipients] == [HARD, HARD]


def test_an_unsubscribe_holds_for_the_stream_of_its_configuration_set(
    system: System, address: str
) -> None:
    system.publish(bounce(address, sub_type="UnsubscribedRecipient", configuration_set="letters"))
    system.settle()
    assert system.check(address, stream="newsletter").reason == Reason.UNSUBSCRIBE


def test_an_unsubscribe_does_not_hold_for_other_mail(system: System, address: str) -> None:
    system.publish(bounce(address, sub_type="UnsubscribedRecipient", configuration_set="letters"))
    system.settle()
    assert system.check(address).verdict == Verdict.SEND


def test_an_unsubscribe_of_an_unknown_configuration_set_is_only_recorded(
    system: System, address: str
) -> None:
    system.publish(bounce(address, sub_type="UnsubscribedRecipient", configuration_set="unmapped"))
    system.settle()
    with system.client() as client:
        history = client.get_address(address)
    assert (len(history.events), len(history.suppressions)) == (1, 0)


def test_leaving_a_topic_holds_for_its_stream_until_the_recipient_opts_in_again(
    system: System, address: str
) -> None:
    now = dt.datetime.now(dt.UTC)
    left = {"weekly": "OptOut"}
    event = subscription(address, left, happened=now, configuration_set="letters")
    system.publish(event)
    system.settle()
    assert system.check(address, stream="newsletter").reason == Reason.UNSUBSCRIBE
    again = subscription(
        address,
        {"weekly": "OptIn"},
        before=preferences(left),
        happened=now + dt.timedelta(milliseconds=1),
        configuration_set="letters",
    )
    system.publish(again)
    system.settle()
    assert system.check(address, stream="newsletter").verdict == Verdict.SEND


def test_a_complaint_is_named_before_a_bounce(system: System, address: str) -> None:
    system.publish(bounce(address))
    system.publish(complaint(address))
    system.settle()
    assert system.check(address).reason == COMPLAINT


def test_a_not_spam_report_leaves_a_standing_complaint(system: System, address: str) -> None:
    system.publish(complaint(address))
    system.publish(complaint(address, type_="not-spam"))
    system.settle()
    assert system.check(address).reason == COMPLAINT


def test_a_notification_of_an_identity_suppresses_too(system: System, address: str) -> None:
    system.publish(bounce(address, shape="identity"))
    system.settle()
    assert system.check(address).reason == HARD


def test_the_same_bounce_told_in_both_shapes_counts_once(system: System, address: str) -> None:
    for shape in ("configuration-set", "identity"):
        system.publish(bounce(address, feedback_id=f"once-{address}", shape=shape))
    system.settle()
    with system.client() as client:
        history = client.get_address(address)
    assert (len(history.events), history.suppressions[0].occurrences) == (1, 1)


def test_the_message_that_sets_up_event_publishing_is_acknowledged(system: System) -> None:
    system.publish("Successfully validated SNS topic for Amazon SES event publishing.")
    system.settle()
    assert system.dead_letters() == []


def test_the_message_that_sets_up_notifications_is_acknowledged(system: System) -> None:
    system.publish({"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "..."})
    system.settle()
    assert system.dead_letters() == []


def test_a_broken_message_does_not_hold_back_its_neighbours(system: System, address: str) -> None:
    system.publish('{"eventType": "Bounce", "bounce": {"bounceType"')
    system.publish(bounce(address))
    with system.client() as client:
        eventually("the neighbour is stored", lambda: client.get_address(address).suppressions)
