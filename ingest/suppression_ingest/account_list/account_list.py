"""SES's account-level suppression list: reading its pages and writing entries."""

import dataclasses
import datetime as dt
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

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


class ExpiredToken(AwsError):
    """SES no longer knows the token of the next page; the read must start again."""


class AddressRefused(AwsError):
    """SES refuses this address; it may accept others."""


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """An entry of SES's list, under the canonical form of its address."""

    address: str
    reason: Reason
    updated: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """A page of the list.

    ``token`` is the token of the next page; it is empty on the last page. ``unusable``
    counts the entries without a valid address or a known reason.
    """

    entries: list[Entry]
    token: str
    unusable: int = 0


class Throttle:
    """Leaves at least an interval between two requests.

    Args:
        interval: seconds between two requests.
        clock: monotonic time in seconds.
        sleep: waits for a number of seconds.
    """

    def __init__(
        self,
        interval: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = interval
        self._clock = clock
        self._sleep = sleep
        self._next = clock()

    def wait(self) -> None:
        """Wait until the next request may be sent."""
        if (seconds := self._next - self._clock()) > 0:
            self._sleep(seconds)
        self._next = self._clock() + self._interval


class AccountList:
    """The list of the account, in one region.

    Args:
        aws: the account.
        throttle: spaces the requests.
    """

    def __init__(self, aws: Aws, throttle: Throttle) -> None:
        self._aws = aws
        self._throttle = throttle

    def page(self, token: str, since: dt.datetime | None, until: dt.datetime) -> Page:
        """Read a page.

        Args:
            token: the token of the page; empty for the first page.
            since: only entries updated at or after this time; None for all.
            until: only entries updated up to this time. Entries that are added during
                the read are thereby left out.

        Raises:
            ExpiredToken: SES no longer knows the token.
            AwsError: SES does not answer, or refuses.
        """
        request: Any = {"PageSize": PAGE, "EndDate": until}
        request |= {"NextToken": token} if token else {}
        request |= {"StartDate": since} if since else {}
        self._throttle.wait()
        with translated():
            try:
                answer = self._aws.ses.list_suppressed_destinations(**request)
            except ClientError as error:
                if code_of(error) == "InvalidNextTokenException":
                    raise ExpiredToken("SES no longer knows the page token") from error
                raise
        listed = answer.get("SuppressedDestinationSummaries", [])
        entries = [entry for one in listed if (entry := _entry(one))]
        return Page(entries, answer.get("NextToken", ""), len(listed) - len(entries))

    def put(self, address: str, reason: Reason) -> None:
        """Write an entry. It replaces an entry with the same address, its reason included.

        Raises:
            AddressRefused: SES refuses the address.
            AwsError: SES does not answer, or refuses.
        """
        self._throttle.wait()
        with translated():
            try:
                self._aws.ses.put_suppressed_destination(
                    EmailAddress=address, Reason=_NAMES[reason]
                )
            except ClientError as error:
                if code_of(error) == "BadRequestException":
                    # SES's message may repeat the address.
                    raise AddressRefused("SES refuses the address") from None
                raise


def name_of(reason: Reason) -> str:
    """Return SES's name of a reason."""
    return _NAMES[reason]


def _entry(listed: "SuppressedDestinationSummaryTypeDef") -> Entry | None:
    reason = _REASONS.get(listed["Reason"])
    try:
        address = canonical(listed["EmailAddress"])
    except InvalidAddress:
        return None
    return Entry(address, reason, listed["LastUpdateTime"]) if reason else None
