"""SES's suppression list of the account: read a page at a time, and written to."""

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from suppression_ingest.account_list.pace import Pace
from suppression_ingest.aws.failures import code_of, translated
from suppression_ingest.aws.session import Aws
from suppression_ingest.errors import AwsError
from suppression_service.address import InvalidAddress, canonical
from suppression_service.store import Reason

if TYPE_CHECKING:
    from mypy_boto3_sesv2.literals import SuppressionListReasonType
    from mypy_boto3_sesv2.type_defs import SuppressedDestinationSummaryTypeDef

#: Seconds between two requests ("Using the account-level suppression list" in the SES guide).
INTERVAL: Final = 1.0
#: Entries of a page (SES's limit).
PAGE: Final = 1_000

_REASONS: Final = {"BOUNCE": Reason.HARD_BOUNCE, "COMPLAINT": Reason.COMPLAINT}
_NAMES: "Final[dict[Reason, SuppressionListReasonType]]" = {
    Reason.HARD_BOUNCE: "BOUNCE",
    Reason.COMPLAINT: "COMPLAINT",
}


class LostPlace(AwsError):
    """SES does not know any more where the reading was broken off; it must begin anew."""


class AddressRefused(AwsError):
    """SES does not take this address on its list; others it may."""


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """An entry of SES's list, under the address that all its ways of writing share."""

    address: str
    reason: Reason
    updated: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """Some of the list.

    ``token`` is where the next page begins, empty after the last. ``unusable`` counts
    what is no address, or has a reason that this program does not know.
    """

    entries: list[Entry]
    token: str
    unusable: int = 0


class AccountList:
    """The list of the account, in one region.

    Args:
        aws: the account.
        pace: lets requests through.
    """

    def __init__(self, aws: Aws, pace: Pace) -> None:
        self._aws = aws
        self._pace = pace

    def page(self, token: str, since: dt.datetime | None, until: dt.datetime) -> Page:
        """Read a page.

        Args:
            token: where it begins; empty for the first.
            since: the earliest last update; None for all.
            until: the latest, so that the list does not grow while it is read.

        Raises:
            LostPlace: the token is not known any more.
            AwsError: SES does not answer, or refuses.
        """
        asked: Any = {"PageSize": PAGE, "EndDate": until}
        asked |= {"NextToken": token} if token else {}
        asked |= {"StartDate": since} if since else {}
        self._pace.wait()
        with translated():
            try:
                answer = self._aws.ses.list_suppressed_destinations(**asked)
            except ClientError as error:
                if code_of(error) == "InvalidNextTokenException":
                    raise LostPlace("SES does not know the place any more") from error
                raise
        listed = answer.get("SuppressedDestinationSummaries", [])
        entries = [entry for one in listed if (entry := _entry(one))]
        return Page(entries, answer.get("NextToken", ""), len(listed) - len(entries))

    def put(self, address: str, reason: Reason) -> None:
        """Write an entry. One of the same address is overwritten, its reason included.

        Raises:
            AddressRefused: SES does not take the address.
            AwsError: SES does not answer, or refuses.
        """
        self._pace.wait()
        with translated():
            try:
                self._aws.ses.put_suppressed_destination(
                    EmailAddress=address, Reason=_NAMES[reason]
                )
            except ClientError as error:
                if code_of(error) == "BadRequestException":
                    # What SES says of it may repeat the address.
                    raise AddressRefused("SES refuses the address") from None
                raise


def name_of(reason: Reason) -> str:
    """Return a reason as SES writes it."""
    return _NAMES[reason]


def _entry(listed: "SuppressedDestinationSummaryTypeDef") -> Entry | None:
    reason = _REASONS.get(listed["Reason"])
    try:
        address = canonical(listed["EmailAddress"])
    except InvalidAddress:
        return None
    return Entry(address, reason, listed["LastUpdateTime"]) if reason else None
