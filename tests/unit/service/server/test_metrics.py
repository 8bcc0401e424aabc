from typing import Final

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from suppression_service.server.checks import Checks
from suppression_service.server.errors import Code
from suppression_service.server.metrics import BOUNDS, CallCounts, ProcessMetrics, code_name


class NotLoaded:
    """A follower that has read nothing yet."""

    replica = latest = None


def shown(calls: CallCounts) -> str:
    registry = CollectorRegistry()
    registry.register(ProcessMetrics({"CheckAddress": calls}, Checks(), NotLoaded()))  # type: ignore[arg-type]
    return generate_latest(registry).decode()


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (Code.OK, "OK"),
        (Code.CANCELLED, "Canceled"),
        (Code.RESOURCE_EXHAUSTED, "ResourceExhausted"),
        (Code.UNKNOWN, "Unknown"),
    ],
)
def test_statuses_are_spelled_as_dashboards_know_them(code: Code, name: str) -> None:
    assert code_name(code) == name


def test_a_call_counts_in_the_bucket_of_its_time_and_in_all_above() -> None:
    counts = CallCounts()
    for seconds in (0.0, 0.0001, 0.0002, 3_600.0):
        counts.end(Code.OK, seconds)
    buckets = dict(counts.buckets())
    assert [buckets["0.0001"], buckets["0.00025"], buckets["60.0"], buckets["+Inf"]] == [2, 3, 3, 4]
    assert list(buckets) == [*map(str, BOUNDS), "+Inf"]


LABELS: Final = (
    'grpc_method="CheckAddress",grpc_service="suppression.v1.SuppressionService",grpc_type="unary"'
)


def test_every_status_is_there_before_the_first_call() -> None:
    text = shown(CallCounts())
    for code in Code:
        line = f'grpc_server_handled_total{{grpc_code="{code_name(code)}",{LABELS}}} 0.0'
        assert line in text


def test_what_became_of_a_call_is_told() -> None:
    counts = CallCounts()
    counts.started += 1
    counts.end(Code.UNAVAILABLE, 0.5)
    text = shown(counts)
    assert f"grpc_server_started_total{{{LABELS}}} 1.0" in text
    assert f'grpc_server_handled_total{{grpc_code="Unavailable",{LABELS}}} 1.0' in text
    assert f"grpc_server_handling_seconds_sum{{{LABELS}}} 0.5" in text


def test_a_worker_without_a_list_tells_that_it_does_not_serve_and_nothing_of_the_list() -> None:
    text = shown(CallCounts())
    assert "suppression_serving 0.0" in text
    assert "suppression_replica" not in text
