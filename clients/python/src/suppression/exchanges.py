"""The calls behind each method of a client, without I/O.

Each method of :class:`Exchanges` is a generator. It yields the calls to make,
receives the response or the error of each, and returns the answer. The sync and the async
client only differ in how they run it.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar

from google.protobuf.message import Message

from . import answers
from .answers import AddressHistory, Changes, Check, Erased, Suppressed, Unsuppressed
from .enums import Dimension, MailClass, Reason
from .errors import InvalidArgumentError, UnavailableError
from .policy import Policy
from .statistics import (
    Statistics,
    StatisticsFilter,
    Status,
    read_statistics,
    read_status,
    statistics_request,
)
from .v1 import statistics_service_pb2, suppression_service_pb2

#: The number of addresses that the service takes in one call.
MAX_BATCH: Final = 10_000

#: Bytes of UTF-8 of the longest address: RFC 5321 permits 64 before the @ and 255 after it.
MAX_ADDRESS: Final = 320

# The reasons of ErrorInfo for a revision that is unknown to the service's database, as after a
# restore or a move.
_OF_ANOTHER_DATABASE: Final = frozenset({"REVISION_FOREIGN", "REVISION_AHEAD"})

# The stubs accept neither our enums nor timedelta.
_pb: Any = suppression_service_pb2


@dataclass(frozen=True, slots=True)
class Call:
    """One remote call.

    Attributes:
        method: the name of the RPC, such as "CheckAddress".
        request: its message.
        timeout: seconds until its deadline.
    """

    method: str
    request: Message
    timeout: float


_Answer = TypeVar("_Answer")
Exchange: TypeAlias = Generator[Call, Any, _Answer]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Deadlines in seconds: of a check, of one call of a batch, of every other call."""

    check: float
    batch: float
    other: float


@dataclass(frozen=True, slots=True)
class Mail:
    """The mail that is checked; see :meth:`SuppressionClient.check`."""

    stream: str = ""
    mail_class: MailClass = MailClass.ORDINARY
    min_revision: str | None = None


def batches(addresses: Iterable[str]) -> list[list[str]]:
    """Split addresses into batches that the service takes, in order.

    Raises:
        TypeError: ``addresses`` is one text, which would be split into letters.
    """
    if isinstance(addresses, str):
        raise TypeError("addresses must be an iterable of texts, not one text")
    every = list(addresses)
    return [every[start : start + MAX_BATCH] for start in range(0, len(every), MAX_BATCH)]


def _short(address: str) -> str:
    """Return the address, or "" if it is too long, which the service answers as invalid too.

    One long text, such as a stranger enters into a form, would make the whole request too long,
    which the service refuses with RESOURCE_EXHAUSTED. ``SEND`` would then hold for all its
    addresses.
    """
    # No character has more than 4 bytes, so most addresses need not be encoded.
    long = len(address) > MAX_ADDRESS // 4 and len(address.encode()) > MAX_ADDRESS
    return "" if long else address


