import pytest

from suppression_ingest.aws.session import Aws, aws_session, client_for_queue
from suppression_service.config import SettingsError

QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/feedback"

pytestmark = pytest.mark.usefixtures("no_aws_settings")


def test_the_region_is_where_other_sdks_look_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert aws_session().region_name == "eu-west-3"


def test_the_region_is_boto3s_own_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert aws_session().region_name == "eu-west-1"


@pytest.mark.parametrize("service", ["sqs", "cloudwatch"])
@pytest.mark.parametrize(
    ("url", "region"), [(QUEUE, "eu-west-1"), ("https://queue.example.com/feedback", "us-east-1")]
)
def test_the_region_that_the_queue_url_tells_comes_before_that_of_the_host(
    monkeypatch: pytest.MonkeyPatch, service: str, url: str, region: str
) -> None:
    # given a host that says where it is itself, as Lambda and EKS have it do
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    assert client_for_queue(url, service, 10).meta.region_name == region


def test_without_a_region_the_setting_is_named() -> None:
    with pytest.raises(SettingsError, match="AWS_REGION"):
        Aws.connect()
