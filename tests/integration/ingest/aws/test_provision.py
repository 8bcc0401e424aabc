import json
from collections.abc import Callable
from typing import Any

import pytest

from suppression_ingest.deployment import policies
from suppression_ingest.deployment.alarms import with_actions
from suppression_ingest.deployment.policies import Allowed
from suppression_ingest.deployment.provision import Options, Provision
from suppression_ingest.errors import AwsError, NotPermitted
from tests.support.aws.account import (
    PREFIX,
    SET,
    Account,
    asking_for_account,
    with_open_statement,
)

OURS = "arn:aws:sqs:us-east-1:123456789012:ses-feedback"


def test_an_empty_account_gets_every_part_in_an_order_that_works(account: Account) -> None:
    assert [line.partition(":")[0] for line in account.work()] == [
        "+ topic",
        "+ dead-letter queue",
        "+ queue",
        "+ subscription",
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
    ]


def test_a_plan_changes_nothing(account: Account) -> None:
    before = account.work()
    assert account.work() == before
    assert not account.ses.configuration_sets


def test_a_second_run_finds_nothing_to_do(wired: Account) -> None:
    assert wired.work() == []


def test_the_topic_signs_with_version_2(wired: Account) -> None:
    assert wired.topic()["SignatureVersion"] == "2"


def test_ses_may_publish_for_the_configuration_set_alone(wired: Account) -> None:
    names, policy = wired.names, wired.topic()["Policy"]
    request = policies.publication(names.topic_arn, names.configuration_set_arn)
    other = policies.publication(names.topic_arn, names.configuration_set_arn + "-2")
    assert policies.decide(policy, request) is Allowed.YES
    assert policies.decide(policy, other) is Allowed.NO
    assert policies.decide(policy, policies.by_a_stranger(request)) is Allowed.NO


def test_the_topic_may_fill_the_queue_and_no_other(wired: Account) -> None:
    names, policy = wired.names, wired.queue().attributes["Policy"]
    request = policies.delivery(names.queue_arn, names.topic_arn)
    assert policies.decide(policy, request) is Allowed.YES
    assert policies.decide(policy, policies.by_a_stranger(request)) is Allowed.NO


def test_what_is_published_to_the_topic_arrives_in_the_queue(wired: Account) -> None:
    wired.aws.sns.publish(TopicArn=wired.names.topic_arn, Message="hello")
    assert wired.queue().waiting == 1


def test_dead_letters_outlast_the_queue(wired: Account) -> None:
    kept = wired.dead_letters().number("MessageRetentionPeriod")
    assert kept == 14 * 24 * 3600
    assert kept > wired.queue().number("MessageRetentionPeriod")


def test_a_message_is_given_up_after_five_receives(wired: Account) -> None:
    redrive = json.loads(wired.queue().attributes["RedrivePolicy"])
    assert redrive == {"deadLetterTargetArn": f"{OURS}-dead", "maxReceiveCount": 5}


def test_the_destination_publishes_what_list_and_rates_need(wired: Account) -> None:
    rare = ["SUBSCRIPTION", "REJECT", "RENDERING_FAILURE"]
    events = ["BOUNCE", "COMPLAINT", "SEND", "DELIVERY", *rare]
    assert wired.destination == {
        "Enabled": True,
        "MatchingEventTypes": events,
        "SnsDestination": {"TopicArn": wired.names.topic_arn},
    }


def test_the_account_suppresses_bounces_and_complaints(wired: Account) -> None:
    assert wired.ses.suppression["SuppressedReasons"] == ["BOUNCE", "COMPLAINT"]


def test_alarms_tell_the_topic_that_is_asked_for(account: Account) -> None:
    operators = account.aws.sns.create_topic(Name="operators")["TopicArn"]
    account.provision(alarm_topics=[operators])
    assert account.alarm(f"{PREFIX}-silence")["AlarmActions"] == [operators]
    assert account.work(alarm_topics=[operators]) == []


