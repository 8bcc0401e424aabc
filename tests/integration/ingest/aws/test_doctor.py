import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest

from suppression_ingest.deployment.deployment import Deployment
from suppression_ingest.deployment.doctor import (
    CHECKS,
    Checked,
    as_json,
    examine,
    exit_status,
    lines_of,
)
from suppression_ingest.deployment.results import CheckResult, Status
from suppression_ingest.errors import AwsError, NotSignedIn
from tests.support.aws.account import (
    OPERATORS,
    PREFIX,
    SET,
    asking_for_account,
    with_open_statement,
)
from tests.support.aws.running import Running


def test_what_provision_makes_is_all_green(running: Running) -> None:
    found = running.results()
    assert {name: one.status for name, one in found.items()} == {
        check.name: Status.PASS for check in CHECKS
    }


def test_what_provision_makes_needs_no_note(running: Running) -> None:
    assert [one.note for one in running.results().values() if one.note] == []


Break = Callable[[Running], object]
PROVISION = "run suppression-ingest provision"


def policy_without_statements(running: Running) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": []})


def open_topic(running: Running) -> None:
    policy = running.account.topic()["Policy"]
    running.account.set_topic("Policy", with_open_statement(policy, "sns:Publish"))


def open_queue(running: Running) -> None:
    policy = running.account.queue().attributes["Policy"]
    running.account.set_queue(Policy=with_open_statement(policy, "sqs:SendMessage"))


def redrive(running: Running, receives: int) -> None:
    policy = {"deadLetterTargetArn": f"{running.account.names.queue_arn}-dead"}
    running.account.set_queue(RedrivePolicy=json.dumps({**policy, "maxReceiveCount": receives}))


def switch_off_alarms(running: Running) -> None:
    running.account.aws.cloudwatch.disable_alarm_actions(AlarmNames=[f"{PREFIX}-silence"])


def bury(running: Running) -> None:
    running.account.aws.sqs.send_message(
        QueueUrl=running.account.dead_letters().url, MessageBody="broken"
    )


def keep_waiting(running: Running) -> None:
    """Have a message wait for an hour, as SQS would tell CloudWatch."""
    aws = running.account.aws
    aws.sqs.send_message(QueueUrl=running.account.queue().url, MessageBody="x")
    aws.cloudwatch.put_metric_data(
        Namespace="AWS/SQS",
        MetricData=[
            {
                "MetricName": "ApproximateAgeOfOldestMessage",
                "Dimensions": [{"Name": "QueueName", "Value": PREFIX}],
                "Value": 3_600,
            }
        ],
    )


def fall_silent(running: Running) -> None:
    running.received(dt.datetime.now(dt.UTC) - dt.timedelta(days=3))
    running.account.ses.sent_last_day = 12_000.0


