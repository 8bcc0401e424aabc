import datetime as dt
import io

import pytest
from rich.console import Console

from suppression_ingest.rates.rates import Level, Rates, by_day, by_set
from suppression_ingest.rates.report import as_json, as_tables, days_until
from suppression_service.store import DailyCount

DAY = dt.date(2026, 3, 2)
NEXT = DAY + dt.timedelta(days=1)
COUNTS = [
    DailyCount(DAY, "news", sends=1_000, deliveries=950, hard_bounces=50, complaints=1),
    DailyCount(DAY, "orders", sends=1_000, deliveries=1_000, soft_bounces=2),
    DailyCount(NEXT, "news", sends=10),
]


def shown(counts: list[DailyCount], days: list[dt.date], width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as capture:
        console.print(as_tables(counts, days, width))
    return capture.get()


def test_a_day_is_the_sum_of_its_configuration_sets() -> None:
    assert by_day(COUNTS, [DAY])[DAY] == Rates(2_000, 1_950, 50, 2, 1)


def test_a_day_without_mail_is_there_too() -> None:
    assert by_day([], [DAY]) == {DAY: Rates()}


def test_a_configuration_set_is_the_sum_of_its_days() -> None:
    assert by_set(COUNTS)["news"].sends == 1_010


def test_a_rate_is_a_share_of_the_sends() -> None:
    assert Rates(sends=200, hard_bounces=10).bounce_rate == 0.05


def test_without_sends_there_is_no_rate() -> None:
    assert Rates(hard_bounces=10).bounce_rate is None


@pytest.mark.parametrize(
    ("bounces", "level"),
    [(19, Level.FINE), (20, Level.HIGH), (50, Level.REVIEW), (100, Level.PAUSE)],
)
def test_bounces_are_worse_from_each_threshold_on(bounces: int, level: Level) -> None:
    assert Rates(sends=1_000, hard_bounces=bounces).bounce_level is level


@pytest.mark.parametrize(
    ("complaints", "level"), [(0, Level.FINE), (1, Level.REVIEW), (5, Level.PAUSE)]
)
def test_complaints_are_worse_from_each_threshold_on(complaints: int, level: Level) -> None:
    assert Rates(sends=1_000, complaints=complaints).complaint_level is level


def test_days_end_with_today() -> None:
    assert days_until(NEXT, 2) == [DAY, NEXT]


def test_the_table_marks_a_rate_that_ses_reviews() -> None:
    assert "5.00 % !!" in shown([COUNTS[0]], [DAY])


def test_the_table_draws_half_a_bar_at_half_the_highest_threshold() -> None:
    assert "█████·····" in shown([COUNTS[0]], [DAY])


@pytest.mark.parametrize("width", [80, 110])
def test_the_table_cuts_no_day_and_no_figure_short(width: int) -> None:
    millions = DailyCount(
        DAY,
        sends=1_234_567,
        deliveries=1_234_000,
        hard_bounces=150_000,
        soft_bounces=12_345,
        complaints=12_345,
    )
    told = shown([millions], [DAY], width)
    assert (f"{DAY}" in told, "1,234,567" in told, "…" in told) == (True, True, False)


def test_the_table_shows_configuration_sets_when_there_are_several() -> None:
    assert "orders" in shown(COUNTS, [DAY, NEXT])


def test_no_mail_at_all_is_a_table_of_dashes() -> None:
    assert "–" in shown([], [DAY])


def test_json_has_the_same_figures() -> None:
    document = as_json(COUNTS, [DAY, NEXT])
    assert document["days"][0]["bounce_rate"] == 0.025
    assert document["days"][0]["bounce_level"] == "high"
    assert [entry["configuration_set"] for entry in document["configuration_sets"]] == [
        "news",
        "orders",
    ]
