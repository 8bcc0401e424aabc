import datetime as dt
import json
import signal

from deploy.local.events import bounce
from suppression import Reason, Verdict
from tests.support.faulty_sqs import DeleteGate
from tests.support.processes import eventually
from tests.support.system import System

HOUR = dt.timedelta(hours=1)


def _kill_a_worker_after_it_stored_and_before_it_deletes(system: System, address: str) -> None:
    with DeleteGate(system.stand_in.endpoint_url) as gate:
        worker = system.start_worker(AWS_ENDPOINT_URL=gate.url)
        system.publish(bounce(address))
        gate.wait_for_delete()
        worker.send(signal.SIGKILL)
        worker.ended()


def test_what_a_killed_worker_had_not_deleted_comes_again_and_counts_once(
    own_system: System, address: str
) -> None:
    _kill_a_worker_after_it_stored_and_before_it_deletes(own_system, address)
    again = own_system.start_worker()
    own_system.settle()
    again.send(signal.SIGTERM)
    assert "duplicates=1" in again.line("stopped").string
    own_system.start_server()
    with own_system.client() as client:
        assert client.get_address(address).suppressions[0].occurrences == 1


def test_a_worker_killed_over_and_over_loses_nothing(own_system: System, address: str) -> None:
    addresses = [f"{number}-{address}" for number in range(30)]
    for number, each in enumerate(addresses):
        own_system.publish(bounce(each))
        if number % 10 == 9:
            worker = own_system.start_worker()
            worker.send(signal.SIGKILL)
            worker.ended()
    own_system.start_worker()
    own_system.settle()
    own_system.start_server()
    assert [own_system.check(each).verdict for each in addresses] == [Verdict.DO_NOT_SEND] * 30


def test_a_check_right_after_kill_9_of_the_server_is_as_new_as_the_last_write(
    own_system: System, address: str
) -> None:
    server = own_system.start_server()
    with own_system.client() as client:
        revision = client.suppress(address, Reason.MANUAL).revision
    server.kill()
    own_system.start_server()
    with own_system.client() as client:
        assert client.check(address, min_revision=revision).verdict == Verdict.DO_NOT_SEND


def test_a_notification_that_comes_again_changes_nothing(system: System, address: str) -> None:
    event = bounce(address)
    system.publish(event)
    system.settle()
    with system.client() as client:
        before = client.get_address(address)
        system.publish(event)
        system.settle()
        after = client.get_address(address)
    assert (after.suppressions, after.events) == (before.suppressions, before.events)


def test_feedback_older_than_an_unsuppress_does_not_undo_it(system: System, address: str) -> None:
    with system.client() as client:
        client.suppress(address, Reason.HARD_BOUNCE)
        client.unsuppress(address)
    system.publish(bounce(address, happened=dt.datetime.now(dt.UTC) - HOUR))
    system.settle()
    assert system.check(address).verdict == Verdict.SEND


def test_feedback_that_was_removed_and_comes_again_does_not_undo_the_removal(
    system: System, address: str
) -> None:
    event = bounce(address)
    system.publish(event)
    system.settle()
    with system.client() as client:
        client.unsuppress(address)
    system.publish(event)
    system.settle()
    assert system.check(address).verdict == Verdict.SEND


def test_feedback_newer_than_an_unsuppress_suppresses_again(system: System, address: str) -> None:
    with system.client() as client:
        client.suppress(address, Reason.HARD_BOUNCE)
        client.unsuppress(address)
    system.publish(bounce(address, happened=dt.datetime.now(dt.UTC) + HOUR))
    system.settle()
    assert system.check(address).verdict == Verdict.DO_NOT_SEND


def test_raw_delivery_without_an_envelope_is_taken(system: System, address: str) -> None:
    system.send(json.dumps(bounce(address)))
    system.settle()
    assert system.check(address).verdict == Verdict.DO_NOT_SEND


def test_a_verdict_changes_without_anybody_asking_for_the_newest_state(
    system: System, address: str
) -> None:
    system.publish(bounce(address))
    with system.client() as client:
        eventually("the check says no", lambda: not client.check(address).send)
