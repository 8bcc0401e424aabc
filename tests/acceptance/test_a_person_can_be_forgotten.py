import contextlib

from deploy.local.events import bounce, complaint
from suppression import Reason
from suppression_service.store import Store
from tests.support.processes import BIN, run
from tests.support.system import System
from tests.support.tables import rows_as_text


def test_an_erased_address_stays_blocked_and_comes_back_into_no_table(
    system: System, address: str
) -> None:
    # Given an address that has bounced
    event = bounce(address)
    system.publish(event)
    system.settle()
    # When it is erased, and heard of again in ways old and new
    command = BIN / "suppression"
    erased = run([command, "erase", address, "--yes", "--server", system.address])
    system.publish(event)
    system.publish(complaint(address))
    system.settle()
    # Then it may be mailed no more than before, and nothing knows it.
    assert (erased.returncode, erased.stderr) == (0, "")
    assert erased.stdout == f"erased\t{address}\tentries: 1\tfeedback: 1\n"
    assert system.check(address).reason is Reason.COMPLAINT
    with system.client() as client:
        known = client.get_address(address)
    assert [(entry.reason, entry.occurrences) for entry in known.suppressions] == [
        (Reason.HARD_BOUNCE, 1),
        (Reason.COMPLAINT, 1),
    ]
    url = system.environment["SUPPRESSION_DATABASE_URL"]
    with contextlib.closing(Store.open(url)) as store:
        assert address not in rows_as_text(store)
