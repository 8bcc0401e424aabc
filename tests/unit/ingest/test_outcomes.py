from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from suppression_ingest.errors import Forged
from suppression_ingest.outcomes import Outcome, OutcomeLog

FORGED = Outcome(refusal=Forged("the signature does not fit"), sns_message_id="1")
LINES = 3


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


def test_a_refusal_is_logged_by_its_kind_and_ids(logged: list[Any]) -> None:
    OutcomeLog().add(FORGED, receive_count=2)
    [line] = logged
    assert line["event"] == "message refused"
    assert (line["kind"], line["sns_message_id"], line["receive_count"]) == ("forged", "1", 2)


def test_a_message_with_several_events_counts_once_for_each_and_is_logged_once(
    logged: list[Any],
) -> None:
    log = OutcomeLog()
    log.add(Outcome.of([Outcome("Bounce", new=1), FORGED, Outcome("Send"), FORGED]))
    assert (dict(log.stats.kinds), log.stats.refused.total()) == ({"Bounce": 1, "Send": 1}, 2)
    [line] = logged
    assert (line["events"], line["refused"]) == (4, 2)


def test_what_is_stored_is_counted_and_not_logged(logged: list[Any]) -> None:
    log = OutcomeLog()
    log.add(Outcome(kind="Bounce", new=1))
    assert (logged, log.stats.new) == ([], 1)


def test_without_a_bound_every_refusal_is_logged(logged: list[Any]) -> None:
    log = OutcomeLog()
    for _ in range(200):
        log.add(FORGED)
    assert len(logged) == 200


def test_strangers_cannot_fill_a_log_with_a_bound(logged: list[Any]) -> None:
    # when more is refused than is logged one by one
    log = OutcomeLog(LINES)
    for _ in range(LINES + 50):
        log.add(FORGED)
    # then the summary tells how much was not, and counts all of it
    assert len(logged) == LINES
    log.summarise()
    assert logged[-1]["unlogged"] == 50
    assert logged[-1]["refused"] == {"forged": LINES + 50}


def test_after_a_summary_lines_are_logged_again(logged: list[Any]) -> None:
    log = OutcomeLog(LINES)
    for _ in range(LINES + 1):
        log.add(FORGED)
    log.summarise()
    log.add(FORGED)
    assert logged[-1]["event"] == "message refused"
