from pathlib import Path

import pytest

from suppression_ingest.webhook.settings import WebhookSettings
from suppression_service.config import SettingsError, load

TOPIC = "arn:aws:sns:eu-west-1:123456789012:feedback"
PASSWORD = "a-password-of-SNS-0123"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in WebhookSettings.model_fields:
        monkeypatch.delenv(f"SUPPRESSION_{name.upper()}", raising=False)
    monkeypatch.setenv("SUPPRESSION_TOPIC_ARNS", TOPIC)


def test_with_a_topic_alone_it_listens_on_this_machine() -> None:
    assert load(WebhookSettings).webhook_listen == "127.0.0.1:8080"


def test_without_a_topic_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUPPRESSION_TOPIC_ARNS")
    with pytest.raises(SettingsError, match="SUPPRESSION_TOPIC_ARNS is not set"):
        load(WebhookSettings)


BEYOND = ["0.0.0.0:8080", "[::]:8080", "10.0.0.1:8080", "mail:8080"]
HERE = ["127.0.0.1:0", "localhost:8080", "[::1]:8080", "127.9.9.9:1"]


@pytest.mark.parametrize("listen", BEYOND + HERE)
@pytest.mark.parametrize("insecure", [False, True], ids=["secure", "insecure"])
def test_it_insists_on_tls_beyond_this_machine_unless_told_otherwise(
    listen: str, insecure: bool
) -> None:
    refused = ""
    try:
        load(WebhookSettings, webhook_listen=listen, webhook_insecure=insecure)
    except SettingsError as error:
        refused = str(error)
    assert ("--webhook-insecure behind a load balancer" in refused) == (
        listen in BEYOND and not insecure
    )


@pytest.mark.parametrize("flags", [{"webhook_raw": True}, {"verify_signatures": False}], ids=str)
def test_what_is_not_signed_needs_a_password(flags: dict[str, bool]) -> None:
    with pytest.raises(SettingsError, match="SUPPRESSION_WEBHOOK_PASSWORD is not set"):
        load(WebhookSettings, **flags)
    assert load(WebhookSettings, webhook_password=PASSWORD, **flags).password_needed


def test_a_certificate_and_its_key_go_together(tmp_path: Path) -> None:
    file = tmp_path / "chain.pem"
    file.write_text("")
    with pytest.raises(SettingsError, match="go together"):
        load(WebhookSettings, webhook_tls_certificate=str(file))


def test_files_that_hold_no_certificate_are_found_out_at_once(tmp_path: Path) -> None:
    file = tmp_path / "chain.pem"
    file.write_text("none")
    with pytest.raises(SettingsError, match="do not hold a certificate"):
        load(WebhookSettings, webhook_tls_certificate=str(file), webhook_tls_key=str(file))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook_listen", "8080"),
        ("webhook_listen", "127.0.0.1:99999"),
        ("webhook_listen", "::1:8080"),
        ("webhook_processes", "0"),
        ("webhook_processes", "many"),
        ("webhook_password", "short"),
        ("webhook_password", "with a blank in the middle"),
        ("webhook_password", "with:colon/and@more%signs"),
        ("webhook_max_body", "0"),
        ("webhook_tls_key", "/nowhere/key.pem"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_setting(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        load(WebhookSettings, **{name: value})
    assert str(wrong.value).startswith(f"SUPPRESSION_{name.upper()}: ")
    assert "\n" not in str(wrong.value)


@pytest.mark.parametrize("password", ["short", PASSWORD])
def test_a_password_is_not_repeated(password: str) -> None:
    said = ""
    try:
        said = repr(load(WebhookSettings, webhook_password=password))
    except SettingsError as error:
        said = str(error)
    assert password not in said