class Exchanges:
    """The exchanges of one client, and the revision of its newest write."""

    def __init__(self, policy: Policy, timeouts: Timeouts) -> None:
        self.policy = policy
        self._timeouts = timeouts
        # Checks carry it as min_revision. Revisions are opaque: "newest" is the one returned last.
        # If writes of one client overlap, their responses can arrive in the other order, and a
        # check is then sure to see only one of them. Serialising writes would be exact, but one
        # slow write would delay all others. Binding an attribute is atomic: no lock is needed.
        self._newest_write: str | None = None

    def check(self, address: str, mail: Mail) -> Exchange[Check]:
        """Check one address."""
        request = partial(_pb.CheckAddressRequest, address=_short(address))
        try:
            response = yield from self._fresh("CheckAddress", request, mail, self._timeouts.check)
        except UnavailableError as error:
            return self.policy.decide([address], mail.mail_class, error)[0]
        return answers.check(address, response)

    def batch(self, addresses: list[str], mail: Mail) -> Exchange[list[Check]]:
        """Check at most ``MAX_BATCH`` addresses."""
        request = partial(_pb.BatchCheckRequest, addresses=[_short(each) for each in addresses])
        try:
            response = yield from self._fresh("BatchCheck", request, mail, self._timeouts.batch)
        except UnavailableError as error:
            return self.policy.decide(addresses, mail.mail_class, error)
        return answers.checks(addresses, response)

    def suppress(
        self,
        address: str,
        reason: Reason,
        *,
        domain: str,
        include_subdomains: bool,
        stream: str,
        source: str,
        detail: str,
        ttl: timedelta | None,
    ) -> Exchange[Suppressed]:
        """Add an entry."""
        request = _pb.SuppressRequest(
            address=address,
            domain=domain,
            include_subdomains=include_subdomains,
            reason=reason,
            stream=stream,
            source=source,
            detail=detail,
            ttl=ttl,
        )
        return self._write("Suppress", request, Suppressed)

    def unsuppress(
        self,
        address: str,
        *,
        domain: str,
        reason: Reason | None,
        stream: str | None,
        source: str,
        detail: str,
    ) -> Exchange[Unsuppressed]:
        """Remove entries of an address or a domain."""
        request = _pb.UnsuppressRequest(
            address=address,
            domain=domain,
            reason=reason,
            stream=stream,
            source=source,
            detail=detail,
        )
        return self._write("Unsuppress", request, Unsuppressed)

    def erase(self, address: str, *, detail: str) -> Exchange[Erased]:
        """Erase the personal data of an address."""
        request = _pb.EraseAddressRequest(address=address, detail=detail)
        return self._write("EraseAddress", request, Erased)

    def get_address(self, address: str, *, domain: str) -> Exchange[AddressHistory]:
        """Read the entries and the feedback of an address, or the entries of a domain."""
        request = _pb.GetAddressRequest(address=address, domain=domain)
        response = yield Call("GetAddress", request, self._timeouts.other)
        return answers.read(AddressHistory, response)

    def list_changes(
        self, after_revision: str, page_size: int, max_wait: timedelta | None
    ) -> Exchange[Changes]:
        """Read the entries that changed."""
        request = _pb.ListChangesRequest(
            after_revision=after_revision, page_size=page_size, max_wait=max_wait
        )
        # The service may wait for a change as long as max_wait.
        wait = max_wait.total_seconds() if max_wait else 0.0
        response = yield Call("ListChanges", request, self._timeouts.other + wait)
        return answers.read(Changes, response)

    def statistics(
        self,
        start_day: date | None,
        end_day: date | None,
        group_by: Sequence[Dimension],
        matching: StatisticsFilter | None,
        *,
        include_examples: bool,
    ) -> Exchange[Statistics]:
        """Read counts."""
        request = statistics_request(
            start_day, end_day, group_by, matching, include_examples=include_examples
        )
        response = yield Call("GetStatistics", request, self._timeouts.other)
        return read_statistics(response)

    def status(self) -> Exchange[Status]:
        """Read the status of the system."""
        response = yield Call(
            "GetStatus", statistics_service_pb2.GetStatusRequest(), self._timeouts.other
        )
        return read_status(response)

    def _write(self, method: str, request: Message, answer: type[_Answer]) -> Exchange[_Answer]:
        response = yield Call(method, request, self._timeouts.other)
        self._newest_write = response.revision or self._newest_write
        return answers.read(answer, response)

    def _fresh(
        self, method: str, request: Callable[..., Message], mail: Mail, timeout: float
    ) -> Exchange[Any]:
        """Ask for an answer as new as the caller wants, else as the client's own writes."""

        def call(min_revision: str) -> Call:
            message = request(
                stream=mail.stream, mail_class=mail.mail_class, min_revision=min_revision
            )
            return Call(method, message, timeout)

        if mail.min_revision is not None:
            return (yield call(mail.min_revision))
        carried = self._newest_write
        try:
            return (yield call(carried or ""))
        except InvalidArgumentError as error:
            if carried is None or error.reason not in _OF_ANOTHER_DATABASE:
                raise
        # The service has moved to another database, which does not know the revision. The caller
        # did not ask for it, so forget it, unless a newer write has replaced it already.
        if self._newest_write == carried:
            self._newest_write = None
        return (yield call(""))
