from functools import partial

import pytest

from tests.soak.rolling import roll
from tests.soak.senders import Outcome, PythonSenders
from tests.support.processes import Processes


@pytest.fixture(scope="module")
def rolled(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Checks during the short form of ``python -m tests.soak.rolling``."""
    folder = tmp_path_factory.mktemp("rolling")
    # A busy machine is no failure, so they wait longer than they would by themselves.
    patient = partial(PythonSenders, check_timeout=20)
    with Processes(folder / "logs") as processes:
        return roll(processes, folder, patient, rounds=1)


def test_not_one_check_fails_while_two_servers_are_restarted_in_turn(rolled: Outcome) -> None:
    assert rolled.failed == {}