#: What breaks, which check says so, and a part of its fix.
BROKEN: dict[str, tuple[Break, str, str]] = {
    "sending is paused": (
        lambda r: setattr(r.account.ses, "sending", False),
        "sending",
        "reputation page",
    ),
    "the account is in the sandbox": (
        lambda r: setattr(r.account.ses, "production", False),
        "sending",
        "request production access",
    ),
    "the account suppresses no complaints": (
        lambda r: r.account.ses.suppression.update(SuppressedReasons=["BOUNCE"]),
        "account suppression",
        PROVISION,
    ),
    "the configuration set sends nothing": (
        lambda r: r.account.ses.configuration_sets[SET].options.update(
            SendingOptions={"SendingEnabled": False}
        ),
        "configuration set",
        f"--configuration-set-name {SET}",
    ),
    "the configuration set suppresses nothing": (
        lambda r: r.account.ses.configuration_sets[SET].options.update(
            SuppressionOptions={"SuppressedReasons": []}
        ),
        "configuration set",
        PROVISION,
    ),
    "the configuration set is gone": (
        lambda r: r.account.ses.configuration_sets.clear(),
        "configuration set",
        PROVISION,
    ),
    "the destination is gone": (
        lambda r: r.account.destinations.clear(),
        "event destination",
        PROVISION,
    ),
    "the destination is disabled": (
        lambda r: r.account.destination.update(Enabled=False),
        "event destination",
        "topic's policy",
    ),
    "the destination leads elsewhere": (
        lambda r: r.account.destination.update(SnsDestination={"TopicArn": OPERATORS}),
        "event destination",
        PROVISION,
    ),
    "no sends are published": (
        lambda r: r.account.destination.update(
            MatchingEventTypes=["BOUNCE", "COMPLAINT", "DELIVERY"]
        ),
        "event destination",
        PROVISION,
    ),
    "SES may not publish": (
        lambda r: r.account.set_topic("Policy", policy_without_statements(r)),
        "topic",
        PROVISION,
    ),
    "anybody may publish": (open_topic, "topic", "aws:SourceArn"),
    "the topic is locked": (
        lambda r: r.account.set_topic("KmsMasterKeyId", "alias/aws/sns"),
        "topic",
        "a key of your own",
    ),
    "the queue is not subscribed": (
        lambda r: r.account.unsubscribe(),
        "subscription",
        PROVISION,
    ),
    "the subscription filters": (
        lambda r: r.account.set_subscription("FilterPolicy", '{"a": ["b"]}'),
        "subscription",
        "--attribute-name FilterPolicy",
    ),
    "raw delivery is on": (
        lambda r: r.account.set_subscription("RawMessageDelivery", "true"),
        "raw delivery",
        "SUPPRESSION_VERIFY_SIGNATURES=false",
    ),
    "messages come again at once": (
        lambda r: r.account.set_queue(VisibilityTimeout="0"),
        "queue",
        PROVISION,
    ),
    "the queue forgets within a day": (
        lambda r: r.account.set_queue(MessageRetentionPeriod="86400"),
        "queue",
        PROVISION,
    ),
    "SNS may not fill the queue": (
        lambda r: r.account.set_queue(Policy=policy_without_statements(r)),
        "queue policy",
        PROVISION,
    ),
    "anybody may fill the queue": (open_queue, "queue policy", "aws:SourceArn"),
    "the queue is locked": (
        lambda r: r.account.set_queue(KmsMasterKeyId="alias/aws/sqs"),
        "queue policy",
        "SSE-SQS",
    ),
    "messages are given up at once": (
        lambda r: redrive(r, 1),
        "dead-letter queue",
        "maxReceiveCount to 5",
    ),
    "messages are never given up": (
        lambda r: r.account.set_queue(RedrivePolicy=""),
        "dead-letter queue",
        PROVISION,
    ),
    "dead letters are forgotten within a day": (
        lambda r: r.account.set_dead_letters(MessageRetentionPeriod="86400"),
        "dead-letter queue",
        PROVISION,
    ),
    "the dead-letter queue takes nothing": (
        lambda r: r.account.set_dead_letters(RedriveAllowPolicy='{"redrivePermission":"denyAll"}'),
        "dead-letter queue",
        PROVISION,
    ),
    "an alarm is gone": (
        lambda r: r.account.aws.cloudwatch.delete_alarms(AlarmNames=[f"{PREFIX}-age"]),
        "alarms",
        PROVISION,
    ),
    "an alarm rings too late": (
        lambda r: r.account.tune(f"{PREFIX}-official-bounce-rate", Threshold=0.05),
        "alarms",
        "--reset-alarms",
    ),
    "silence rings for nobody": (
        lambda r: r.account.tune(f"{PREFIX}-silence", TreatMissingData="notBreaching"),
        "alarms",
        "--reset-alarms",
    ),
    "an alarm's actions are off": (switch_off_alarms, "alarms", "--reset-alarms"),
    "there are dead letters": (bury, "dead letters", "suppression-ingest dead-letters"),
    "messages wait too long": (keep_waiting, "backlog", "suppression-ingest worker"),
    "nothing is heard of what is sent": (fall_silent, "feedback", "ConfigurationSetName"),
}


@pytest.mark.parametrize(("broken", "check", "fix"), BROKEN.values(), ids=BROKEN)
def test_one_broken_part_fails_one_check_with_its_fix(
    running: Running, broken: Break, check: str, fix: str
) -> None:
    broken(running)
    failures = running.failures()
    assert list(failures) == [check]
    assert fix in failures[check]


