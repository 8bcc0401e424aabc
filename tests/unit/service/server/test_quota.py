import pytest

from suppression_service.server.errors import TooManyOfToken
from suppression_service.server.quota import Quota


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> int:
        return round(self.seconds * 1e9)


def passed(quota: Quota, holder: str, calls: int) -> int:
    """How many calls pass until one does not."""
    for number in range(calls):
        try:
            quota.take(holder)
        except TooManyOfToken:
            return number
    return calls


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_second_s_worth_of_calls_passes_at_once(clock: Clock) -> None:
    assert passed(Quota(5, clock), "shop", 100) == 5


def test_calls_at_the_permitted_pace_all_pass(clock: Clock) -> None:
    quota = Quota(4, clock)
    for _ in range(100):
        quota.take("shop")
        clock.seconds += 0.25


def test_a_holder_has_again_what_time_has_brought(clock: Clock) -> None:
    quota = Quota(4, clock)
    passed(quota, "shop", 100)
    clock.seconds += 0.5
    assert passed(quota, "shop", 100) == 2


def test_a_pause_saves_up_no_more_than_a_second_s_worth(clock: Clock) -> None:
    quota = Quota(4, clock)
    passed(quota, "shop", 100)
    clock.seconds += 3600
    assert passed(quota, "shop", 100) == 4


def test_holders_do_not_take_from_each_other(clock: Clock) -> None:
    quota = Quota(4, clock)
    passed(quota, "shop", 100)
    assert passed(quota, "desk", 100) == 4


def test_a_call_that_waits_as_it_is_told_passes(clock: Clock) -> None:
    quota = Quota(4, clock)
    passed(quota, "shop", 4)
    with pytest.raises(TooManyOfToken) as refused:
        quota.take("shop")
    assert 0 < refused.value.retry_seconds <= 0.25
    clock.seconds += refused.value.retry_seconds
    quota.take("shop")


def test_less_than_one_call_a_second_is_one_after_so_long(clock: Clock) -> None:
    quota = Quota(0.1, clock)
    assert passed(quota, "shop", 100) == 1
    clock.seconds += 9
    assert passed(quota, "shop", 1) == 0
    clock.seconds += 1
    assert passed(quota, "shop", 1) == 1
