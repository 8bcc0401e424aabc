from collections.abc import Iterator

import pytest

from suppression_service.server.caller import CALLER, add_request_id
from tests.support.callers import FakeCaller


@pytest.fixture
def during() -> Iterator[None]:
    """No call is under way before or after the test."""
    before = CALLER.set(None)
    yield
    CALLER.reset(before)


@pytest.mark.parametrize(
    "given", ["7", "01J9ZK3V", "Root=1-67891233-abcdef012345678912345678", "x" * 64]
)
def test_a_call_has_the_id_that_its_caller_gave(given: str) -> None:
    assert FakeCaller(x_request_id=given).request_id == given


@pytest.mark.parametrize("given", ["", "x" * 65, "two words", "jane@example.com", "a\nb"])
def test_what_cannot_be_repeated_in_a_log_is_no_id(given: str) -> None:
    made_up = FakeCaller(x_request_id=given).request_id
    assert len(made_up) == 16
    assert made_up != given


def test_the_id_that_is_made_up_stays_the_same_and_is_another_for_each_call() -> None:
    caller = FakeCaller()
    assert caller.request_id == caller.request_id
    assert FakeCaller().request_id != caller.request_id


def test_the_metadata_are_read_once() -> None:
    caller = FakeCaller(x_request_id="7")
    assert [caller.request_id, caller.request_id] == ["7", "7"]
    assert caller.reads == 1


@pytest.mark.usefixtures("during")
def test_a_log_line_of_a_call_has_its_id() -> None:
    CALLER.set(FakeCaller(x_request_id="7"))
    assert add_request_id(None, "info", {"event": "x"}) == {"event": "x", "request_id": "7"}


@pytest.mark.usefixtures("during")
def test_what_works_for_no_call_has_no_id() -> None:
    assert add_request_id(None, "info", {"event": "x"}) == {"event": "x"}