def test_only_the_alarm_about_silence_takes_missing_data_for_bad_news(wired: Account) -> None:
    alarms = wired.aws.cloudwatch.describe_alarms()["MetricAlarms"]
    breaching = [one["AlarmName"] for one in alarms if one["TreatMissingData"] == "breaching"]
    assert breaching == [f"{PREFIX}-silence"]


def test_the_settings_are_those_to_start_the_worker_with(wired: Account) -> None:
    assert Provision(wired.aws, wired.names, Options()).settings() == {
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "SUPPRESSION_QUEUE_URL": wired.queue().url,
        "SUPPRESSION_TOPIC_ARNS": wired.names.topic_arn,
        "SUPPRESSION_CONFIGURATION_SET": SET,
        "SUPPRESSION_PUBLISH_RATES": "true",
    }


def test_raw_delivery_is_told_to_the_worker(account: Account) -> None:
    account.provision(raw_delivery=True)
    settings = Provision(account.aws, account.names, Options()).settings()
    assert account.subscription()["RawMessageDelivery"] == "true"
    assert settings["SUPPRESSION_VERIFY_SIGNATURES"] == "false"


Break = Callable[[Account], object]

#: What somebody did by hand, and how the plan's line about it begins.
BROKEN: dict[str, tuple[Break, str]] = {
    "the topic signs with version 1": (
        lambda a: a.set_topic("SignatureVersion", "1"),
        "~ topic: signature version 2",
    ),
    "SES may not publish": (
        lambda a: a.set_topic("Policy", json.dumps({"Version": "2012-10-17", "Statement": []})),
        "~ topic policy: let ses.amazonaws.com sns:Publish",
    ),
    "the dead-letter queue keeps for a day": (
        lambda a: a.set_dead_letters(MessageRetentionPeriod="86400"),
        "~ dead-letter queue: keep messages for 14 days",
    ),
    "the dead-letter queue takes from another queue only": (
        lambda a: a.set_dead_letters(
            RedriveAllowPolicy=json.dumps(
                {"redrivePermission": "byQueue", "sourceQueueArns": [f"{OURS}-other"]}
            )
        ),
        "~ dead-letter queue: take from ses-feedback-other, ses-feedback only",
    ),
    "the queue keeps for a day": (
        lambda a: a.set_queue(MessageRetentionPeriod="86400"),
        "~ queue: keep messages for 7 days",
    ),
    "messages come again after a second": (
        lambda a: a.set_queue(VisibilityTimeout="1"),
        "~ queue: messages come again after 2 minutes",
    ),
    "the queue polls short": (
        lambda a: a.set_queue(ReceiveMessageWaitTimeSeconds="0"),
        "~ queue: long poll",
    ),
    "the queue gives up at once": (
        lambda a: a.set_queue(
            RedrivePolicy=json.dumps({"deadLetterTargetArn": f"{OURS}-dead", "maxReceiveCount": 1})
        ),
        "~ queue: give up after 5 receives",
    ),
    "SNS may not fill the queue": (
        lambda a: a.set_queue(Policy=json.dumps({"Version": "2012-10-17", "Statement": []})),
        "~ queue policy: let sns.amazonaws.com sqs:SendMessage",
    ),
    "SNS may fill the queue only if it tells its account": (
        lambda a: a.set_queue(Policy=asking_for_account(a)),
        "~ queue policy: let sns.amazonaws.com sqs:SendMessage",
    ),
    "the subscription is gone": (Account.unsubscribe, "+ subscription"),
    "the configuration set is gone": (
        lambda a: a.ses.configuration_sets.clear(),
        "+ configuration set",
    ),
    "the configuration set suppresses nothing": (
        lambda a: a.ses.configuration_sets[SET].options.update(
            SuppressionOptions={"SuppressedReasons": []}
        ),
        "~ configuration set: suppress BOUNCE and COMPLAINT",
    ),
    "the destination is gone": (lambda a: a.destinations.clear(), "+ event destination"),
    "the destination is off": (
        lambda a: a.destination.update(Enabled=False),
        "~ event destination: enable;",
    ),
    "the destination tells of bounces only": (
        lambda a: a.destination.update(MatchingEventTypes=["BOUNCE"]),
        "~ event destination: publish COMPLAINT",
    ),
    "the account suppresses bounces only": (
        lambda a: a.ses.suppression.update(SuppressedReasons=["BOUNCE"]),
        "~ account suppression: for BOUNCE and COMPLAINT",
    ),
    "an alarm is gone": (
        lambda a: a.aws.cloudwatch.delete_alarms(AlarmNames=[f"{PREFIX}-silence"]),
        "+ alarm ses-feedback-silence",
    ),
}


