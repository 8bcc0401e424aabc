import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.aws import StandIn
from suppression_service.store import Store
from tests.support.feedback import Feedback, Json
from tests.support.processes import Processes


@pytest.fixture
def feedback(stand_in: StandIn, processes: Processes, new_sqlite: str) -> Iterator[Feedback]:
    """What is not deleted comes again after a second, and twice at most."""
    name = f"t{secrets.token_hex(6)}"
    wiring = stand_in.wire(name, visibility_seconds=1, max_receive_count=2)
    store = Store.open(new_sqlite)
    yield Feedback(stand_in, wiring, processes, new_sqlite, store)
    store.close()


@pytest.fixture
def bounce_of() -> Callable[[str], str]:
    """Make a bounce of an address, as a configuration set publishes it."""
    path = Path(__file__).parents[2] / "data" / "ses" / "bounce-event.json"
    sample: Json = json.loads(path.read_text())

    def make(address: str) -> str:
        bounced = [{"emailAddress": address, "action": "failed", "status": "5.1.1"}]
        details = {"bouncedRecipients": bounced, "feedbackId": secrets.token_hex(8)}
        return json.dumps(sample | {"bounce": sample["bounce"] | details})

    return make
