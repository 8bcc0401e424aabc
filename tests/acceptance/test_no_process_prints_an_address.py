import json
import signal

import httpx
import pytest

from deploy.local.events import bounce, complaint
from suppression import InvalidArgumentError, Reason
from tests.support.processes import Process
from tests.support.system import System


def _feedback_of_all_sorts(system: System, address: str) -> None:
    system.publish(bounce(address))
    system.publish(complaint(address))
    system.publish(bounce(address, type_="NeverHeardOf"))
    system.publish(bounce(f"Jane <{address}>"))
    system.publish(bounce(f"no address {address}"))
    system.publish(json.dumps(bounce(address))[:-50])
    system.publish({"eventType": "Bounce", "bounce": {"bouncedRecipients": address}})
    system.send(json.dumps({"Type": "Notification", "Message": address}))
    system.send(address)
    system.settle()


def _calls_of_all_sorts(system: System, address: str) -> None:
    with system.client() as client:
        client.suppress(address, Reason.MANUAL, detail=address)
        client.check(address)
        client.check(f"<{address}")
        client.unsuppress(address)
        client.get_address(address)
        client.erase(address)
        client.suppress(address, Reason.COMPLAINT)
        with pytest.raises(InvalidArgumentError):
            client.suppress(f"<{address} {address}", Reason.MANUAL)


def _metrics(process: Process) -> str:
    at = process.line(r"metrics shown.*?(127\.0\.0\.1:\d+)")[1]
    return httpx.get(f"http://{at}/metrics", trust_env=False).text


# What every other test starts is looked through when it ends; see tests.support.processes.
def test_nothing_that_a_process_printed_or_shows_holds_an_address(
    own_system: System, address: str
) -> None:
    shown = {"SUPPRESSION_METRICS_LISTEN": "127.0.0.1:0"}
    server, worker = own_system.start_server(**shown), own_system.start_worker(**shown)
    _feedback_of_all_sorts(own_system, address)
    _calls_of_all_sorts(own_system, address)
    metrics = _metrics(server) + _metrics(worker)
    assert "suppression_ingest_messages_total" in metrics
    assert "grpc_server_handled_total" in metrics
    assert address not in metrics
    for process in (server, worker):
        process.send(signal.SIGTERM)
        process.ended()
    assert address not in own_system.processes.output


def test_no_error_of_the_server_holds_an_address(system: System, address: str) -> None:
    with system.client() as client, pytest.raises(InvalidArgumentError) as caught:
        client.suppress(f"<{address} {address}", Reason.MANUAL)
    assert address not in f"{caught.value} {caught.value.violations} {caught.value.metadata}"
