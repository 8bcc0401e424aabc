from suppression_ingest.errors import AwsError
from suppression_ingest.worker.housekeeping import Chores


class Counting:
    """A chore that fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.turns = 0

    def after_turn(self, *, idle: bool) -> None:
        self.turns += 1
        if self.turns <= self.failures:
            raise AwsError("down")


def test_every_chore_has_its_turn() -> None:
    one, other = Counting(), Counting()
    Chores([one, other]).after_turn(idle=True)
    assert (one.turns, other.turns) == (1, 1)


def test_a_chore_that_fails_does_not_keep_the_others() -> None:
    other = Counting()
    Chores([Counting(failures=1), other]).after_turn(idle=True)
    assert other.turns == 1


def test_a_chore_that_failed_is_left_alone_for_a_while() -> None:
    broken, now = Counting(failures=1), 0.0
    chores = Chores([broken], clock=lambda: now)
    chores.after_turn(idle=True)
    chores.after_turn(idle=True)
    assert broken.turns == 1


def test_a_chore_that_failed_is_tried_again_later() -> None:
    moments = iter([0.0, 0.0, 60.0])
    broken = Counting(failures=1)
    chores = Chores([broken], clock=lambda: next(moments))
    chores.after_turn(idle=True)
    chores.after_turn(idle=True)
    assert broken.turns == 2
