"""What a test needs and this machine may lack."""

import os
from typing import NoReturn

import pytest


def missing(what: str, why: object) -> NoReturn:
    """Skip loudly at a desk, fail in CI: there, nothing may be missing."""
    said = f"{what} is missing: {why}"
    if os.environ.get("CI"):
        pytest.fail(said, pytrace=False)
    pytest.skip(said)
