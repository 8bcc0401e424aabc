import pytest

from suppression_service.server.errors import TooManyOfToken
from suppression_service.server.limits import MAX_NAMES, RateLimit


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> int:
        return round(self.seconds * 1e9)


def passed(rate_limit: RateLimit, name: str, calls: int) -> int:
    """How many calls pass until one does not."""
    for number in range(calls):
        try:
            rate_limit.consume(name)
        except TooManyOfToken:
            return number
    return calls


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_second_s_worth_of_calls_passes_at_once(clock: Clock) -> None:
    assert passed(RateLimit(5, now=clock), "shop", 100) == 5


def test_calls_at_the_permitted_pace_all_pass(clock: Clock) -> None:
    rate_limit = RateLimit(4, now=clock)
    for _ in range(100):
        rate_limit.consume("shop")
        clock.seconds += 0.25


def test_a_name_has_again_what_time_has_brought(clock: Clock) -> None:
    rate_limit = RateLimit(4, now=clock)
    passed(rate_limit, "shop", 100)
    clock.seconds += 0.5
    assert passed(rate_limit, "shop", 100) == 2


def test_a_pause_saves_up_no_more_than_a_second_s_worth(clock: Clock) -> None:
    rate_limit = RateLimit(4, now=clock)
    passed(rate_limit, "shop", 100)
    clock.seconds += 3600
    assert passed(rate_limit, "shop", 100) == 4


def test_names_do_not_take_from_each_other(clock: Clock) -> None:
    rate_limit = RateLimit(4, now=clock)
    passed(rate_limit, "shop", 100)
    assert passed(rate_limit, "desk", 100) == 4


def test_a_call_that_waits_as_it_is_told_passes(clock: Clock) -> None:
    rate_limit = RateLimit(4, now=clock)
    passed(rate_limit, "shop", 4)
    with pytest.raises(TooManyOfToken) as refused:
        rate_limit.consume("shop")
    assert 0 < refused.value.retry_seconds <= 0.25
    clock.seconds += refused.value.retry_seconds
    rate_limit.consume("shop")


def test_less_than_one_call_a_second_is_one_after_so_long(clock: Clock) -> None:
    rate_limit = RateLimit(0.1, now=clock)
    assert passed(rate_limit, "shop", 100) == 1
    clock.seconds += 9
    assert passed(rate_limit, "shop", 1) == 0
    clock.seconds += 1
    assert passed(rate_limit, "shop", 1) == 1


def test_the_name_that_called_first_is_forgotten_when_there_are_too_many() -> None:
    # Given a limit that a name has reached
    rate_limit = RateLimit(1, now=lambda: 0)
    rate_limit.consume("first")
    # When as many other names as it keeps call
    for number in range(MAX_NAMES):
        rate_limit.consume(str(number))
    # Then it may call again, and they are refused.
    rate_limit.consume("first")
    with pytest.raises(TooManyOfToken):
        rate_limit.consume(str(MAX_NAMES - 1))
