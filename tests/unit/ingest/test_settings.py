from typing import Any

import pytest

from suppression_ingest.settings import IngestSettings
from suppression_service.config import SettingsError, load

TOPICS = ("arn:aws:sns:eu-west-1:123456789012:one", "arn:aws-cn:sns:cn-north-1:123456789012:two")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in IngestSettings.model_fields:
        monkeypatch.delenv(f"SUPPRESSION_{name.upper()}", raising=False)


def test_without_any_setting_the_database_is_a_file() -> None:
    assert load(IngestSettings).database_url == "sqlite:///suppression.db"


def test_without_any_setting_signatures_are_verified() -> None:
    assert load(IngestSettings).verify_signatures


def test_the_environment_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPRESSION_WAIT_SECONDS", "5")
    assert load(IngestSettings).wait_seconds == 5


def test_a_flag_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPRESSION_WAIT_SECONDS", "5")
    assert load(IngestSettings, wait_seconds="7").wait_seconds == 7


def test_a_flag_that_is_not_given_leaves_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPRESSION_WAIT_SECONDS", "5")
    assert load(IngestSettings, wait_seconds=None).wait_seconds == 5


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPRESSION_DATABASE_URL", "")
    assert load(IngestSettings).database_url == "sqlite:///suppression.db"


def test_topics_are_given_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPRESSION_TOPIC_ARNS", f" {TOPICS[0]} , {TOPICS[1]},")
    assert load(IngestSettings).topic_arns == TOPICS


def test_streams_are_given_as_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPPRESSION_STREAMS", "letters-set=letters, other-set = other")
    assert load(IngestSettings).streams == {"letters-set": "letters", "other-set": "other"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wait_seconds", "21"),
        ("wait_seconds", "-1"),
        ("wait_seconds", "soon"),
        ("batch_size", "0"),
        ("batch_size", "11"),
        ("topic_arns", "feedback"),
        ("topic_arns", "arn:aws:sqs:eu-west-1:123456789012:queue"),
        ("tenant_streams", "acme"),
        ("topic_streams", "readers/weekly"),
        ("streams", "letters-set"),
        ("streams", "letters-set="),
        ("streams", "=letters"),
        ("streams", "letters-set=" + "x" * 101),
        ("queue_url", "feedback"),
        ("certificate_endpoint", "ftp://host"),
        ("log_format", "yaml"),
        ("delayed_bounces", "maybe"),
        ("soft_bounce_limit", "-1"),
        ("soft_bounce_within", "0"),
        ("soft_bounce_lasts", "for ever"),
        ("retry_queue_url", "retries"),
        ("deduplication_days", "0"),
        ("event_retention", "-1"),
        ("publish_rates", "perhaps"),
        ("verify_signatures", "perhaps"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_setting(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        load(IngestSettings, **{name: value})
    assert str(wrong.value).startswith(f"SUPPRESSION_{name.upper()}: ")
    assert "\n" not in str(wrong.value)


@pytest.mark.parametrize("flags", [{"database_url": 5}, {"queue_url": "user:secret@host"}])
def test_a_wrong_value_is_not_repeated(flags: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as wrong:
        load(IngestSettings, **flags)
    assert "secret" not in str(wrong.value)
