"""Strangers post invented names of certificates, while SNS posts what is genuine."""

import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from deploy.local.events import bounce
from tests.support.processes import Processes
from tests.support.sns import TOPIC, Sns
from tests.support.webhook import Start, starter

_MESSAGES: Final = 25
#: Seconds that the host of the certificates takes to say that it does not have one.
_ROUND_TRIP: Final = 0.02


class SnsHost(Sns):
    """Has one certificate, and answers slowly as a host does that is far away."""

    def answer(self, method: str, path: str) -> tuple[int, bytes, dict[str, str]]:
        time.sleep(_ROUND_TRIP)
        if self.name not in path:
            return 403, b"", {}
        return super().answer(method, path)


@pytest.fixture
def sns() -> Iterator[SnsHost]:
    with SnsHost() as host:
        yield host


@pytest.fixture
def start(tmp_path: Path, processes: Processes) -> Iterator[Start]:
    with starter(processes, f"sqlite:///{tmp_path}/list.db") as start:
        yield start


@pytest.mark.xdist_group("hostile")
@pytest.mark.parametrize("restarted", [True, False], ids=["after a restart", "at the first start"])
def test_invented_certificates_keep_no_genuine_message_out(
    restarted: bool, start: Start, sns: SnsHost, processes: Processes, attack_seconds: float | None
) -> None:
    # Given a webhook without a key in memory, which has seen genuine messages before or not
    webhook = start(sns.environment)
    if restarted:
        assert webhook.post(sns.signed()) == 200
        webhook.process.send(signal.SIGKILL)
        webhook = start(sns.environment)
    # When strangers post invented names as fast as they are answered
    flood = [sys.executable, "-m", "tests.hostile.posts", str(webhook.address[1]), TOPIC]
    attack = processes.start("flood", flood, {"PYTHONPATH": str(Path(__file__).parents[2])})
    attack.line("posting")
    pause = (attack_seconds or 1.5) / _MESSAGES
    time.sleep(pause)
    statuses = []
    for number in range(_MESSAGES):
        message = sns.signed(json.dumps(bounce(f"gone{number}@example.com")))
        statuses.append(webhook.post(message))
        time.sleep(pause)
    attack.send(signal.SIGTERM)
    # Then every genuine message is stored at its first try, and no forged one.
    assert statuses == [200] * _MESSAGES
    assert json.loads(attack.line(r"{.*}")[0]).keys() == {"503"}
