import json
from pathlib import Path

import pytest

from suppression_service.server.transport.envoy.admin import EnvoyAdmin, Load


class Asked(EnvoyAdmin):
    """An administration that gives one answer."""

    def __init__(self, answer: str | OSError) -> None:
        super().__init__(Path("/nowhere"))
        self._answer = answer
        self.requests: list[str] = []

    def _ask(self, method: str, path: str) -> str:
        self.requests.append(f"{method} {path}")
        if isinstance(self._answer, OSError):
            raise self._answer
        return self._answer


@pytest.mark.parametrize(
    ("answer", "live"),
    [("LIVE\n", True), ("PRE_INITIALIZING\n", False), ("", False), (OSError(), False)],
)
def test_envoy_is_live_once_it_says_so(answer: str | OSError, *, live: bool) -> None:
    assert Asked(answer).is_live() is live


def test_the_load_is_that_of_all_ports() -> None:
    stats = [
        {"name": "http.calls.downstream_rq_active", "value": 2},
        {"name": "http.probes.downstream_rq_active", "value": 1},
        {"name": "http.calls.downstream_cx_tx_bytes_buffered", "value": 70},
        {"name": "http.calls.downstream_cx_active", "value": 4},
        {"histograms": {}},
    ]
    assert Asked(json.dumps({"stats": stats})).load() == Load(3, 70, 4)


def test_without_requests_there_is_no_load() -> None:
    assert Asked('{"stats": []}').load() == Load(0, 0, 0)


def test_a_drain_lets_connections_end_by_themselves() -> None:
    admin = Asked("OK\n")
    admin.drain()
    assert admin.requests == ["POST /drain_listeners?skip_exit"]


def test_where_no_envoy_is_every_question_fails() -> None:
    with pytest.raises(OSError, match="No such file"):
        EnvoyAdmin(Path("/nowhere/admin")).load()
