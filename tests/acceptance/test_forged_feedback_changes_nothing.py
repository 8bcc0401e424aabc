import json
import secrets
from typing import Any

import pytest

from deploy.local.events import bounce
from suppression import Verdict
from tests.support.processes import eventually
from tests.support.system import System

# One worker starts the system for all of them.
pytestmark = pytest.mark.xdist_group("forged feedback")


def _signed(system: System, event: dict[str, Any], topic_arn: str) -> dict[str, Any]:
    """Return what SNS delivers of an event, signed, to a queue that no worker reads."""
    sqs = system.stand_in.sqs
    listening = sqs.create_queue(QueueName=f"t{secrets.token_hex(6)}")["QueueUrl"]
    system.stand_in.subscribe(listening, topic_arn)
    system.publish(event, topic_arn)
    answer = sqs.receive_message(QueueUrl=listening, WaitTimeSeconds=5)
    envelope: dict[str, Any] = json.loads(answer["Messages"][0]["Body"])
    return envelope


def _new_topic(system: System) -> str:
    return system.stand_in.sns.create_topic(Name=f"t{secrets.token_hex(6)}")["TopicArn"]


@pytest.fixture(scope="module")
def topic_arn(module_system: System) -> str:
    """A topic that the system trusts but is not subscribed to."""
    return _new_topic(module_system)


@pytest.fixture(scope="module")
def system(module_system: System, topic_arn: str) -> System:
    """A running system."""
    module_system.environment["SUPPRESSION_TOPIC_ARNS"] += f",{topic_arn}"
    module_system.start_server()
    module_system.start_worker()
    return module_system


def test_a_signed_envelope_is_taken(system: System, topic_arn: str, address: str) -> None:
    system.send(json.dumps(_signed(system, bounce(address), topic_arn)))
    system.settle()
    assert system.check(address).verdict == Verdict.DO_NOT_SEND


def test_an_envelope_with_one_character_changed_ends_as_a_dead_letter(
    system: System, topic_arn: str, address: str
) -> None:
    envelope = _signed(system, bounce(address), topic_arn)
    envelope["Message"] = envelope["Message"].replace("@example.com", "@example.con")
    forged = json.dumps(envelope)
    system.send(forged)
    eventually("it is a dead letter", lambda: forged in system.dead_letters())


def test_an_envelope_with_one_character_changed_changes_no_verdict(
    system: System, topic_arn: str, address: str
) -> None:
    envelope = _signed(system, bounce(f"x{address}"), topic_arn)
    envelope["Message"] = envelope["Message"].replace(f"x{address}", f"y{address}")
    system.send(json.dumps(envelope))
    system.settle()
    assert system.check(f"y{address}").verdict == Verdict.SEND


def test_an_envelope_of_a_topic_that_nobody_trusts_changes_no_verdict(
    system: System, address: str
) -> None:
    system.send(json.dumps(_signed(system, bounce(address), _new_topic(system))))
    system.settle()
    assert system.check(address).verdict == Verdict.SEND


def test_an_envelope_without_its_signature_changes_no_verdict(
    system: System, topic_arn: str, address: str
) -> None:
    envelope = _signed(system, bounce(address), topic_arn)
    del envelope["Signature"]
    system.send(json.dumps(envelope))
    system.settle()
    assert system.check(address).verdict == Verdict.SEND
