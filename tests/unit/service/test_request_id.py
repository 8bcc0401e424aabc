from typing import Any

import pytest

from service.request_id import Call


class Context:
    """A gRPC context that has only metadata, and counts how often they are read."""

    def __init__(self, *metadata: tuple[str, Any]) -> None:
        self.metadata = metadata
        self.reads = 0

    def invocation_metadata(self) -> tuple[tuple[str, Any], ...]:
        self.reads += 1
        return self.metadata


@pytest.mark.parametrize(
    "given", ["7", "01J9ZK3V", "Root=1-67891233-abcdef012345678912345678", "x" * 64]
)
def test_a_call_has_the_id_that_its_caller_gave(given: str) -> None:
    assert Call(Context(("user-agent", "x"), ("x-request-id", given))).request_id == given


@pytest.mark.parametrize("given", ["", "x" * 65, "two words", "jane@example.com", "a\nb", b"7"])
def test_what_cannot_be_repeated_in_a_log_is_no_id(given: str | bytes) -> None:
    made_up = Call(Context(("x-request-id", given))).request_id
    assert len(made_up) == 16
    assert made_up != given


def test_the_id_that_is_made_up_stays_the_same_and_is_another_for_each_call() -> None:
    call, other = Call(Context()), Call(Context())
    assert call.request_id == call.request_id
    assert call.request_id != other.request_id


def test_nothing_is_read_until_somebody_asks() -> None:
    context = Context()
    call = Call(context)
    assert context.reads == 0
    assert [call.request_id, call.request_id]
    assert context.reads == 1
