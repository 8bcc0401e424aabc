from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from suppression_ingest.errors import Forged
from suppression_ingest.outcome import Outcome
from suppression_ingest.webhook.journal import MAX_LINES, Journal

FORGED = Outcome(refusal=Forged("the signature does not fit"), sns_message_id="1")


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with capture_logs() as lines:
        yield lines


def test_a_refusal_is_logged_by_its_sort_and_cause(logged: list[Any]) -> None:
    Journal().note(FORGED)
    assert [(line["sort"], line["sns_message_id"]) for line in logged] == [("forged", "1")]


def test_what_is_stored_is_counted_and_not_logged(logged: list[Any]) -> None:
    journal = Journal()
    journal.note(Outcome(kind="Bounce", new=1))
    assert (logged, journal.tally.new) == ([], 1)


def test_strangers_cannot_fill_the_log(logged: list[Any]) -> None:
    # when far more is refused than is logged one by one
    journal = Journal()
    for _ in range(MAX_LINES + 50):
        journal.note(FORGED)
    # then the summary tells how much was not, and counts all of it
    assert len(logged) == MAX_LINES
    journal.summarise()
    assert logged[-1]["unlogged"] == 50
    assert logged[-1]["refused"] == {"forged": MAX_LINES + 50}


def test_after_a_summary_lines_are_logged_again(logged: list[Any]) -> None:
    journal = Journal()
    for _ in range(MAX_LINES + 1):
        journal.note(FORGED)
    journal.summarise()
    journal.note(FORGED)
    assert logged[-1]["event"] == "post refused"
