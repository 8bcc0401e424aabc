"""The sync client."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any, ClassVar, Self, TypeVar

from .answers import AddressHistory, Changes, Check, Erased, Suppressed, Unsuppressed
from .base_client import BaseClient
from .enums import Dimension, MailClass, Reason
from .errors import SuppressionError
from .exchanges import Exchange, Mail, batches
from .statistics import Statistics, StatisticsFilter, Status
from .transports import GrpcTransport, Transport

_Answer = TypeVar("_Answer")


class SuppressionClient(BaseClient[Transport]):
    """Checks addresses before mail is sent to them, and changes the list.

    Threads can share it. It connects at its first call; if the process forks, make the first
    call after the fork. Close it, or use ``with``.

    Checks carry the revision of this client's newest write, so that they see it on every
    replica. The argument ``min_revision`` replaces it.

    While the service is unavailable, checks do what ``when_unavailable`` says. Every other
    method raises ``UnavailableError``; a write may then have happened or not, and it is safe to
    repeat it. Every method raises ``RefusedError`` if the service refuses the call
    (``InvalidArgumentError`` for an invalid argument), and ``ClientClosedError`` after
    ``close``.
    """

    _grpc_transport: ClassVar[type[Any]] = GrpcTransport

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. Calls under way fail; closing again does nothing."""
        self._transport.close()

    def check(
        self,
        address: str,
        *,
        stream: str = "",
        mail_class: MailClass = MailClass.ORDINARY,
        min_revision: str | None = None,
    ) -> Check:
        """Check whether one address may be mailed.

        Args:
            address: without a display name; case and surrounding blanks do not matter. An
                invalid address gets an answer, not an error.
            stream: the stream of the mail, such as "newsletter". Entries for all mail apply
                too.
            mail_class: ``ESSENTIAL`` ignores complaints and unsubscribes.
            min_revision: the answer is at least this new; None: at least as new as this
                client's own newest write.
        """
        mail = Mail(stream, mail_class, min_revision)
        return self._run(self._exchanges.check(address, mail))

    def batch_check(
        self,
        addresses: Iterable[str],
        *,
        stream: str = "",
        mail_class: MailClass = MailClass.ORDINARY,
        min_revision: str | None = None,
    ) -> list[Check]:
        """Check any number of addresses; the checks are in their order.

        Every 10,000 addresses are one call with its own deadline, and several calls run at
        once. Each call is answered at one revision, but two calls can be answered at two, and
        a single call can stay unanswered. The first error ends the batch.

        Further arguments are those of ``check``.
        """
        mail = Mail(stream, mail_class, min_revision)
        exchanges = [self._exchanges.batch(batch, mail) for batch in batches(addresses)]
        if len(exchanges) <= 1:
            return [check for exchange in exchanges for check in self._run(exchange)]
        threads = min(self._batch_parallelism, len(exchanges))
        with ThreadPoolExecutor(threads, thread_name_prefix="suppression") as pool:
            return [check for checks in pool.map(self._run, exchanges) for check in checks]

    def filter(
        self,
        addresses: Iterable[str],
        *,
        stream: str = "",
        mail_class: MailClass = MailClass.ORDINARY,
        min_revision: str | None = None,
    ) -> list[str]:
        """Return the addresses that may be mailed, in their order; see ``batch_check``."""
        checks = self.batch_check(
            addresses, stream=stream, mail_class=mail_class, min_revision=min_revision
        )
        return [check.address for check in checks if check.send]

    def suppress(
        self,
        address: str = "",
        reason: Reason = Reason.UNSPECIFIED,
        *,
        domain: str = "",
        include_subdomains: bool = False,
        stream: str = "",
        source: str = "",
        detail: str = "",
        ttl: timedelta | None = None,
    ) -> Suppressed:
        """Add an entry to the list. Idempotent; returns once it is durable.

        Args:
            address: without a display name.
            reason: required; any except ``UNSPECIFIED`` and ``INVALID_ADDRESS``.
            domain: instead of an address, the domain whose addresses are all suppressed.
            include_subdomains: those of its subdomains too. A repeated call can add them to an
                entry, and does not take them away.
            stream: the stream that the entry applies to, at most 100 bytes; empty for all mail.
            source: who makes the entry, at most 100 bytes.
            detail: why, as text for people, at most 1,000 bytes.
            ttl: the lifetime of the entry; None for ever.
        """
        return self._run(
            self._exchanges.suppress(
                address,
                reason,
                domain=domain,
                include_subdomains=include_subdomains,
                stream=stream,
                source=source,
                detail=detail,
                ttl=ttl,
            )
        )

    def unsuppress(
        self,
        address: str = "",
        *,
        domain: str = "",
        reason: Reason | None = None,
        stream: str | None = None,
        source: str = "",
        detail: str = "",
    ) -> Unsuppressed:
        """Remove entries of an address or a domain from the list. Idempotent.

        The entries of its domain go on applying to an address.

        Args:
            address: without a display name.
            domain: instead of an address, the domain whose entries are removed.
            reason: only entries with this reason; None for any reason.
            stream: only entries of this stream, empty text for entries for all mail; None for
                any stream.
            source: who removes them, at most 100 bytes.
            detail: why, as text for people, at most 1,000 bytes.
        """
        return self._run(
            self._exchanges.unsuppress(
                address,
                domain=domain,
                reason=reason,
                stream=stream,
                source=source,
                detail=detail,
            )
        )

    def erase(self, address: str, *, detail: str = "") -> Erased:
        """Erase the personal data of an address, which stays suppressed as it is. Idempotent.

        Entries keep a keyed hash instead of the address, and no text except ``detail``.
        Feedback about the address is deleted.

        Args:
            address: without a display name.
            detail: why, at most 1,000 bytes; it is stored, so do not name the person in it.
        """
        return self._run(self._exchanges.erase(address, detail=detail))

    def get_address(self, address: str = "", *, domain: str = "") -> AddressHistory:
        """Return the entries and the feedback of one address, or the entries of a domain.

        The entries of an address include those of domains that apply to it.
        """
        return self._run(self._exchanges.get_address(address, domain=domain))

    def list_changes(
        self,
        after_revision: str = "",
        page_size: int = 0,
        max_wait: timedelta | None = None,
    ) -> Changes:
        """Return the entries that changed after a revision, oldest change first.

        Args:
            after_revision: the ``through_revision`` of the previous call; empty for the
                beginning.
            page_size: about how many to return, at most 10,000; 0 for 1,000.
            max_wait: how long to wait if there is no change, at most 60 seconds. It is added to
                the deadline.
        """
        return self._run(self._exchanges.list_changes(after_revision, page_size, max_wait))

    def statistics(
        self,
        start_day: date | None = None,
        end_day: date | None = None,
        *,
        group_by: Sequence[Dimension] = (),
        matching: StatisticsFilter | None = None,
        include_examples: bool = False,
    ) -> Statistics:
        """Return counts over a range of days (UTC), by dimensions.

        Args:
            start_day: the first day; None for 29 days before ``end_day``.
            end_day: the last day; None for today.
            group_by: the dimensions of the rows, at most 3; none for one row with the totals.
            matching: which counts to add up; None for all.
            include_examples: return examples of replies of mail servers too, masked.
        """
        return self._run(
            self._exchanges.statistics(
                start_day, end_day, group_by, matching, include_examples=include_examples
            )
        )

    def status(self) -> Status:
        """Return who the caller is, and how the system is, also while the database is away."""
        return self._run(self._exchanges.status())

    def _run(self, exchange: Exchange[_Answer]) -> _Answer:
        try:
            call = next(exchange)
            while True:
                try:
                    response = self._transport.call(call)
                except SuppressionError as error:
                    call = exchange.throw(error)
                else:
                    call = exchange.send(response)
        except StopIteration as end:
            answer: _Answer = end.value
            return answer
