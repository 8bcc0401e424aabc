import pytest

from suppression_ingest.account_list.settings import SyncSettings, account_parts
from suppression_service.config import SettingsError, load


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("eu-west-1", ("", "eu-west-1")),
        ("us-gov-east-1", ("", "us-gov-east-1")),
        ("shop@us-east-1", ("shop", "us-east-1")),
        (
            "arn:aws:iam::123456789012:role/a@b@us-east-1",
            ("arn:aws:iam::123456789012:role/a@b", "us-east-1"),
        ),
    ],
    ids=["region", "long region", "profile", "role with an @"],
)
def test_an_account_is_credentials_and_a_region(text: str, parts: tuple[str, str]) -> None:
    assert account_parts(text) == parts


def test_accounts_have_commas_between_them() -> None:
    settings = load(SyncSettings, ses_accounts="eu-west-1, shop@us-east-1,")
    assert settings.ses_accounts == ("eu-west-1", "shop@us-east-1")


def test_what_is_no_region_is_refused_by_the_name_of_the_setting() -> None:
    with pytest.raises(SettingsError, match="SUPPRESSION_SES_ACCOUNTS: give each as REGION"):
        load(SyncSettings, ses_accounts="eu-west-1,everywhere")
