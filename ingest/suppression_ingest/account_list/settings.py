"""The settings of ``suppression-ingest sync``."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from suppression_ingest.account_list.account_list import RATE
from suppression_ingest.account_list.options import Direction, RemovedAtSes, RemovedHere
from suppression_ingest.settings import IngestSettings, items
from suppression_service.config import Flag

#: The settings of the command.
SYNC: Final = (
    "database_url",
    "ses_accounts",
    "tenant_streams",
    "sync_every",
    "sync_direction",
    "sync_removed_here",
    "sync_removed_at_ses",
    "sync_limit",
    "sync_max_removals",
    "sync_rate",
    "metrics_listen",
    "log_format",
)

#: Whose credentials, and the region: ``[PROFILE@|ROLE_ARN@]REGION``.
_ACCOUNT: Final = re.compile(r"(?:(\S+)@)?([a-z]{2}(?:-[a-z]+)+-[0-9]+)")

_DURATION: Final = re.compile(r"([1-9][0-9]{0,5})([smhd])")
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def account_parts(text: str) -> tuple[str, str]:
    """Return the profile or ARN of the role, or ``""``, and the region.

    Raises:
        ValueError: the text is of another form.
    """
    if not (parts := _ACCOUNT.fullmatch(text)):
        raise ValueError("give each as REGION, PROFILE@REGION or ROLE_ARN@REGION")
    return parts[1] or "", parts[2]


def seconds_of(duration: str) -> int:
    """Return a duration such as 90s, 30m, 1h or 1d in seconds; 0 for an empty text.

    Raises:
        ValueError: the text is of another form.
    """
    if not duration:
        return 0
    if not (parts := _DURATION.fullmatch(duration)):
        raise ValueError("give a number and its unit, such as 90s, 30m, 1h or 1d")
    return int(parts[1]) * _UNITS[parts[2]]


def _account(text: str) -> str:
    account_parts(text)
    return text


def _duration(text: str) -> str:
    seconds_of(text)
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
    sync_every: Annotated[
        str,
        AfterValidator(_duration),
        Flag("--every"),
        Field(description="begin a run every 30m, 1h, 1d …, until a signal; empty: one run"),
    ] = ""
    sync_direction: Annotated[
        Direction,
        Flag("--direction"),
        Field(description="both, pull (change our list only) or push (change SES's only)"),
    ] = Direction.BOTH
    sync_removed_here: Annotated[
        RemovedHere,
        Flag("--removed-here"),
        Field(description="what was removed from our list: keep at SES, or remove there too"),
    ] = RemovedHere.KEEP
    sync_removed_at_ses: Annotated[
        RemovedAtSes,
        Flag("--removed-at-ses"),
        Field(description="what was removed at SES: keep here, remove here too, or restore at SES"),
    ] = RemovedAtSes.KEEP
    sync_limit: Annotated[
        int, Flag("--limit"), Field(ge=0, description="changes at a list of SES in a run, at most")
    ] = 1_000
    sync_max_removals: Annotated[
        int,
        Flag("--max-removals"),
        Field(ge=0, description="removals from our list in a run; if there are more, none is made"),
    ] = 100
    sync_rate: Annotated[
        float,
        Flag("--rate"),
        Field(gt=0, description="requests a second to each account and region"),
    ] = RATE
