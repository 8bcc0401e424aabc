import json
from typing import Any

import pytest

from deploy.local.events import bounce
from suppression import Verdict
from tests.support.processes import eventually
from tests.support.system import System


@pytest.fixture
def running(sqlite_system: System) -> System:
    sqlite_system.start_server()
    sqlite_system.start_worker()
    return sqlite_system


def _signed(system: System, event: dict[str, Any], topic_arn: str) -> dict[str, Any]:
    """Return what SNS delivers of an event, signed, to a queue that no worker reads."""
    sqs, name = system.stand_in.sqs, topic_arn.rpartition(":")[2]
    listening = sqs.create_queue(QueueName=f"{name}-listening")["QueueUrl"]
    system.stand_in.subscribe(listening, topic_arn)
    system.publish(event, topic_arn)
    answer = sqs.receive_message(QueueUrl=listening, WaitTimeSeconds=5)
    envelope: dict[str, Any] = json.loads(answer["Messages"][0]["Body"])
    return envelope


def _other_topic(system: System) -> str:
    name = system.wiring.topic_arn.rpartition(":")[2]
    return system.stand_in.sns.create_topic(Name=f"{name}-other")["TopicArn"]


@pytest.fixture
def trusting_another_topic(sqlite_system: System) -> tuple[System, str]:
    """A running system, and a topic that it trusts but is not subscribed to."""
    topic_arn = _other_topic(sqlite_system)
    sqlite_system.environment["SUPPRESSION_TOPIC_ARNS"] += f",{topic_arn}"
    sqlite_system.start_server()
    sqlite_system.start_worker()
    return sqlite_system, topic_arn


def test_a_signed_envelope_is_taken(
    trusting_another_topic: tuple[System, str], address: str
) -> None:
    system, topic_arn = trusting_another_topic
    system.send(json.dumps(_signed(system, bounce(address), topic_arn)))
    system.settle()
    assert system.check(address).verdict == Verdict.DO_NOT_SEND


def test_an_envelope_with_one_character_changed_ends_as_a_dead_letter(
    trusting_another_topic: tuple[System, str], address: str
) -> None:
    system, topic_arn = trusting_another_topic
    envelope = _signed(system, bounce(address), topic_arn)
    envelope["Message"] = envelope["Message"].replace("@example.com", "@example.con")
    forged = json.dumps(envelope)
    system.send(forged)
    letters = eventually("a dead letter", system.dead_letters)
    assert letters == [forged]


def test_an_envelope_with_one_character_changed_changes_no_verdict(
    trusting_another_topic: tuple[System, str], address: str
) -> None:
    system, topic_arn = trusting_another_topic
    envelope = _signed(system, bounce(f"x{address}"), topic_arn)
    envelope["Message"] = envelope["Message"].replace(f"x{address}", f"y{address}")
    system.send(json.dumps(envelope))
    system.settle()
    assert system.check(f"y{address}").verdict == Verdict.SEND


def test_an_envelope_of_a_topic_that_nobody_trusts_changes_no_verdict(
    running: System, address: str
) -> None:
    running.send(json.dumps(_signed(running, bounce(address), _other_topic(running))))
    running.settle()
    assert running.check(address).verdict == Verdict.SEND


def test_an_envelope_without_its_signature_changes_no_verdict(
    trusting_another_topic: tuple[System, str], address: str
) -> None:
    system, topic_arn = trusting_another_topic
    envelope = _signed(system, bounce(address), topic_arn)
    del envelope["Signature"]
    system.send(json.dumps(envelope))
    system.settle()
    assert system.check(address).verdict == Verdict.SEND