#: A wrong setting, which check says so, and a part of its fix.
WRONG_SETTINGS: dict[str, tuple[dict[str, Any], str, str]] = {
    "any topic": ({"topic_arns": ()}, "topic allowlist", f"{PREFIX}"),
    "another topic": ({"topic_arns": (OPERATORS,)}, "topic allowlist", f"{PREFIX}"),
    "no configuration set": (
        {"configuration_set": ""},
        "configuration set",
        "export SUPPRESSION_CONFIGURATION_SET=",
    ),
    "no queue": ({"queue_url": ""}, "queue", PROVISION),
    "short polls": ({"wait_seconds": 0}, "queue", "SUPPRESSION_WAIT_SECONDS"),
    "a database without a schema": (
        {"database_url": "sqlite://"},
        "database",
        "suppression-service migrate",
    ),
}


@pytest.mark.parametrize(("settings", "check", "fix"), WRONG_SETTINGS.values(), ids=WRONG_SETTINGS)
def test_a_wrong_setting_fails_one_check_with_its_fix(
    running: Running, settings: dict[str, Any], check: str, fix: str
) -> None:
    failures = running.failures(**settings)
    assert list(failures) == [check]
    assert fix in failures[check]


def test_a_queue_of_another_region_is_said_with_the_region(running: Running) -> None:
    url = f"https://sqs.eu-west-1.amazonaws.com/123456789012/{PREFIX}"
    assert running.failures(queue_url=url)["credentials"] == "export AWS_REGION=eu-west-1"


def test_a_missing_queue_is_said(running: Running) -> None:
    url = running.settings.queue_url + "-2"
    assert running.results(queue_url=url)["queue"].said == f"{url} is not there"


def test_without_credentials_one_check_fails_and_nothing_is_asked_again(
    running: Running,
) -> None:
    # given an AWS that does not know us
    asked = []

    def refuse() -> Any:
        asked.append(1)
        raise NotSignedIn("boto3 finds no credentials")

    deployment = Deployment(running.settings, refuse)
    found = dict(examine(deployment))
    deployment.close()
    # then only that fails; what does not need AWS is looked at all the same
    failed = [name for name, one in found.items() if one.status is Status.FAIL]
    assert failed == ["credentials"]
    assert found["database"].status is Status.PASS
    assert len(asked) == 1


def test_an_aws_that_is_away_fails_nothing(running: Running) -> None:
    def refuse() -> Any:
        raise AwsError("AWS cannot be reached")

    found = dict(examine(Deployment(running.settings, refuse)))
    assert found["credentials"].status is Status.UNKNOWN


def test_a_missing_permission_is_no_failure_and_is_named(running: Running) -> None:
    running.account.ses.denied["GetConfigurationSetEventDestinations"] = "AccessDeniedException"
    result = running.results()["event destination"]
    assert result.status is Status.UNKNOWN
    assert "allow ses:GetConfigurationSetEventDestinations" in result.said


def test_a_policy_with_conditions_of_another_kind_cannot_be_told(running: Running) -> None:
    policy = json.loads(running.account.queue().attributes["Policy"])
    policy["Statement"][0]["Condition"]["IpAddress"] = {"aws:SourceIp": "10.0.0.0/8"}
    running.account.set_queue(Policy=json.dumps(policy))
    assert running.results()["queue policy"].status is Status.UNKNOWN


def test_raw_delivery_fits_a_worker_that_verifies_nothing(running: Running) -> None:
    running.account.set_subscription("RawMessageDelivery", "true")
    assert running.failures(verify_signatures=False) == {}


def test_alarms_that_tell_nobody_are_noted(running: Running) -> None:
    running.account.tune(f"{PREFIX}-age", AlarmActions=[])
    assert running.results()["alarms"].note.startswith("1 notify nobody")


def test_rates_that_nobody_publishes_are_noted(running: Running) -> None:
    note = running.results(publish_rates=False)["alarms"].note
    assert "SUPPRESSION_PUBLISH_RATES=true" in note


def test_alarms_of_other_names_are_as_good(running: Running) -> None:
    cloudwatch = running.account.aws.cloudwatch
    running.account.tune(f"{PREFIX}-age", AlarmName="mine")
    cloudwatch.delete_alarms(AlarmNames=[f"{PREFIX}-age"])
    assert running.failures() == {}


