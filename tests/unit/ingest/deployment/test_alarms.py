from typing import Any

import pytest

from suppression_ingest.deployment.alarms import Alarm, alarms_of, with_actions

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:feedback"
ALARMS = {alarm.name: alarm for alarm in alarms_of("ses", QUEUE, f"{QUEUE}-dead", "news")}
BOUNCES = "ses-official-bounce-rate"
SILENCE = "ses-silence"


def made(alarm: Alarm, **changes: Any) -> Any:
    """An alarm as CloudWatch tells it."""
    return {**alarm.arguments(["arn:aws:sns:eu-west-1:123456789012:me"]), **changes}


@pytest.mark.parametrize("alarm", ALARMS.values(), ids=ALARMS)
def test_an_alarm_as_it_is_made_has_no_fault(alarm: Alarm) -> None:
    assert alarm.faults(made(alarm)) == []


@pytest.mark.parametrize("alarm", ALARMS.values(), ids=ALARMS)
def test_an_alarm_as_it_is_made_is_not_tuned(alarm: Alarm) -> None:
    assert alarm.differences(made(alarm)) == []


@pytest.mark.parametrize("name", [BOUNCES, "ses-news-bounce-rate"])
def test_bounces_ring_well_below_5_percent(name: str) -> None:
    assert ALARMS[name].threshold <= 0.03


@pytest.mark.parametrize("name", ["ses-official-complaint-rate", "ses-news-complaint-rate"])
def test_complaints_ring_below_a_tenth_of_a_percent(name: str) -> None:
    assert ALARMS[name].threshold < 0.001


@pytest.mark.parametrize(
    ("name", "changes", "fault"),
    [
        (BOUNCES, {"Threshold": 0.05}, "threshold"),
        (BOUNCES, {"ComparisonOperator": "LessThanThreshold"}, "direction"),
        (BOUNCES, {"ActionsEnabled": False}, "switched off"),
        (SILENCE, {"Threshold": 0.0}, "threshold"),
        (SILENCE, {"TreatMissingData": "missing"}, "missing data"),
    ],
)
def test_a_fault_is_named(name: str, changes: dict[str, Any], fault: str) -> None:
    alarm = ALARMS[name]
    assert fault in " ".join(alarm.faults(made(alarm, **changes)))


def test_an_alarm_that_rings_earlier_is_tuned_and_no_fault() -> None:
    alarm = ALARMS[BOUNCES]
    stricter = made(alarm, Threshold=0.01)
    assert alarm.faults(stricter) == []
    assert alarm.differences(stricter) == ["Threshold 0.01 instead of 0.03"]


#: What somebody may have made of an alarm that watches three periods of a maximum.
PERCENTILE = {
    "ExtendedStatistic": "p99",
    "EvaluateLowSampleCountPercentile": "ignore",
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Unit": "Percent",
}


def of_percentiles(alarm: Alarm, **changes: Any) -> Any:
    """An alarm as CloudWatch tells it that was made one of percentiles."""
    found = made(alarm, **PERCENTILE, **changes)
    del found["Statistic"]
    return found


def test_an_alarm_that_is_made_anew_keeps_nothing_but_who_is_told() -> None:
    alarm = ALARMS[BOUNCES]
    told = {"OKActions": ["arn:ok"], "InsufficientDataActions": ["arn:lost"]}
    reset = alarm.reset(of_percentiles(alarm, **told), ["arn:more"])
    # Statistic and ExtendedStatistic together, or 2 data points of 1, CloudWatch refuses.
    actions = ["arn:aws:sns:eu-west-1:123456789012:me", "arn:more"]
    assert reset == {**alarm.arguments(actions), **told}


@pytest.mark.parametrize(
    "changes",
    [{"ExtendedStatistic": "p99"}, {"DatapointsToAlarm": 2}, {"Unit": "Percent"}],
    ids=" ".join,
)
def test_what_an_alarm_has_beyond_what_it_should_have_is_tuned(changes: dict[str, Any]) -> None:
    [(name, value)] = changes.items()
    alarm = ALARMS["ses-age"]
    assert alarm.differences(made(alarm, **changes)) == [f"{name} {value} instead of none"]


def test_as_many_data_points_as_there_are_periods_are_not_tuned() -> None:
    alarm = ALARMS["ses-age"]
    assert alarm.differences(made(alarm, DatapointsToAlarm=alarm.periods)) == []


def test_an_alarm_keeps_what_versions_of_cloudwatch_to_come_give_it() -> None:
    # given an option that is newer than those that this program sets
    found = made(ALARMS[BOUNCES], WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": 5})
    assert with_actions(found, ())["WarmUpConfiguration"] == found["WarmUpConfiguration"]


def test_an_alarm_is_with_actions_with_all_that_it_had_and_an_action_more() -> None:
    found = made(ALARMS[BOUNCES], Threshold=0.01, AlarmArn="told, never taken")
    again = with_actions(found, ["arn:more"])
    assert again["Threshold"] == 0.01
    assert again["AlarmActions"] == ["arn:aws:sns:eu-west-1:123456789012:me", "arn:more"]
    assert "AlarmArn" not in again
