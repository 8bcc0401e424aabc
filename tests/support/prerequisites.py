"""Programs that a test needs and that a machine may not have."""

import os
from typing import NoReturn

import pytest


def missing(what: str, why: object) -> NoReturn:
    """Skip the test, or fail it in CI, where nothing may be missing."""
    message = f"{what} is missing: {why}"
    if os.environ.get("CI"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
