import pytest

from ingest.aws.clients import Aws
from ingest.aws.session import aws_session
from ingest.errors import SettingsError


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    # Or boto3 looks for both on the network.
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_without_a_region_the_setting_is_named() -> None:
    with pytest.raises(SettingsError, match="AWS_REGION"):
        Aws.connect()


def test_the_region_is_where_other_sdks_look_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert aws_session().region_name == "eu-west-3"


def test_the_region_is_boto3s_own_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert aws_session().region_name == "eu-west-1"
