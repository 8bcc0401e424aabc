from typing import Any

import pytest

from suppression_ingest.errors import Malformed
from suppression_ingest.subscription import Preferences, Subscription, subscription_of

Json = dict[str, Any]

OPTED_OUT = {"topicName": "weekly", "subscriptionStatus": "OptOut"}
OPTED_IN = {"topicName": "weekly", "subscriptionStatus": "OptIn"}


def test_a_change_of_preferences_is_read() -> None:
    details = {
        "contactList": "readers",
        "timestamp": "2026-03-02T09:30:05.120Z",
        "source": "UnsubscribeHeader",
        "newTopicPreferences": {"unsubscribeAll": False, "topicSubscriptionStatus": [OPTED_OUT]},
        "oldTopicPreferences": {"unsubscribeAll": True, "topicSubscriptionStatus": [OPTED_IN]},
    }
    assert subscription_of(details) == Subscription(
        "readers",
        old=Preferences(True, {"weekly": False}),
        new=Preferences(False, {"weekly": True}),
    )


@pytest.mark.parametrize("absent", [{}, {"newTopicPreferences": None}])
def test_what_is_absent_changes_nothing(absent: Json) -> None:
    assert subscription_of(absent) == Subscription("", Preferences(), Preferences())


@pytest.mark.parametrize(
    "preferences",
    [
        [],
        {"unsubscribeAll": "yes"},
        {"topicSubscriptionStatus": "weekly"},
        {"topicSubscriptionStatus": ["weekly"]},
        {"topicSubscriptionStatus": [{"subscriptionStatus": "OptOut"}]},
        {"topicSubscriptionStatus": [{"topicName": "weekly"}]},
        {"topicSubscriptionStatus": [{"topicName": "weekly", "subscriptionStatus": "Perhaps"}]},
    ],
    ids=str,
)
def test_preferences_that_cannot_be_read_are_malformed(preferences: object) -> None:
    with pytest.raises(Malformed):
        subscription_of({"newTopicPreferences": preferences})
