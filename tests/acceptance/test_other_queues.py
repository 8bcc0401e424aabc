"""The worker on implementations of SQS that are neither ours nor the stand-in's."""

import contextlib
import functools
import json
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.aws import REGION, StandIn, Wiring
from deploy.local.events import bounce
from suppression_service.store import Store
from tests.support import queues
from tests.support.load import listed
from tests.support.processes import Processes, eventually
from tests.support.system import System

_TOPIC = f"arn:aws:sns:{REGION}:000000000000:feedback"
_UNKNOWN = ("not an event", '{"neither": "this"}')


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=pytest.mark.xdist_group(f"queue of {name}"))
        for name in queues.QUEUES
    ],
)
def queue(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StandIn]:
    """A running implementation of SQS."""
    with queues.running(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest.fixture
def system(queue: StandIn, processes: Processes, sqlite_url: str, tmp_path: Path) -> System:
    """A system on it; messages come again after a second, six times at most.

    A message can be in the hands of each worker that is killed, and come again to a busy one.
    """
    name = f"t{secrets.token_hex(6)}"
    urls = queue.make_queues(name, visibility_seconds=1, max_receive_count=6)
    return System(processes, sqlite_url, queue, Wiring(_TOPIC, *urls), tmp_path)


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    with contextlib.closing(Store.open(sqlite_url, migrate_first=True)) as store:
        yield store


def _has(store: Store, entries: int) -> bool:
    return len(listed(store)) >= entries


def test_a_worker_killed_over_and_over_stores_every_message_once(
    system: System, store: Store
) -> None:
    # Given bounces, each twice, and messages that nobody understands
    gone = [f"gone{number}@example.com" for number in range(100)]
    bodies = [json.dumps(bounce(address)) for address in gone]
    system.send_all([*bodies, *_UNKNOWN, *bodies])
    # When workers are killed while they work
    for stored in (10, 20, 30):
        worker = system.start_worker()
        eventually("some are stored", functools.partial(_has, store, stored))
        worker.send(signal.SIGKILL)
        worker.ended()
    system.start_worker()
    system.settle()
    # Then every bounce is stored and counted once, and the rest are dead letters.
    assert {a: entry.occurrences for a, entry in listed(store).items()} == dict.fromkeys(gone, 1)
    assert sorted(system.dead_letters()) == sorted(_UNKNOWN)


@pytest.mark.parametrize("queue", ["ministack"], indirect=True)
@pytest.mark.parametrize("verified", [True, False])
def test_what_a_stand_in_does_not_sign_is_taken_only_if_signatures_are_not_verified(
    system: System, store: Store, verified: bool
) -> None:
    # Given an SNS that writes FAKE where the signature belongs
    topic = system.stand_in.sns.create_topic(Name=secrets.token_hex(6))["TopicArn"]
    system.stand_in.subscribe(system.wiring.queue_url, topic)
    given = {"SUPPRESSION_TOPIC_ARNS": topic, "SUPPRESSION_VERIFY_SIGNATURES": str(verified)}
    system.start_worker(**given)
    # When it delivers a bounce
    system.publish(bounce("gone@example.com"), topic)
    system.settle()
    # Then that is a dead letter, unless signatures are not verified.
    assert len(listed(store)) == (0 if verified else 1)
    assert len(system.dead_letters()) == (1 if verified else 0)
