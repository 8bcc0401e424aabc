"""A suppression list of SES, of an account or a tenant: reading pages, changing entries."""

import contextlib
import dataclasses
import datetime as dt
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from suppression_ingest.aws.failures import code_of, is_absent, translated
from suppression_ingest.errors import AwsError
from suppression_service.address import InvalidAddress, canonical
from suppression_service.store import Reason

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.literals import SuppressionListReasonType
    from mypy_boto3_sesv2.type_defs import SuppressedDestinationSummaryTypeDef

#: Requests a second ("Using the account-level suppression list" in the SES guide).
RATE: Final = 1.0
#: Entries of a page (SES's limit).
PAGE: Final = 1_000

_REASONS: Final = {"BOUNCE": Reason.HARD_BOUNCE, "COMPLAINT": Reason.COMPLAINT}
_NAMES: "Final[dict[Reason, SuppressionListReasonType]]" = {
    Reason.HARD_BOUNCE: "BOUNCE",
    Reason.COMPLAINT: "COMPLAINT",
}


class ExpiredToken(AwsError):
    """SES no longer knows the token of the next page; the read must start again."""


class NoSuchTenant(AwsError):
    """SES knows no tenant of this name in this account and region."""


class AddressRefused(AwsError):
    """SES refuses this address; it may accept others."""


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """An entry of SES's list. ``address`` is canonical, ``spelling`` is as SES has it."""

    address: str
    spelling: str
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
        """Wait until the next request may be sent.

        It sleeps even if no time is left, because a signal ends a process while it sleeps.
        """
        self._sleep(max(0.0, self._next - self._clock()))
        self._next = self._clock() + self._interval


class AccountList:
    """A list in one account and region: that of the account, or that of a tenant.

    Args:
        ses: the client of the account and region.
        throttle: spaces the requests.
        tenant: the tenant; empty for the account's own list.
    """

    def __init__(self, ses: "SESV2Client", throttle: Throttle, tenant: str = "") -> None:
        self._ses = ses
        self._throttle = throttle
        self._tenant: Any = {"TenantName": tenant} if tenant else {}

    def page(self, token: str, since: dt.datetime | None, until: dt.datetime) -> Page:
        """Read a page.

        Args:
            token: the token of the page; empty for the first page.
            since: only entries updated at or after this time; None for all.
            until: only entries updated up to this time. Entries that are added during
                the read are thereby left out.

        Raises:
            ExpiredToken: SES no longer knows the token.
            NoSuchTenant: there is no such tenant here.
            AwsError: SES does not answer, or refuses.
        """
        request: Any = {"PageSize": PAGE, "EndDate": until, **self._tenant}
        request |= {"NextToken": token} if token else {}
        request |= {"StartDate": since} if since else {}
        with self._calling({"InvalidNextTokenException": ExpiredToken}):
            answer = self._ses.list_suppressed_destinations(**request)
        listed = answer.get("SuppressedDestinationSummaries", [])
        entries = [entry for one in listed if (entry := _entry(one))]
        return Page(entries, answer.get("NextToken", ""), len(listed) - len(entries))

    def put(self, address: str, reason: Reason) -> None:
        """Write an entry. It replaces an entry with the same address, its reason included.

        Raises:
            AddressRefused: SES refuses the address.
            AwsError: SES does not answer, or refuses.
        """
        with self._calling({"BadRequestException": AddressRefused}):
            self._ses.put_suppressed_destination(
                EmailAddress=address, Reason=_NAMES[reason], **self._tenant
            )

    def delete(self, spelling: str) -> None:
        """Delete an entry. SES tells cases apart here. An entry that is gone already is fine.

        Raises:
            AddressRefused: SES refuses the address.
            AwsError: SES does not answer, or refuses.
        """
        with self._calling({"BadRequestException": AddressRefused}):
            try:
                self._ses.delete_suppressed_destination(EmailAddress=spelling, **self._tenant)
            except ClientError as error:
                if not is_absent(error):
                    raise

    @contextlib.contextmanager
    def _calling(self, errors: dict[str, type[AwsError]]) -> Iterator[None]:
        """Wait for the turn of a call, and translate its errors."""
        self._throttle.wait()
        with translated():
            try:
                yield
            except ClientError as error:
                if self._tenant and is_absent(error):
                    raise NoSuchTenant("SES knows no such tenant here") from None
                if kind := errors.get(code_of(error)):
                    # Without SES's message, which may repeat the address.
                    raise kind(kind.__doc__) from None
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
    spelling, updated = listed["EmailAddress"], listed["LastUpdateTime"]
    return Entry(address, spelling, reason, updated) if reason else None