def test_a_topic_that_signs_with_version_1_is_noted(running: Running) -> None:
    running.account.set_topic("SignatureVersion", "1")
    assert "version 1" in running.results()["topic"].note


def test_a_queue_that_asks_for_the_account_too_is_accepted_and_noted(running: Running) -> None:
    running.account.set_queue(Policy=asking_for_account(running.account))
    result = running.results()["queue policy"]
    assert result.status is Status.PASS
    assert "aws:SourceAccount" in result.note


def test_an_identity_that_publishes_too_is_noted_as_harmless(running: Running) -> None:
    aws = running.account.aws
    running.account.ses.identities.append("news@x.example")
    aws.ses_v1.verify_email_identity(EmailAddress="news@x.example")
    aws.ses_v1.set_identity_notification_topic(
        Identity="news@x.example",
        NotificationType="Bounce",
        SnsTopic=running.account.names.topic_arn,
    )
    result = running.results()["identities"]
    assert result.status is Status.PASS
    assert result.note.startswith("1 publish bounces themselves too")


def test_topics_without_a_stream_are_named_with_the_setting_that_lacks(running: Running) -> None:
    running.account.ses.contact_lists["readers"] = ["weekly", "daily"]
    result = running.results(topic_streams={"readers/daily": "daily"})["unsubscribes"]
    assert result.status is Status.FAIL
    assert result.said.startswith("no stream for readers/weekly:")
    assert result.fix == "export SUPPRESSION_TOPIC_STREAMS=readers/weekly=STREAM"


@pytest.mark.parametrize(
    "mapped",
    [
        {"topic_streams": {"readers": "letters"}},
        {"topic_streams": {"readers/weekly": "weekly"}},
        {"streams": {SET: "letters"}},
    ],
    ids=str,
)
def test_topics_with_a_stream_are_fine(running: Running, mapped: dict[str, Any]) -> None:
    running.account.ses.contact_lists["readers"] = ["weekly"]
    assert running.results(**mapped)["unsubscribes"].status is Status.PASS


def test_unsubscribes_that_are_not_published_are_a_failure(running: Running) -> None:
    running.account.ses.contact_lists["readers"] = []
    [destination] = running.account.ses.configuration_sets[SET].destinations.values()
    destination["MatchingEventTypes"].remove("SUBSCRIPTION")
    result = running.results(topic_streams={"readers": "letters"})["unsubscribes"]
    assert result.said == "SES does not publish SUBSCRIPTION"


def test_a_recent_event_is_told_with_its_age(running: Running) -> None:
    running.received(dt.datetime.now(dt.UTC) - dt.timedelta(hours=5))
    running.account.ses.sent_last_day = 10.0
    assert running.results()["feedback"].said == "last event 5 h ago"


def test_deliveries_without_a_bounce_are_no_silence(running: Running) -> None:
    running.account.ses.sent_last_day = 10.0
    running.account.aws.cloudwatch.put_metric_data(
        Namespace="AWS/SQS",
        MetricData=[
            {
                "MetricName": "NumberOfMessagesSent",
                "Dimensions": [{"Name": "QueueName", "Value": PREFIX}],
                "Value": 10,
            }
        ],
    )
    assert running.failures() == {}


def of(*statuses: Status) -> list[Any]:
    return [Checked("check", CheckResult(status, "so")) for status in statuses]


@pytest.mark.parametrize(
    ("statuses", "exit_code"),
    [
        ([Status.PASS], 0),
        ([Status.PASS, Status.UNKNOWN], 3),
        ([Status.UNKNOWN, Status.FAIL], 1),
    ],
    ids=str,
)
def test_the_exit_status_tells_failed_from_unknown(statuses: list[Status], exit_code: int) -> None:
    assert exit_status(of(*statuses)) == exit_code


def test_statuses_differ_by_word_where_neither_colour_nor_symbols_are() -> None:
    lines = [lines_of(result, "ascii")[0] for result in of(*Status)]
    assert [line.isascii() for line in lines] == [True, True, True]
    assert len({line[:20] for line in lines}) == 3


def test_json_has_every_check_and_the_exit_status() -> None:
    document = json.loads(as_json(of(Status.PASS, Status.FAIL)))
    assert document["exit_status"] == 1
    assert [one["status"] for one in document["checks"]] == ["pass", "fail"]
