"""What every unit test of the service leaves as it found it."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def default_logs() -> Iterator[None]:
    """Undo what a command has told the logs: they would write to a stream that is gone."""
    yield
    structlog.reset_defaults()
