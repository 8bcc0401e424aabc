"""A caller with a token makes the dearest calls that its role permits, while another goes on."""

from typing import Final

import pytest

from tests.hostile.calls import CALLS
from tests.hostile.report import Row
from tests.hostile.servers import Server
from tests.hostile.trial import attacked

#: Seconds of an attack in the short form, and of a check there, which is not about time.
_SHORT: Final = 1.0
_PATIENT: Final = 20.0
#: As by default.
_CHECK_TIMEOUT: Final = 0.25


@pytest.mark.xdist_group("hostile")
@pytest.mark.parametrize("server", ["grpcio", "envoy"], indirect=True)
@pytest.mark.parametrize("attack", CALLS)
def test_the_dearest_calls_of_one_token_keep_no_check_of_another_waiting(
    server: Server,
    attack: str,
    attack_seconds: float | None,
    results: list[Row],
    request: pytest.FixtureRequest,
) -> None:
    timeout = _CHECK_TIMEOUT if attack_seconds else _PATIENT
    result = attacked(
        server, attack, attack_seconds or _SHORT, timeout, program="tests.hostile.calls"
    )
    results.append((attack, request.node.callspec.params["server"], result))
    assert result.holds, result
    assert result.checks.seconds
