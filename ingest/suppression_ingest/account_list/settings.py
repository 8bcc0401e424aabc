"""The settings of ``suppression-ingest sync``."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from suppression_ingest.settings import IngestSettings, items

#: Whose credentials, and the region: ``[PROFILE@|ROLE_ARN@]REGION``.
_ACCOUNT: Final = re.compile(r"(?:(\S+)@)?([a-z]{2}(?:-[a-z]+)+-[0-9]+)")


def account_parts(text: str) -> tuple[str, str]:
    """Return the profile or ARN of the role, or ``""``, and the region.

    Raises:
        ValueError: the text is of another form.
    """
    if not (parts := _ACCOUNT.fullmatch(text)):
        raise ValueError("give each as REGION, PROFILE@REGION or ROLE_ARN@REGION")
    return parts[1] or "", parts[2]


def _account(text: str) -> str:
    account_parts(text)
    return text


class SyncSettings(IngestSettings):
    """Settings of ``sync``."""

    ses_accounts: Annotated[
        tuple[Annotated[str, AfterValidator(_account)], ...],
        NoDecode,
        BeforeValidator(items),
        Field(
            description="REGION, PROFILE@REGION or ROLE_ARN@REGION, commas between: the accounts "
            "whose lists to synchronise; empty: the account and region of the AWS_* variables"
        ),
    ] = ()
