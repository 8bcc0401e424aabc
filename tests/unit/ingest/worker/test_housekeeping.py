from suppression_ingest.errors import AwsError
from suppression_ingest.worker.housekeeping import Housekeeping


class Counting:
    """A task that fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.runs = 0

    def run(self, *, idle: bool) -> None:
        self.runs += 1
        if self.runs <= self.failures:
            raise AwsError("down")


def test_every_task_runs() -> None:
    one, other = Counting(), Counting()
    Housekeeping([one, other]).run(idle=True)
    assert (one.runs, other.runs) == (1, 1)


def test_a_task_that_fails_does_not_keep_the_others() -> None:
    other = Counting()
    Housekeeping([Counting(failures=1), other]).run(idle=True)
    assert other.runs == 1


def test_a_task_that_failed_is_left_alone_for_a_while() -> None:
    broken, now = Counting(failures=1), 0.0
    housekeeping = Housekeeping([broken], clock=lambda: now)
    housekeeping.run(idle=True)
    housekeeping.run(idle=True)
    assert broken.runs == 1


def test_a_task_that_failed_is_tried_again_later() -> None:
    times = iter([0.0, 0.0, 60.0])
    broken = Counting(failures=1)
    housekeeping = Housekeeping([broken], clock=lambda: next(times))
    housekeeping.run(idle=True)
    housekeeping.run(idle=True)
    assert broken.runs == 2
