import pytest

from suppression_ingest.aws.clients import Aws
from suppression_ingest.errors import SettingsError


@pytest.mark.usefixtures("no_aws_settings")
def test_without_a_region_the_setting_is_named() -> None:
    with pytest.raises(SettingsError, match="AWS_REGION"):
        Aws.connect()
