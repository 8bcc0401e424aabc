import pytest

from tests.soak.kills.report import Finding


@pytest.mark.parametrize(
    ("times", "violations", "holds"), [(3, [], True), (3, ["a check"], False), (0, [], False)]
)
def test_an_invariant_holds_if_it_was_tested_and_never_violated(
    times: int, violations: list[str], holds: bool
) -> None:
    assert Finding("1", "claim", "often", times, violations).holds is holds


def test_a_finding_shows_how_often_and_what_was_violated() -> None:
    finding = Finding("1", "a write is seen", "3 checks", 3, ["a check misses a write"])
    assert str(finding).splitlines() == [
        "1. a write is seen: 3 checks, 1 violations",
        "     a check misses a write",
    ]
