import pytest

from tests.processes import Processes
from tests.soak.rolling import Senders, roll


@pytest.fixture(scope="module")
def rolled(tmp_path_factory: pytest.TempPathFactory) -> Senders:
    """Senders during the short form of ``python -m tests.soak.rolling``."""
    folder = tmp_path_factory.mktemp("rolling")
    with Processes(folder / "logs") as processes:
        # A busy machine is no failure, so they wait longer than they would by themselves.
        url = f"sqlite:///{folder}/list.db"
        return roll(processes, url, folder, rounds=1, check_timeout=20)


def test_not_one_check_fails_while_two_servers_are_restarted_in_turn(rolled: Senders) -> None:
    assert rolled.failed == {}