@pytest.mark.parametrize(("broken", "line"), BROKEN.values(), ids=BROKEN)
def test_what_was_broken_by_hand_is_planned_first_and_completed(
    wired: Account, broken: Break, line: str
) -> None:
    broken(wired)
    assert wired.work()[0].startswith(line)
    wired.provision()
    assert wired.work() == []


#: What somebody did on purpose, and a way to see that it is still so.
ON_PURPOSE: dict[str, tuple[Break, Callable[[Account], bool]]] = {
    "the queue keeps for a fortnight": (
        lambda a: a.set_queue(MessageRetentionPeriod="1209600"),
        lambda a: a.queue().number("MessageRetentionPeriod") == 1_209_600,
    ),
    "the queue is more patient": (
        lambda a: a.set_queue(
            RedrivePolicy=json.dumps({"deadLetterTargetArn": f"{OURS}-dead", "maxReceiveCount": 9})
        ),
        lambda a: json.loads(a.queue().attributes["RedrivePolicy"])["maxReceiveCount"] == 9,
    ),
    "the destination tells more": (
        lambda a: a.destination.update(MatchingEventTypes=["OPEN", "BOUNCE"]),
        lambda a: "OPEN" in a.destination["MatchingEventTypes"],
    ),
    "another destination leads elsewhere": (
        lambda a: a.destinations.update(mine={"Enabled": True, "MatchingEventTypes": ["OPEN"]}),
        lambda a: "mine" in a.destinations,
    ),
    "the account validates addresses": (
        lambda a: a.ses.suppression.update(
            SuppressedReasons=[],
            ValidationAttributes={"ConditionThreshold": {"ConditionThresholdEnabled": "ENABLED"}},
        ),
        lambda a: "ValidationAttributes" in a.ses.suppression,
    ),
    "an alarm tells somebody": (
        lambda a: a.tune(f"{PREFIX}-age", AlarmActions=["arn:aws:sns:us-east-1:123456789012:me"]),
        lambda a: a.alarm(f"{PREFIX}-age")["AlarmActions"][0].endswith(":me"),
    ),
    "another statement stands in the topic's policy": (
        lambda a: a.set_topic(
            "Policy",
            json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "Mine",
                            "Effect": "Allow",
                            "Principal": {"AWS": "arn:aws:iam::123456789012:role/me"},
                            "Action": "sns:Publish",
                            "Resource": "*",
                        }
                    ],
                }
            ),
        ),
        lambda a: '"Mine"' in a.topic()["Policy"],
    ),
}


@pytest.mark.parametrize(("done", "still_so"), ON_PURPOSE.values(), ids=ON_PURPOSE)
def test_what_was_done_on_purpose_stays(
    wired: Account, done: Break, still_so: Callable[[Account], bool]
) -> None:
    done(wired)
    wired.provision(alarm_topics=["arn:aws:sns:us-east-1:123456789012:operators"])
    assert still_so(wired)


def test_an_alarm_tuned_by_hand_is_pointed_out_and_left(wired: Account) -> None:
    wired.tune(f"{PREFIX}-age", Threshold=60.0)
    [line] = wired.work()
    wired.provision()
    assert line.startswith("! alarm ses-feedback-age: Threshold 60.0 instead of 900")
    assert wired.alarm(f"{PREFIX}-age")["Threshold"] == 60


