from collections.abc import Callable, Iterator
from typing import Any

import pytest

from suppression_service.server.request_id import CALL, request_id


class Context:
    """A gRPC context that has only metadata, and counts how often they are read."""

    def __init__(self, *metadata: tuple[str, Any]) -> None:
        self.metadata = metadata
        self.reads = 0

    def invocation_metadata(self) -> tuple[tuple[str, Any], ...]:
        self.reads += 1
        return self.metadata


@pytest.fixture
def during() -> Iterator[Callable[[Context], str]]:
    """The id during a call."""
    before = CALL.set(None)

    def asked(context: Context) -> str:
        CALL.set(context)
        return request_id()

    yield asked
    CALL.reset(before)


During = Callable[[Context], str]


@pytest.mark.parametrize(
    "given", ["7", "01J9ZK3V", "Root=1-67891233-abcdef012345678912345678", "x" * 64]
)
def test_a_call_has_the_id_that_its_caller_gave(during: During, given: str) -> None:
    assert during(Context(("user-agent", "x"), ("x-request-id", given))) == given


@pytest.mark.parametrize("given", ["", "x" * 65, "two words", "jane@example.com", "a\nb", b"7"])
def test_what_cannot_be_repeated_in_a_log_is_no_id(during: During, given: str | bytes) -> None:
    made_up = during(Context(("x-request-id", given)))
    assert len(made_up) == 16
    assert made_up != given


def test_the_id_that_is_made_up_stays_the_same_and_is_another_for_each_call(
    during: During,
) -> None:
    first = during(Context())
    assert request_id() == first
    assert during(Context()) != first


def test_the_metadata_are_read_once(during: During) -> None:
    context = Context(("x-request-id", "7"))
    assert [during(context), request_id()] == ["7", "7"]
    assert context.reads == 1


def test_what_works_for_no_call_has_no_id(during: During) -> None:
    assert request_id() == ""
