"""Feedback that comes through a rule of EventBridge: provision builds it, doctor checks it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from suppression_ingest.aws.sqs import Queue
from suppression_ingest.deployment import policies
from suppression_ingest.deployment.deployment import AwsSettings
from suppression_ingest.deployment.names import Names
from suppression_ingest.deployment.policies import Allowed
from suppression_ingest.deployment.provision import Options, Provision
from suppression_ingest.deployment.requirements import rule_pattern
from suppression_ingest.deployment.results import Status
from suppression_ingest.deployment.rule_steps import TARGET_ID
from suppression_ingest.pipeline import Pipeline
from suppression_ingest.policy import Policy
from suppression_ingest.signals import StopSignal
from suppression_ingest.sns.envelope import Envelope
from suppression_ingest.worker.worker import Worker
from suppression_service.store import Reason, Store
from tests.support.aws.account import OPERATORS, PREFIX, SET, Account
from tests.support.aws.running import Running

Break = Callable[[Account], object]
PROVISION = "run suppression-ingest provision"


@pytest.fixture
def wired(account: Account) -> Account:
    account.provision(via="eventbridge")
    return account


@pytest.fixture
def running(account: Account, sqlite_url: str) -> Iterator[Running]:
    account.provision(via="eventbridge", alarm_topics=[OPERATORS])
    store = Store.open(sqlite_url, migrate_first=True)
    settings = AwsSettings(
        database_url=sqlite_url,
        queue_url=account.queue().url,
        configuration_set=SET,
        via="eventbridge",
        publish_rates=True,
    )
    yield Running(account, store, settings)
    store.close()


def work(account: Account) -> list[str]:
    return account.work(via="eventbridge")


def publish(account: Account, event: dict[str, Any], source: str = "aws.ses") -> None:
    """Publish as SES does to the default bus."""
    account.aws.events.put_events(
        Entries=[{"Source": source, "DetailType": "Email Bounced", "Detail": json.dumps(event)}]
    )


def bounce(address: str, configuration_set: str = SET) -> dict[str, Any]:
    return {
        "eventType": "Bounce",
        "mail": {
            "messageId": "1",
            "timestamp": "2026-03-02T09:30:01Z",
            "tags": {"ses:configuration-set": [configuration_set]},
        },
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": address}],
            "feedbackId": address,
            "timestamp": "2026-03-02T09:30:05Z",
        },
    }


def test_an_empty_account_gets_every_part_in_an_order_that_works(account: Account) -> None:
    assert [line.partition(":")[0] for line in work(account)] == [
        "+ dead-letter queue",
        "+ queue",
        "+ rule",
        "+ rule target",
        "+ configuration set",
        "+ event destination",
        "~ account suppression",
        "+ alarm ses-feedback-official-bounce-rate",
        "+ alarm ses-feedback-official-complaint-rate",
        "+ alarm ses-feedback-transactional-bounce-rate",
        "+ alarm ses-feedback-transactional-complaint-rate",
        "+ alarm ses-feedback-age",
        "+ alarm ses-feedback-dead-letters",
        "+ alarm ses-feedback-silence",
        "+ alarm ses-feedback-failed-invocations",
    ]


def test_a_second_run_finds_nothing_to_do(wired: Account) -> None:
    assert work(wired) == []


def test_a_bounce_on_the_bus_reaches_the_list(running: Running) -> None:
    # given a bounce that SES publishes to EventBridge
    publish(running.account, bounce("gone@shop.example"))

    def refuse_envelopes(envelope: Envelope) -> None:
        assert envelope.signed is None

    # when a worker receives it
    queue = Queue.connect(running.settings.queue_url)
    Worker(queue, Pipeline(running.store, refuse_envelopes, Policy()), StopSignal()).process_batch()
    # then the address is suppressed, and the message is gone.
    [entry] = running.store.address("gone@shop.example").suppressions
    assert entry.reason is Reason.HARD_BOUNCE
    assert running.account.queue().attributes["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_the_rule_takes_in_the_events_of_the_configuration_set_alone(wired: Account) -> None:
    publish(wired, bounce("a@x.example", "another-set"))
    publish(wired, bounce("a@x.example"), source="shop.mail")
    publish(wired, {"version": "1.0"})
    assert wired.queue().waiting == 0


def test_a_second_configuration_set_shares_the_rule(wired: Account) -> None:
    # when a second configuration set is provisioned
    names = Names.of(wired.aws, PREFIX, "news")
    provision = Provision(wired.aws, names, Options(via="eventbridge"))
    for step in provision.plan():
        if step.act:
            step.act()
    # then the rule takes in both
    publish(wired, bounce("a@x.example", "news"))
    publish(wired, bounce("b@x.example"))
    assert wired.queue().waiting == 2
    assert work(wired) == []


def test_only_the_rule_may_fill_the_queue(wired: Account) -> None:
    names, policy = wired.names, wired.queue().attributes["Policy"]
    request = policies.rule_delivery(names.queue_arn, names.rule_arn)
    assert policies.decide(policy, request) is Allowed.YES
    assert policies.decide(policy, policies.by_a_stranger(request)) is Allowed.NO
    by_topic = policies.delivery(names.queue_arn, names.topic_arn)
    assert policies.decide(policy, by_topic) is Allowed.NO


def test_the_destination_publishes_to_the_default_bus(wired: Account) -> None:
    assert wired.destination["EventBridgeDestination"] == {
        "EventBusArn": "arn:aws:events:us-east-1:123456789012:event-bus/default"
    }


def test_the_settings_name_no_topic(wired: Account) -> None:
    settings = Provision(wired.aws, wired.names, Options(via="eventbridge")).settings()
    assert settings["SUPPRESSION_VIA"] == "eventbridge"
    assert "SUPPRESSION_TOPIC_ARNS" not in settings


def disable(account: Account) -> None:
    account.aws.events.disable_rule(Name=PREFIX)


def take_other_sets_only(account: Account) -> None:
    account.aws.events.put_rule(Name=PREFIX, EventPattern=json.dumps(rule_pattern(["news"])))


def take_the_target_off(account: Account) -> None:
    account.aws.events.remove_targets(Rule=PREFIX, Ids=[TARGET_ID])


def close_the_queue(account: Account) -> None:
    account.set_queue(Policy=json.dumps({"Version": "2012-10-17", "Statement": []}))


def take_the_alarm_off(account: Account) -> None:
    account.aws.cloudwatch.delete_alarms(AlarmNames=[f"{PREFIX}-failed-invocations"])


#: What somebody did by hand, how the plan's line about it begins, and the check that fails.
BROKEN: dict[str, tuple[Break, str, str]] = {
    "the rule is off": (disable, "~ rule: enable it", "rule"),
    "the rule takes in another set": (
        take_other_sets_only,
        "~ rule: take in the events of transactional, too",
        "rule",
    ),
    "the rule sends nowhere": (take_the_target_off, "+ rule target", "rule"),
    "EventBridge may not fill the queue": (
        close_the_queue,
        "~ queue policy: let events.amazonaws.com sqs:SendMessage",
        "queue policy",
    ),
    "the destination is gone": (
        lambda account: account.destinations.clear(),
        "+ event destination",
        "event destination",
    ),
    "nothing watches the rule": (
        take_the_alarm_off,
        "+ alarm ses-feedback-failed-invocations",
        "alarms",
    ),
}


@pytest.mark.parametrize(("broken", "line", "check"), BROKEN.values(), ids=BROKEN)
def test_what_was_broken_by_hand_is_found_and_completed(
    running: Running, broken: Break, line: str, check: str
) -> None:
    broken(running.account)
    assert running.failures()[check].startswith(PROVISION)
    assert work(running.account)[0].startswith(line)
    running.account.provision(via="eventbridge", alarm_topics=[OPERATORS])
    assert running.failures() == {}


def test_what_provision_makes_is_all_green(running: Running) -> None:
    found = running.results()
    assert {one.status for one in found.values()} == {Status.PASS}
    assert "rule" in found
    assert found.keys().isdisjoint({"topic", "subscription", "raw delivery", "topic allowlist"})


def test_a_pattern_made_by_hand_is_kept_and_warned_of(wired: Account) -> None:
    pattern = json.dumps({"source": ["aws.ses"], "detail-type": ["Email Bounced"]})
    wired.aws.events.put_rule(Name=PREFIX, EventPattern=pattern)
    [line] = work(wired)
    assert line.startswith("! rule: its pattern holds back COMPLAINT, SEND, DELIVERY")


def test_a_rule_made_by_hand_under_another_name_is_as_good(running: Running) -> None:
    # given a rule of another name with a wider pattern
    events, names = running.account.aws.events, running.account.names
    events.remove_targets(Rule=PREFIX, Ids=[TARGET_ID])
    events.put_rule(Name="mine", EventPattern=json.dumps({"source": ["aws.ses"]}))
    events.put_targets(Rule="mine", Targets=[{"Id": "1", "Arn": names.queue_arn}])
    request = policies.rule_delivery(names.queue_arn, names.rule_arn.replace(PREFIX, "mine"))
    policy = policies.with_statement("", policies.statement_for(request))
    running.account.set_queue(Policy=policy)
    # then the checks of the rule and of the queue's policy accept it
    found = running.results()
    assert (found["rule"].status, found["queue policy"].status) == (Status.PASS, Status.PASS)


def test_a_target_that_rewrites_events_is_found(running: Running) -> None:
    running.account.aws.events.put_targets(
        Rule=PREFIX,
        Targets=[
            {
                "Id": TARGET_ID,
                "Arn": running.account.names.queue_arn,
                "InputTransformer": {"InputTemplate": '"a bounce"'},
            }
        ],
    )
    assert "rule" in running.failures()
    assert work(running.account) == [
        "! rule target: it rewrites the events; take its input transformer off"
    ]
