import json
from typing import TYPE_CHECKING, Any

from suppression_service.telemetry.aggregate import FRESH_SECONDS, Aggregate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import Metric


def report(process: str, calls: float, lag: float) -> bytes:
    counter = ("calls", "Calls.", "counter", [("calls_total", {"method": "Check"}, calls)])
    gauge: Any = ("lag", "Lag.", "gauge", [("lag", {}, lag)])
    return json.dumps((process, [counter, gauge])).encode() + b"\n"


def samples(families: "Iterable[Metric]") -> dict[tuple[str, str], float]:
    """Return values by name and process."""
    return {
        (sample.name, sample.labels.get("process", "")): sample.value
        for family in families
        for sample in family.samples
    }


def test_counts_of_all_processes_are_added_up_and_states_keep_their_process() -> None:
    aggregate = Aggregate()
    aggregate.receive("a", report("0", 3, 0.5))
    aggregate.receive("b", report("1", 4, 7.0))
    assert samples(aggregate.collect()) == {
        ("calls_total", ""): 7,
        ("lag", "0"): 0.5,
        ("lag", "1"): 7,
    }


def test_a_report_replaces_the_one_before() -> None:
    aggregate = Aggregate()
    aggregate.receive("a", report("0", 3, 1.0))
    aggregate.receive("a", report("0", 5, 2.0))
    assert samples(aggregate.collect()) == {("calls_total", ""): 5, ("lag", "0"): 2}


def test_what_a_dead_process_counted_stays_and_what_it_was_like_goes() -> None:
    # given a process that dies
    aggregate = Aggregate()
    aggregate.receive("a", report("0", 3, 1.0))
    aggregate.end("a")
    # then its calls still count, and it has no lag any more
    assert samples(aggregate.collect()) == {("calls_total", ""): 3}
    # and its successor, which begins from 0, takes nothing away.
    aggregate.receive("b", report("0", 1, 0.2))
    assert samples(aggregate.collect()) == {("calls_total", ""): 4, ("lag", "0"): 0.2}


def test_a_process_that_ended_before_its_first_report_changes_nothing() -> None:
    aggregate = Aggregate()
    aggregate.end("a")
    assert samples(aggregate.collect()) == {}


def test_a_process_that_hangs_is_not_told_of_as_it_was() -> None:
    # given a process whose last report is old
    times = iter([0.0, FRESH_SECONDS])
    aggregate = Aggregate(clock=lambda: next(times))
    aggregate.receive("a", report("0", 3, 1.0))
    # then only its counts are shown
    assert samples(aggregate.collect()) == {("calls_total", ""): 3}
