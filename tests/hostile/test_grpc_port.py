"""Strangers without a token attack the gRPC port, while a valid client goes on asking."""

import os
from typing import Final

import pytest

from tests.hostile.attacks import ATTACKS
from tests.hostile.report import Row
from tests.hostile.servers import SERVERS, Server
from tests.hostile.trial import attacked

#: What each server withstands, as `make hostile` has measured it.
WITHSTANDS: Final[dict[str, frozenset[str]]] = {
    "grpcio": frozenset({"no-attack", "gzip-bombs", "many-connections", "header-floods"}),
    "sidecar": frozenset(ATTACKS),
    # One or two checks of 150 fail: it refuses JSON in ten times the time of gRPC.
    "envoy": frozenset(ATTACKS) - {"busy-json"},
}
#: What the short form tries: what is known to hold, and with a sidecar what grpcio needs it for.
_SHORT_FORM: Final = {
    "grpcio": WITHSTANDS["grpcio"] - {"no-attack"},
    "sidecar": WITHSTANDS["sidecar"] - WITHSTANDS["grpcio"],
    "envoy": WITHSTANDS["envoy"] - {"no-attack"},
}
#: Seconds of an attack in the short form, and of a check there, which is not about time.
_SHORT: Final = 0.5
_PATIENT: Final = 20.0
#: As by default.
_CHECK_TIMEOUT: Final = 0.25

_LONG: Final = bool(os.environ.get("HOSTILE_SECONDS"))
_CASES: Final = [
    pytest.param(server, attack, id=f"{server}-{attack}")
    for server in SERVERS
    for attack in ATTACKS
    if _LONG or attack in _SHORT_FORM[server]
]


@pytest.mark.xdist_group("hostile")
# The scope is that of the fixture, which pytest takes only where every argument is one.
@pytest.mark.parametrize(
    ("server", "attack"), _CASES, indirect=["server"], scope="function" if _LONG else "module"
)
def test_an_attack_fails_no_valid_check_and_takes_no_more_memory_than_it_may(
    server: Server,
    attack: str,
    attack_seconds: float | None,
    results: list[Row],
    request: pytest.FixtureRequest,
) -> None:
    timeout = _CHECK_TIMEOUT if attack_seconds else _PATIENT
    result = attacked(server, attack, attack_seconds or _SHORT, timeout)
    kind = request.node.callspec.params["server"]
    results.append((attack, kind, result))
    if attack in WITHSTANDS[kind]:
        assert result.holds, result
        assert result.checks.seconds
