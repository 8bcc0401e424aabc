import json
from typing import Any

import pytest

from suppression_ingest.deployment import policies
from suppression_ingest.deployment.policies import Allowed, Request

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:feedback"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:feedback"
REQUEST = policies.delivery(QUEUE, TOPIC)
FOREIGN = policies.by_a_stranger(REQUEST)
#: What SNS would ask with if it told the topic's account, too.
WITH_ACCOUNT = policies.with_account(REQUEST)

Json = dict[str, Any]


def statement(**members: Any) -> Json:
    """A statement that lets SNS send from the topic; members replace its own, None drops one."""
    whole = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE,
        "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC}},
        **members,
    }
    return {name: value for name, value in whole.items() if value is not None}


def policy(*statements: Json) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


#: Ways of writing that the topic may send.
ALLOWING = {
    "by ARN": statement(),
    "by ARN as a text": statement(Condition={"StringEquals": {"AWS:SourceArn": TOPIC}}),
    "by a pattern": statement(
        Condition={"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:123456789012:*"}}
    ),
    "everybody with the ARN": statement(Principal="*"),
    "everybody of AWS with the ARN": statement(Principal={"AWS": "*"}),
    "several services": statement(Principal={"Service": ["s3.amazonaws.com", "sns.amazonaws.com"]}),
    "all actions": statement(Action="SQS:*"),
    "several actions": statement(Action=["sqs:ReceiveMessage", "SQS:SendMessage"]),
    "every queue": statement(Resource="*"),
    "a key that may be missing": statement(
        Condition={
            "ArnEquals": {"aws:SourceArn": TOPIC},
            "StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"},
        }
    ),
}


@pytest.mark.parametrize("allowing", ALLOWING.values(), ids=ALLOWING)
def test_the_topic_may(allowing: Json) -> None:
    assert policies.decide(policy(allowing), REQUEST) is Allowed.YES


@pytest.mark.parametrize("allowing", ALLOWING.values(), ids=ALLOWING)
def test_a_stranger_may_not(allowing: Json) -> None:
    assert policies.decide(policy(allowing), FOREIGN) is Allowed.NO


#: Ways of writing that a topic whose account SNS tells may send.
ALLOWING_WITH_ACCOUNT = {
    "by account": statement(
        Condition={"StringEquals": {"aws:SourceAccount": ["1", "123456789012"]}}
    ),
    "by account and ARN": statement(
        Condition={
            "StringEquals": {"aws:SourceAccount": "123456789012"},
            "ArnEquals": {"aws:SourceArn": TOPIC},
        }
    ),
}


@pytest.mark.parametrize("allowing", ALLOWING_WITH_ACCOUNT.values(), ids=ALLOWING_WITH_ACCOUNT)
def test_the_topic_may_only_if_sns_tells_its_account(allowing: Json) -> None:
    assert policies.decide(policy(allowing), REQUEST) is Allowed.NO
    assert policies.decide(policy(allowing), WITH_ACCOUNT) is Allowed.YES


@pytest.mark.parametrize("allowing", ALLOWING_WITH_ACCOUNT.values(), ids=ALLOWING_WITH_ACCOUNT)
@pytest.mark.parametrize("request_", [REQUEST, WITH_ACCOUNT], ids=["without", "with account"])
def test_a_stranger_may_not_whatever_sns_tells(allowing: Json, request_: Request) -> None:
    assert policies.decide(policy(allowing), policies.by_a_stranger(request_)) is Allowed.NO


def test_a_stranger_whose_account_is_not_told_may_where_only_foreign_ones_may_not() -> None:
    none_but_foreign = statement(
        Condition={"StringNotEquals": {"aws:SourceAccount": policies.FOREIGN_ACCOUNT}}
    )
    assert policies.decide(policy(none_but_foreign), FOREIGN) is Allowed.YES


#: Ways of writing that do not let the topic send.
REFUSING = {
    "another service": statement(Principal={"Service": "s3.amazonaws.com"}),
    "another account": statement(Principal={"AWS": "arn:aws:iam::123456789012:root"}),
    "another action": statement(Action="sqs:ReceiveMessage"),
    "another queue": statement(Resource=f"{QUEUE}-2"),
    "another topic": statement(Condition={"ArnEquals": {"aws:SourceArn": f"{TOPIC}-2"}}),
    "a key that SNS does not give": statement(
        Condition={"StringEquals": {"aws:SourceOwner": "123456789012"}}
    ),
}


@pytest.mark.parametrize("refusing", REFUSING.values(), ids=REFUSING)
def test_the_topic_may_not(refusing: Json) -> None:
    assert policies.decide(policy(refusing), REQUEST) is Allowed.NO


