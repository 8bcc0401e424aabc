import json
import signal

import pytest
from suppression import InvalidArgumentError, Reason

from deploy.local.events import bounce, complaint
from tests.acceptance.system import System


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
        with pytest.raises(InvalidArgumentError):
            client.suppress(f"<{address} {address}", Reason.MANUAL)


def test_nothing_that_a_process_printed_holds_an_address(own_system: System, address: str) -> None:
    server, worker = own_system.start_server(), own_system.start_worker()
    _feedback_of_all_sorts(own_system, address)
    _calls_of_all_sorts(own_system, address)
    for process in (server, worker):
        process.send(signal.SIGTERM)
        process.ended()
    assert address not in own_system.processes.output


def test_no_error_of_the_server_holds_an_address(system: System, address: str) -> None:
    with system.client() as client, pytest.raises(InvalidArgumentError) as caught:
        client.suppress(f"<{address} {address}", Reason.MANUAL)
    assert address not in f"{caught.value} {caught.value.violations} {caught.value.metadata}"
