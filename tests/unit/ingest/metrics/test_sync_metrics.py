import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from suppression_ingest.metrics.sync import SyncMetrics

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "metrics.md"
LIST = "123456789012/eu-west-1"


@pytest.fixture
def metrics() -> SyncMetrics:
    return SyncMetrics(now=lambda: 1_000.0)


def registered(metrics: SyncMetrics) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(metrics)
    return registry


def value(metrics: SyncMetrics, name: str, **labels: str) -> float | None:
    found = f"suppression_ingest_sync_{name}"
    return registered(metrics).get_sample_value(found, {"list": LIST, **labels})


def test_a_run_that_ended_shows_when_and_what_it_did(metrics: SyncMetrics) -> None:
    metrics.finished(LIST, {"only_here": 3}, {"written": 2})
    metrics.finished(LIST, {"only_here": 1}, {"written": 1})
    assert value(metrics, "last_success_timestamp_seconds") == 1_000
    assert value(metrics, "differing_addresses", difference="only_here") == 1
    assert value(metrics, "changes_total", change="written") == 3


def test_a_run_that_failed_shows_so_until_one_does_not(metrics: SyncMetrics) -> None:
    metrics.failed(LIST)
    assert value(metrics, "failed") == 1
    metrics.finished(LIST, {}, {})
    assert value(metrics, "failed") == 0


def test_the_page_about_metrics_says_what_is_shown(metrics: SyncMetrics) -> None:
    page = PAGE.read_text(encoding="utf-8").partition("\n## Synchronisation\n")[2]
    section = page.partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|[^|]*\| (.*) \|$", section, re.MULTILINE)
    text = generate_latest(registered(metrics)).decode()
    helps = dict(re.findall(r"^# HELP (\S+) (.*)$", text, re.MULTILINE))
    kinds = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)
    assert [(name, kind, helps[name]) for name, kind in kinds] == rows
