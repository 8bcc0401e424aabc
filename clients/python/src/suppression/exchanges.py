"""What is said to the service and in what order, without saying how.

Each method of :class:`Exchanges` is a generator: it yields the calls that it
wants made, is sent the response or thrown the error of each, and returns the
answer. The sync and the async client are two ways of running these generators,
so they cannot come to behave differently.
"""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeAlias, TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from . import answers
from .answers import AddressHistory, Changes, Check, Erased, Suppressed, Unsuppressed
from .enums import MailClass, Reason
from .errors import InvalidArgumentError, UnavailableError
from .policy import Policy
from .revisions import OF_ANOTHER_DATABASE, OwnWrites
from .v1 import suppression_service_pb2 as pb

#: How many addresses the service takes in one call.
MAX_BATCH: Final = 10_000


@dataclass(frozen=True, slots=True)
class Call:
    """One remote call to be made.

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
    """Deadlines in seconds: of a check, of one call of a batch, of all else."""

    check: float
    batch: float
    other: float


@dataclass(frozen=True, slots=True)
class Mail:
    """The mail that a check is about, as far as the list cares.

    Attributes:
        stream: such as "newsletter".
        mail_class: what every answer depends on besides the address.
        min_revision: how fresh the answer must be; None: as fresh as one's own
            newest write.
    """

    stream: str = ""
    mail_class: MailClass = MailClass.ORDINARY
    min_revision: str | None = None


def batches(addresses: Iterable[str]) -> list[list[str]]:
    """Split addresses into pieces that the service takes, in order.

    Raises:
        TypeError: one text was given, which would be taken apart into letters.
    """
    if isinstance(addresses, str):
        raise TypeError("addresses must be an iterable of texts, not one text")
    every = list(addresses)
    return [every[start : start + MAX_BATCH] for start in range(0, len(every), MAX_BATCH)]


class Exchanges:
    """The conversations of one client, and what it remembers between them."""

    def __init__(self, policy: Policy, timeouts: Timeouts) -> None:
        self.policy = policy
        self._timeouts = timeouts
        self._own_writes = OwnWrites()

    def check(self, address: str, mail: Mail) -> Exchange[Check]:
        """Ask about one address."""

        def request(min_revision: str) -> Message:
            return pb.CheckAddressRequest(
                address=address,
                stream=mail.stream,
                mail_class=mail.mail_class,  # type: ignore[arg-type]
                min_revision=min_revision,
            )

        try:
            response = yield from self._fresh(
                "CheckAddress", request, self._timeouts.check, mail.min_revision
            )
        except UnavailableError as error:
            return self.policy.stand_in([address], error)[0]
        return answers.check(address, response)

    def batch(self, addresses: list[str], mail: Mail) -> Exchange[list[Check]]:
        """Ask about at most ``MAX_BATCH`` addresses."""

        def request(min_revision: str) -> Message:
            return pb.BatchCheckRequest(
                addresses=addresses,
                stream=mail.stream,
                mail_class=mail.mail_class,  # type: ignore[arg-type]
                min_revision=min_revision,
            )

        try:
            response = yield from self._fresh(
                "BatchCheck", request, self._timeouts.batch, mail.min_revision
            )
        except UnavailableError as error:
            return self.policy.stand_in(addresses, error)
        return answers.checks(addresses, response)

    def suppress(
        self,
        address: str,
        reason: Reason,
        *,
        stream: str,
        source: str,
        detail: str,
        ttl: timedelta | None,
    ) -> Exchange[Suppressed]:
        """Put an address on the list."""
        request = pb.SuppressRequest(
            address=address,
            reason=reason,  # type: ignore[arg-type]
            stream=stream,
            source=source,
            detail=detail,
            ttl=_duration(ttl),
        )
        response = yield Call("Suppress", request, self._timeouts.other)
        self._own_writes.wrote(response.revision)
        return answers.suppressed(response)

    def unsuppress(
        self,
        address: str,
        *,
        reason: Reason | None,
        stream: str | None,
        source: str,
        detail: str,
    ) -> Exchange[Unsuppressed]:
        """Take entries of an address off the list."""
        request = pb.UnsuppressRequest(
            address=address,
            reason=reason,  # type: ignore[arg-type]
            stream=stream,
            source=source,
            detail=detail,
        )
        response = yield Call("Unsuppress", request, self._timeouts.other)
        self._own_writes.wrote(response.revision)
        return answers.unsuppressed(response)

    def erase(self, address: str, *, detail: str) -> Exchange[Erased]:
        """Have a person forgotten."""
        request = pb.EraseAddressRequest(address=address, detail=detail)
        response = yield Call("EraseAddress", request, self._timeouts.other)
        self._own_writes.wrote(response.revision)
        return answers.erased(response)

    def get_address(self, address: str) -> Exchange[AddressHistory]:
        """Ask for everything that is known of one address."""
        request = pb.GetAddressRequest(address=address)
        return answers.history((yield Call("GetAddress", request, self._timeouts.other)))

    def list_changes(
        self, after_revision: str, page_size: int, max_wait: timedelta | None
    ) -> Exchange[Changes]:
        """Ask what changed."""
        request = pb.ListChangesRequest(
            after_revision=after_revision, page_size=page_size, max_wait=_duration(max_wait)
        )
        # The server may rightly stay silent for all of max_wait.
        wait = max_wait.total_seconds() if max_wait else 0.0
        return answers.changes((yield Call("ListChanges", request, self._timeouts.other + wait)))

    def _fresh(
        self,
        method: str,
        request: Callable[[str], Message],
        timeout: float,
        min_revision: str | None,
    ) -> Exchange[Any]:
        """Ask for an answer at least as new as the caller wants, else as one's own writes."""
        if min_revision is not None:
            return (yield Call(method, request(min_revision), timeout))
        carried = self._own_writes.newest
        try:
            return (yield Call(method, request(carried or ""), timeout))
        except InvalidArgumentError as error:
            if carried is None or error.reason not in OF_ANOTHER_DATABASE:
                raise
        # The service has moved to another database, where what was written
        # before means nothing. The caller did not ask for it, so ask without.
        self._own_writes.forget(carried)
        return (yield Call(method, request(""), timeout))


def _duration(span: timedelta | None) -> Duration | None:
    if span is None:
        return None
    duration = Duration()
    duration.FromTimedelta(span)
    return duration
