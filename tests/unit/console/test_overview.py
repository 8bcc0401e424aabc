import datetime as dt
from typing import Any

import pytest

from suppression.v1 import statistics_service_pb2
from suppression_console.charts import last_days, rates, stacked
from suppression_console.pages.needs import needs
from suppression_console.pages.overview import rate

statistics: Any = statistics_service_pb2
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
DAYS = last_days(3, NOW.date())


def status(**fields: Any) -> Any:
    good = {"database_available": True, "as_of_time": NOW, "last_feedback_time": NOW}
    return statistics.GetStatusResponse(**(good | fields))


def titles(status: Any, bounce: float | None, complaint: float | None) -> list[str]:
    return [need.title for need in needs(status, bounce, complaint, [], NOW)]


def test_a_good_day_needs_nobody() -> None:
    assert titles(status(), 1.9, 0.05) == []


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"database_available": False}, "The database does not answer"),
        ({"as_of_time": NOW - dt.timedelta(minutes=5)}, "The list is from 5 min ago"),
        ({"dead_letters": 3}, "3 messages in the dead-letter queue"),
        ({"last_feedback_time": NOW - dt.timedelta(days=2)}, "No feedback since 2 days ago"),
        ({"last_feedback_time": None}, "No feedback yet"),
    ],
)
def test_what_is_wrong_with_the_system_needs_a_person(fields: Any, title: str) -> None:
    assert titles(status(**fields), None, None) == [title]


@pytest.mark.parametrize(
    ("bounce", "complaint", "title"),
    [
        (2.0, 0.0, "Bounce rate of 2.00 %, above 2 %"),
        (7.5, 0.0, "Bounce rate of 7.50 %, above 5 %"),
        (12.0, 0.0, "Bounce rate of 12.0 %, above 10 %"),
        (0.0, 0.2, "Complaint rate of 0.20 %, above 0.1 %"),
    ],
)
def test_a_rate_above_a_line_of_ses_needs_a_person(
    bounce: float, complaint: float, title: str
) -> None:
    assert titles(status(), bounce, complaint) == [title]


def test_a_rate_needs_sends() -> None:
    assert rate([statistics.StatisticsRow(hard_bounces=3)], "hard_bounces") is None


def test_the_highest_bar_fits_into_its_chart() -> None:
    chart = stacked("Additions", DAYS, {"r-manual": ("Manual", [0, 4, 11])})
    assert [(bar.title, bar.y >= 0) for bar in chart.bars] == [
        ("28 Feb: 4 manual", True),
        ("01 Mar: 11 manual", True),
    ]


def test_a_chart_of_rates_shows_the_next_line_above() -> None:
    chart = rates("Rate", DAYS, [None, 1.0, 3.0], {2.0: "warn", 5.0: "bad", 10.0: "bad"})
    assert [limit.text for limit in chart.limits] == ["2 %", "5 %"]


def test_a_chart_of_nothing_is_empty() -> None:
    chart = rates("Rate", DAYS, [None, None, None], {})
    assert (chart.bars, chart.line) == ((), "")


def test_the_overview_counts_by_day_and_reason(admin: Any, service: Any) -> None:
    today = dt.datetime.now(dt.UTC).date().isoformat()
    row = {"day": today, "reason": 3, "suppressions": 7}
    service.answers["GetStatistics"] = statistics.GetStatisticsResponse(rows=[row])
    assert "7 complaint" in admin.get("/").text


def test_replies_are_counted_by_category_and_domain(admin: Any, service: Any) -> None:
    today = dt.datetime.now(dt.UTC).date().isoformat()
    row = {"day": today, "category": 2, "domain": "example.com", "soft_bounces": 5}
    example = {"category": 2, "domain": "example.com", "text": "<b>full</b>"}
    service.answers["GetStatistics"] = statistics.GetStatisticsResponse(
        rows=[row], examples=[example]
    )
    page = admin.get("/reasons").text
    assert "5 mailbox full" in page
    assert "&lt;b&gt;full&lt;/b&gt;" in page


def test_a_domain_of_the_url_is_asked_for(admin: Any, service: Any) -> None:
    service.calls.clear()
    admin.get("/reasons?domain=Example.com&category=dns&days=7")
    for asked in service.made("GetStatistics"):
        assert (asked.filter.domain, asked.filter.category) == ("example.com", 6)
