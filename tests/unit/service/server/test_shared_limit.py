import contextlib

import pytest

from suppression_service.server.errors import TooManyCalls
from suppression_service.server.limits import SharedLimit


def under_way(limit: SharedLimit, calls: contextlib.ExitStack, name: str) -> int:
    """Begin calls of a name until one is refused; return how many began."""
    for number in range(100):
        try:
            calls.enter_context(limit.entered(name))
        except TooManyCalls:
            return number
    raise AssertionError("no limit")


def test_the_tokens_of_one_name_leave_three_quarters_to_the_others() -> None:
    limit = SharedLimit(8)
    with contextlib.ExitStack() as calls:
        assert [under_way(limit, calls, name) for name in "abcde"] == [2, 2, 2, 2, 0]


def test_callers_without_a_name_share_the_whole_limit() -> None:
    limit = SharedLimit(8)
    with contextlib.ExitStack() as calls:
        assert under_way(limit, calls, "") == 8


def test_a_limit_of_one_takes_one_call() -> None:
    limit = SharedLimit(1)
    with contextlib.ExitStack() as calls:
        assert [under_way(limit, calls, name) for name in "ab"] == [1, 0]


@pytest.mark.parametrize("failure", [None, ValueError()], ids=["ends", "fails"])
def test_the_place_of_a_call_is_free_when_it(failure: Exception | None) -> None:
    limit = SharedLimit(4)
    with contextlib.suppress(ValueError), limit.entered("a"):
        with pytest.raises(TooManyCalls), limit.entered("a"):
            pass
        if failure:
            raise failure
    with limit.entered("a"):
        pass
