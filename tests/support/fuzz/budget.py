"""How many examples are tried: some in `make test`, many times as many in `make fuzz`."""

import os
from collections.abc import Callable
from typing import Any, Final

from hypothesis import HealthCheck, settings

#: `make fuzz` tries this many times as many examples, and other ones in every run.
TIMES: Final = int(os.environ.get("FUZZ_TIMES", "1"))

_Test = Callable[..., Any]


def examples(count: int) -> Callable[[_Test], _Test]:
    """Try so many examples, or a multiple of them.

    The short form tries the same ones in every run: no change of somebody's fails for
    what another run would not have found.
    """
    return settings(
        max_examples=count * TIMES,
        derandomize=TIMES == 1,
        database=None,
        deadline=None,  # A busy machine is no failure.
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
