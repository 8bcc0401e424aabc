from suppression_ingest.worker.backoff import FIRST_SECONDS, LONGEST_SECONDS, Backoff


def test_the_first_wait_is_short() -> None:
    assert FIRST_SECONDS / 2 <= Backoff().failed() <= FIRST_SECONDS


def test_waits_grow_and_stay_bounded() -> None:
    backoff = Backoff()
    waits = [backoff.failed() for _ in range(2_000)]
    assert waits[3] > waits[0]
    assert LONGEST_SECONDS / 2 <= waits[-1] <= LONGEST_SECONDS


def test_a_success_makes_the_next_wait_short_again() -> None:
    # given many failures in a row
    backoff = Backoff()
    for _ in range(10):
        backoff.failed()
    # when something succeeds
    backoff.succeeded()
    # then the next failure is the first again
    assert backoff.failed() <= FIRST_SECONDS


def test_it_knows_whether_the_last_attempt_failed() -> None:
    backoff = Backoff()
    fresh = backoff.failing
    backoff.failed()
    after_a_failure = backoff.failing
    backoff.succeeded()
    assert (fresh, after_a_failure, backoff.failing) == (False, True, False)


def test_workers_that_fail_together_do_not_come_back_together() -> None:
    assert len({Backoff().failed() for _ in range(20)}) > 1