def test_nobody_may_without_a_policy() -> None:
    assert policies.decide("", REQUEST) is Allowed.NO


def test_a_stranger_may_where_nothing_is_asked_of_him() -> None:
    assert policies.decide(policy(statement(Condition=None)), FOREIGN) is Allowed.YES


def test_a_denial_comes_before_a_permission() -> None:
    denied = statement(Effect="Deny", Condition=None)
    assert policies.decide(policy(statement(), denied), REQUEST) is Allowed.NO


def test_a_denial_without_tls_is_of_no_concern() -> None:
    denied = statement(Effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})
    assert policies.decide(policy(statement(), denied), REQUEST) is Allowed.YES


#: What this program does not read, and so does not guess.
UNREAD = {
    "an operator": statement(Condition={"DateGreaterThan": {"aws:CurrentTime": "2026-01-01"}}),
    "everybody but somebody": statement(Principal=None, NotPrincipal={"AWS": "1"}),
    "every action but one": statement(Action=None, NotAction="sqs:ReceiveMessage"),
}


@pytest.mark.parametrize("unread", UNREAD.values(), ids=UNREAD)
def test_what_is_not_read_cannot_be_told(unread: Json) -> None:
    assert policies.decide(policy(unread), REQUEST) is Allowed.UNKNOWN


def test_a_denial_that_is_not_read_makes_a_permission_uncertain() -> None:
    denied = statement(Effect="Deny", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    assert policies.decide(policy(statement(), denied), REQUEST) is Allowed.UNKNOWN


@pytest.mark.parametrize("broken", ["{", "[]", '"text"'])
def test_what_is_no_policy_cannot_be_told(broken: str) -> None:
    assert policies.decide(broken, REQUEST) is Allowed.UNKNOWN


def test_a_single_statement_needs_no_list() -> None:
    assert policies.decide(json.dumps({"Statement": statement()}), REQUEST) is Allowed.YES


def test_an_added_statement_lets_the_topic_and_no_stranger() -> None:
    added = policies.with_statement("", policies.statement_for(REQUEST))
    assert policies.decide(added, REQUEST) is Allowed.YES
    assert policies.decide(added, FOREIGN) is Allowed.NO


def test_the_statement_for_the_topic_asks_for_its_arn_alone() -> None:
    condition = policies.statement_for(REQUEST)["Condition"]
    assert condition == {"ArnEquals": {"aws:SourceArn": TOPIC}}


def test_the_statement_for_ses_asks_for_the_account_too() -> None:
    set_arn = "arn:aws:ses:eu-west-1:123456789012:configuration-set/main"
    condition = policies.statement_for(policies.publication(TOPIC, set_arn))["Condition"]
    assert condition == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnEquals": {"aws:SourceArn": set_arn},
    }


def test_a_statement_that_asks_for_the_account_gives_way_to_one_that_does_not() -> None:
    stricter = policies.with_statement("", policies.statement_for(WITH_ACCOUNT))
    mended = policies.with_statement(stricter, policies.statement_for(REQUEST))
    assert mended == policies.with_statement("", policies.statement_for(REQUEST))


def test_an_added_statement_leaves_the_others() -> None:
    before = policy(statement(Sid="Mine"))
    after = json.loads(policies.with_statement(before, policies.statement_for(REQUEST)))
    assert after["Statement"][0] == statement(Sid="Mine")


def test_a_statement_is_added_once() -> None:
    once = policies.with_statement("", policies.statement_for(REQUEST))
    assert policies.with_statement(once, policies.statement_for(REQUEST)) == once


def test_statements_for_two_topics_stand_side_by_side() -> None:
    other = policies.delivery(QUEUE, f"{TOPIC}-2")
    both = policies.with_statement("", policies.statement_for(REQUEST))
    both = policies.with_statement(both, policies.statement_for(other))
    assert policies.decide(both, REQUEST) is Allowed.YES
    assert policies.decide(both, other) is Allowed.YES


@pytest.mark.parametrize(
    ("redrive_allow", "takes"),
    [
        ("", True),
        ('{"redrivePermission": "allowAll"}', True),
        ('{"redrivePermission": "denyAll"}', False),
        (json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [QUEUE]}), True),
        (json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [TOPIC]}), False),
        ("{", False),
    ],
)
def test_a_dead_letter_queue_takes_from_those_that_its_policy_names(
    redrive_allow: str, takes: bool
) -> None:
    assert policies.takes_from(redrive_allow, QUEUE) is takes