def test_an_alarm_tuned_by_hand_is_with_actions_when_asked_for(wired: Account) -> None:
    wired.tune(f"{PREFIX}-age", Threshold=60.0, ActionsEnabled=False)
    wired.provision(reset_alarms=True)
    assert wired.alarm(f"{PREFIX}-age")["Threshold"] == 900
    assert wired.work() == []


def test_an_alarm_made_one_of_percentiles_is_with_actions_as_it_was_made(wired: Account) -> None:
    name = f"{PREFIX}-official-bounce-rate"
    made = settings_of(wired, name)
    percentiles = {"ExtendedStatistic": "p99", "EvaluationPeriods": 3, "DatapointsToAlarm": 2}
    others = {key: value for key, value in made.items() if key != "Statistic"}
    wired.aws.cloudwatch.put_metric_alarm(**others | percentiles)
    wired.provision(reset_alarms=True)
    assert settings_of(wired, name) == made


def settings_of(account: Account, name: str) -> dict[str, Any]:
    found: Any = account.alarm(name)
    return with_actions(found, ())


def test_a_queue_that_lets_everybody_in_is_pointed_out(wired: Account) -> None:
    policy = wired.queue().attributes["Policy"]
    wired.set_queue(Policy=with_open_statement(policy, "sqs:*"))
    [line] = wired.work()
    assert line == "! queue policy: lets strangers sqs:SendMessage; take that statement out by hand"


def test_a_filter_on_the_subscription_is_pointed_out(wired: Account) -> None:
    wired.set_subscription("FilterPolicy", json.dumps({"x": ["y"]}))
    [line] = wired.work()
    assert line.startswith("! subscription: its filter policy")


def test_a_destination_of_the_same_name_that_leads_elsewhere_is_left(account: Account) -> None:
    account.provision()
    theirs = account.destinations[PREFIX] = {"Enabled": True, "MatchingEventTypes": ["OPEN"]}
    account.provision()
    assert account.destinations[PREFIX] is theirs
    assert f"{PREFIX}-2" in account.destinations


def test_a_queue_that_has_a_dead_letter_queue_keeps_it(wired: Account) -> None:
    wired.aws.sqs.create_queue(QueueName="graveyard", Attributes={"MessageRetentionPeriod": "60"})
    target = OURS.replace(PREFIX, "graveyard")
    redrive = {"deadLetterTargetArn": target, "maxReceiveCount": 5}
    wired.set_queue(RedrivePolicy=json.dumps(redrive))
    wired.provision()
    assert json.loads(wired.queue().attributes["RedrivePolicy"]) == redrive


def test_queues_that_shared_the_dead_letter_queue_before_may_go_on(account: Account) -> None:
    # given a dead-letter queue that takes from everybody, and another queue that uses it
    sqs = account.aws.sqs
    sqs.create_queue(QueueName=f"{PREFIX}-dead")
    redrive = json.dumps({"deadLetterTargetArn": f"{OURS}-dead", "maxReceiveCount": 5})
    sqs.create_queue(QueueName="other", Attributes={"RedrivePolicy": redrive})
    # when it is made ours
    account.provision()
    # then it takes from both
    allowed = json.loads(account.dead_letters().attributes["RedriveAllowPolicy"])
    assert allowed["sourceQueueArns"] == [OURS.replace(PREFIX, "other"), OURS]


def test_a_missing_permission_is_named(account: Account) -> None:
    account.ses.denied["GetAccount"] = "AccessDeniedException"
    with pytest.raises(NotPermitted, match="allow ses:GetAccount"):
        account.plan()


def test_a_call_that_came_too_fast_is_made_again(account: Account) -> None:
    account.ses.refused_once = [("GetAccount", "TooManyRequestsException")] * 2
    assert account.work()
    assert len(account.ses.called("GetAccount")) == 3


def test_what_aws_refuses_is_said_in_its_words(account: Account) -> None:
    account.ses.denied["CreateConfigurationSet"] = "BadRequestException"
    with pytest.raises(AwsError, match="ses:CreateConfigurationSet: BadRequestException"):
        account.provision()
