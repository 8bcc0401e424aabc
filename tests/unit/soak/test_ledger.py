import pytest

from tests.soak.kills.ledger import Ledger, Seen, Write

NOW = 1_000.0
JANE = "jane@example.com"


@pytest.fixture
def ledger() -> Ledger:
    """Knows that JANE was suppressed at 10 and unsuppressed at 20, both shortly before NOW."""
    ledger = Ledger(max_staleness=4, clock=lambda: NOW - 1)
    ledger.acknowledge(JANE, Write(10, suppressed=True))
    ledger.acknowledge(JANE, Write(20, suppressed=False))
    return ledger


def answer(revision: int, *, suppressed: bool, at_least: int = 0, as_of: float = NOW - 2) -> Seen:
    return Seen(JANE, suppressed, revision, at_least, as_of=as_of, asked=NOW)


def verified(ledger: Ledger, seen: Seen) -> tuple[int, int]:
    """Return how many violations of the first and of the third invariant an answer is."""
    ledger.see(seen)
    ledger.verify()
    return len(ledger.unseen), len(ledger.dishonest)


@pytest.mark.parametrize(
    ("revision", "suppressed"), [(9, False), (10, True), (19, True), (20, False), (21, False)]
)
def test_an_answer_with_the_newest_write_at_its_revision_is_right(
    ledger: Ledger, revision: int, suppressed: bool
) -> None:
    assert verified(ledger, answer(revision, suppressed=suppressed)) == (0, 0)


@pytest.mark.parametrize(
    ("revision", "suppressed"), [(9, True), (10, False), (19, False), (20, True)]
)
def test_an_answer_that_misses_a_write_or_is_ahead_of_it_is_a_violation(
    ledger: Ledger, revision: int, suppressed: bool
) -> None:
    assert verified(ledger, answer(revision, suppressed=suppressed)) == (1, 0)


@pytest.mark.parametrize("suppressed", [False, True])
def test_a_write_that_was_repeated_may_have_been_made_before_its_revision(
    ledger: Ledger, suppressed: bool
) -> None:
    ledger.acknowledge(JANE, Write(30, suppressed=True, exact=False))
    assert verified(ledger, answer(25, suppressed=suppressed)) == (0, 0)


def test_a_write_that_was_repeated_is_seen_from_its_revision_on(ledger: Ledger) -> None:
    ledger.acknowledge(JANE, Write(30, suppressed=True, exact=False))
    assert verified(ledger, answer(30, suppressed=False)) == (1, 0)


def test_an_answer_older_than_the_requested_revision_is_a_violation(ledger: Ledger) -> None:
    assert verified(ledger, answer(20, suppressed=False, at_least=21)) == (1, 0)


def test_an_answer_during_a_write_is_judged_once_the_write_has_a_revision(ledger: Ledger) -> None:
    ledger.begin(JANE)
    during = verified(ledger, answer(30, suppressed=True)), ledger.verified
    ledger.acknowledge(JANE, Write(30, suppressed=True))
    ledger.verify()
    assert (during, ledger.unseen, ledger.verified) == (((0, 0), 0), [], 1)


def test_an_answer_that_misses_a_write_before_its_time_is_a_violation(
    ledger: Ledger,
) -> None:
    assert verified(ledger, answer(19, suppressed=True, as_of=NOW)) == (0, 1)


def test_an_answer_that_is_too_old_is_a_violation(ledger: Ledger) -> None:
    assert verified(ledger, answer(20, suppressed=False, as_of=NOW - 5)) == (0, 1)


def test_what_must_stand_is_what_was_written_last(ledger: Ledger) -> None:
    assert ledger.standing() == {JANE: False}
