"""The number of examples of a fuzz test: few in `make test`, many in `make fuzz`."""

import os
from collections.abc import Callable
from typing import Any, Final

from hypothesis import HealthCheck, settings

#: Factor of `make fuzz`, which tries other examples in every run.
TIMES: Final = int(os.environ.get("FUZZ_TIMES", "1"))

_Test = Callable[..., Any]


def examples(count: int) -> Callable[[_Test], _Test]:
    """Try this many examples, times ``FUZZ_TIMES``.

    With the factor 1 every run tries the same examples, so that a change never fails
    for an example that another run does not try.
    """
    return settings(
        max_examples=count * TIMES,
        derandomize=TIMES == 1,
        database=None,
        deadline=None,  # A busy machine is not a failure.
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
