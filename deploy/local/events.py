"""Events as SES publishes them, field by field as in its developer guide.

Configuration sets: "Contents of event data that Amazon SES publishes to Amazon SNS".
Identities: "Amazon SNS notification contents for Amazon SES".
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

Event = dict[str, Any]
#: Which publishes: a configuration set or an identity. Both may report the same bounce.
Shape = Literal["configuration-set", "identity"]

CONFIGURATION_SET: Final = "main"
#: The contact list of subscriptions.
CONTACT_LIST: Final = "readers"
_SOURCE: Final = "shop@example.com"
_ACCOUNT: Final = "123456789012"


def bounce(
    *recipients: str,
    type_: str = "Permanent",
    sub_type: str = "General",
    action: str | None = "failed",
    status: str | None = "5.1.1",
    feedback_id: str = "",
    happened: dt.datetime | None = None,
    shape: Shape = "configuration-set",
    configuration_set: str = CONFIGURATION_SET,
) -> Event:
    """Return a bounce of one or more recipients; without ``feedback_id``, a new one."""
    optional = {
        "action": action,
        "status": status,
        "diagnosticCode": f"smtp; 550 {status} user unknown" if status else None,
    }
    known = {name: value for name, value in optional.items() if value is not None}
    details = {
        "bounceType": type_,
        "bounceSubType": sub_type,
        "bouncedRecipients": [{"emailAddress": address, **known} for address in recipients],
        "timestamp": _timestamp(happened),
        "feedbackId": feedback_id or _ses_id(),
        "reportingMTA": "dns; mta.example.com",
    }
    mail = _mail(recipients, happened)
    return _event("Bounce", details, mail, shape, configuration_set)


def complaint(
    *recipients: str,
    type_: str | None = "abuse",
    sub_type: str | None = None,
    feedback_id: str = "",
    happened: dt.datetime | None = None,
    shape: Shape = "configuration-set",
    configuration_set: str = CONFIGURATION_SET,
) -> Event:
    """Return a complaint; without ``type_``, one whose mailbox provider gave no type."""
    details = {
        "complainedRecipients": [{"emailAddress": address} for address in recipients],
        "timestamp": _timestamp(happened),
        "feedbackId": feedback_id or _ses_id(),
        "complaintSubType": sub_type,
        "userAgent": "ExampleCorp Feedback Loop (V0.01)",
        "arrivalDate": _timestamp(happened),
    }
    if type_ is not None:
        details["complaintFeedbackType"] = type_
    mail = _mail(recipients, happened)
    return _event("Complaint", details, mail, shape, configuration_set)


def other(kind: str, *recipients: str, happened: dt.datetime | None = None) -> Event:
    """Return an event that says nothing against its recipients, such as "Delivery"."""
    details = {"timestamp": _timestamp(happened), **_DETAILS.get(kind, {})}
    if kind in {"Delivery", "DeliveryDelay"}:
        details["recipients"] = list(recipients)
    mail = _mail(recipients, happened)
    return _event(kind, details, mail, "configuration-set", CONFIGURATION_SET)


def subscription(
    recipient: str,
    topics: Mapping[str, str],
    *,
    unsubscribe_all: bool = False,
    before: Mapping[str, Any] | None = None,
    happened: dt.datetime | None = None,
    configuration_set: str = CONFIGURATION_SET,
) -> Event:
    """Return a change of the preferences of a message's only recipient.

    Args:
        recipient: the address.
        topics: OptIn or OptOut, by topic.
        unsubscribe_all: leave the whole contact list.
        before: the preferences so far, as :func:`preferences` makes them.
        happened: the time of the change.
        configuration_set: of the message.
    """
    details = {
        "contactList": CONTACT_LIST,
        "timestamp": _timestamp(happened),
        "source": "UnsubscribeHeader",
        "newTopicPreferences": preferences(topics, unsubscribe_all=unsubscribe_all),
        "oldTopicPreferences": before or preferences(dict.fromkeys(topics, "OptIn")),
    }
    mail = _mail([recipient], happened) | {"destination": [recipient]}
    return _event("Subscription", details, mail, "configuration-set", configuration_set)


def preferences(topics: Mapping[str, str], *, unsubscribe_all: bool = False) -> dict[str, Any]:
    """Return the preferences of a recipient."""
    statuses = [{"topicName": t, "subscriptionStatus": status} for t, status in topics.items()]
    return {"unsubscribeAll": unsubscribe_all, "topicSubscriptionStatus": statuses}


_DETAILS: Final[dict[str, dict[str, Any]]] = {
    "Delivery": {"processingTimeMillis": 546, "smtpResponse": "250 2.6.0 Message received"},
    "DeliveryDelay": {"delayType": "TransientCommunicationFailure"},
    "Reject": {"reason": "Bad content"},
    "Open": {"ipAddress": "192.0.2.1", "userAgent": "Mozilla/5.0"},
    "Click": {"ipAddress": "192.0.2.1", "link": "https://example.com/", "userAgent": "Mozilla/5.0"},
    "Rendering Failure": {"templateName": "welcome", "errorMessage": "Attribute 'name' is missing"},
}
_MEMBERS: Final = {"DeliveryDelay": "deliveryDelay", "Rendering Failure": "failure"}


def _event(
    kind: str,
    details: dict[str, Any],
    mail: dict[str, Any],
    shape: Shape,
    configuration_set: str,
) -> Event:
    by_identity = shape == "identity"
    return {
        "notificationType" if by_identity else "eventType": kind,
        "mail": mail | (_sent_by() if by_identity else _tags(configuration_set)),
        _MEMBERS.get(kind, kind.lower()): details,
    }


def _mail(recipients: Sequence[str], sent: dt.datetime | None) -> dict[str, Any]:
    return {
        "timestamp": _timestamp(sent),
        "source": _SOURCE,
        "sourceArn": f"arn:aws:ses:us-east-1:{_ACCOUNT}:identity/{_SOURCE}",
        "sendingAccountId": _ACCOUNT,
        "messageId": _ses_id(),
        # Another recipient of the same mail, for whom nothing is reported.
        "destination": [*recipients, "bystander@example.com"],
        "headersTruncated": False,
        "commonHeaders": {"from": [_SOURCE], "subject": "Your order"},
    }


def _sent_by() -> dict[str, Any]:
    return {"sourceIp": "192.0.2.0", "callerIdentity": "shop"}


def _tags(configuration_set: str) -> dict[str, Any]:
    tags = {"ses:configuration-set": [configuration_set], "ses:from-domain": ["example.com"]}
    return {"tags": tags}


def _timestamp(time: dt.datetime | None) -> str:
    time = time or dt.datetime.now(dt.UTC)
    return time.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ses_id() -> str:
    return f"0100{uuid.uuid4().hex[:12]}-{uuid.uuid4()}-000000"
