"""The client for asyncio: the twin of :mod:`suppression.client`, method for method."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from types import TracebackType
from typing import Self, TypeVar

from .answers import AddressHistory, Changes, Check, Erased, Suppressed, Unsuppressed
from .base_client import BaseClient
from .connection import Connection
from .enums import MailClass, Reason
from .errors import SuppressionError
from .exchanges import Exchange, Mail, batches
from .transports import AsyncGrpcTransport, AsyncTransport

_Answer = TypeVar("_Answer")


class AsyncSuppressionClient(BaseClient[AsyncTransport]):
    """Asks before each mail, and changes the list.

    Safe to share between tasks of one event loop, that of the first call.
    Connects at the first call: make it before a process forks if you must, but
    call it only after. Close it, or use ``async with``.

    Checks carry the revision of this client's newest write, so that they see it
    on every replica; a ``min_revision`` of the caller's goes instead.

    Every method raises ``RefusedError`` for what the service refuses, and
    ``ClientClosedError`` after ``close``. While the service cannot be asked,
    checks do as ``when_unavailable`` says; everything else raises
    ``UnavailableError``.
    """

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection. Calls under way fail; closing again does nothing."""
        await self._transport.close()

    async def check(
        self,
        address: str,
        *,
        stream: str = "",
        mail_class: MailClass = MailClass.ORDINARY,
        min_revision: str | None = None,
    ) -> Check:
        """Ask whether one address may be mailed.

        Args:
            address: without a display name; case and blanks around it do not
                matter. Text that is no address is answered, not raised.
            stream: what the mail belongs to, such as "newsletter". Entries for
                all mail hold too.
            mail_class: ``ESSENTIAL`` passes complaints and unsubscribes.
            min_revision: answer from a state at least this new; None: at least
                as new as this client's own newest write.

        Raises:
            RefusedError: the service does not accept the question.
            UnavailableError: it could not be asked, and the policy is ``RAISE``.
        """
        mail = Mail(stream, mail_class, min_revision)
        return await self._run(self._exchanges.check(address, mail))

    async def batch_check(
        self,
        addresses: Iterable[str],
        *,
        stream: str = "",
        mail_class: MailClass = MailClass.ORDINARY,
        min_revision: str | None = None,
    ) -> list[Check]:
        """Ask about any number of addresses; the answers are in their order.

        Every 10,000 addresses are one call with a deadline of its own, several
        under way at a time. Each call is answered at one revision, but two calls
        can be answered at two, and one can go unanswered without the others.

        Arguments and errors are those of ``check``. The first error ends it all.
        """
        mail = Mail(stream, mail_class, min_revision)
        free = asyncio.Semaphore(self._batch_parallelism)

        async def ask(exchange: Exchange[list[Check]]) -> list[Check]:
            async with free:
                return await self._run(exchange)

        asked = [
            asyncio.ensure_future(ask(self._exchanges.batch(piece, mail)))
            for piece in batches(addresses)
        ]
        try:
            return [check for checks in await asyncio.gather(*asked) for check in checks]
        finally:
            # After an error nobody waits for the rest; done ones do not mind.
            for task in asked:
                task.cancel()

    async def filter(
        self,
        addresses: Iterable[str],
        *,
        stream: str = "",
        mail_class: MailClass = MailClass.ORDINARY,
        min_revision: str | None = None,
    ) -> list[str]:
        """Return the addresses that may be mailed, in their order.

        Arguments and errors are those of ``check``.
        """
        checks = await self.batch_check(
            addresses, stream=stream, mail_class=mail_class, min_revision=min_revision
        )
        return [check.address for check in checks if check.send]

    async def suppress(
        self,
        address: str,
        reason: Reason,
        *,
        stream: str = "",
        source: str = "",
        detail: str = "",
        ttl: timedelta | None = None,
    ) -> Suppressed:
        """Put an address on the list. Idempotent; returns once it is durable.

        Args:
            address: without a display name.
            reason: any but ``UNSPECIFIED`` and ``INVALID_ADDRESS``.
            stream: what the entry is to hold for, at most 100 bytes; empty for
                all mail.
            source: who makes the entry, at most 100 bytes.
            detail: why, in words for people, at most 1,000 bytes.
            ttl: how long it is to hold; None for ever.

        Raises:
            InvalidArgumentError: one of these is not acceptable.
            UnavailableError: the service could not be asked. The entry may have
                been made or not; it does no harm to call again.
        """
        return await self._run(
            self._exchanges.suppress(
                address, reason, stream=stream, source=source, detail=detail, ttl=ttl
            )
        )

    async def unsuppress(
        self,
        address: str,
        *,
        reason: Reason | None = None,
        stream: str | None = None,
        source: str = "",
        detail: str = "",
    ) -> Unsuppressed:
        """Take entries of an address off the list. Idempotent.

        Args:
            address: without a display name.
            reason: only entries of this reason; None: of every reason.
            stream: only entries of this stream, empty text for those that hold
                for all mail; None: of every stream.
            source: who removes them, at most 100 bytes.
            detail: why, in words for people, at most 1,000 bytes.

        Raises:
            InvalidArgumentError: one of these is not acceptable.
            UnavailableError: the service could not be asked.
        """
        return await self._run(
            self._exchanges.unsuppress(
                address, reason=reason, stream=stream, source=source, detail=detail
            )
        )

    async def erase(self, address: str, *, detail: str = "") -> Erased:
        """Have a person forgotten; the address stays blocked as it is. Idempotent.

        Entries keep a keyed hash instead of the address, and no text but
        ``detail``; feedback about the address goes.

        Args:
            address: without a display name.
            detail: why, at most 1,000 bytes; it is kept, so name no person in it.

        Raises:
            InvalidArgumentError: one of these is not acceptable.
            UnavailableError: the service could not be asked.
        """
        return await self._run(self._exchanges.erase(address, detail=detail))

    async def get_address(self, address: str) -> AddressHistory:
        """Return every entry and the feedback of one address.

        Raises:
            InvalidArgumentError: the text is no address.
            UnavailableError: the service could not be asked.
        """
        return await self._run(self._exchanges.get_address(address))

    async def list_changes(
        self,
        after_revision: str = "",
        page_size: int = 0,
        max_wait: timedelta | None = None,
    ) -> Changes:
        """Return the entries that changed after a revision, oldest change first.

        Args:
            after_revision: the ``through_revision`` of the call before; empty to
                begin at the beginning.
            page_size: about how many to return, at most 10,000; 1,000 if zero.
            max_wait: how long to wait for a change where there is none, at most
                60 seconds; comes on top of the deadline.

        Raises:
            InvalidArgumentError: one of these is not acceptable.
            UnavailableError: the service could not be asked.
        """
        return await self._run(self._exchanges.list_changes(after_revision, page_size, max_wait))

    def _transport_to(self, connection: Connection) -> AsyncTransport:
        return AsyncGrpcTransport(connection)

    async def _run(self, exchange: Exchange[_Answer]) -> _Answer:
        try:
            call = next(exchange)
            while True:
                try:
                    response = await self._transport.call(call)
                except SuppressionError as error:
                    call = exchange.throw(error)
                else:
                    call = exchange.send(response)
        except StopIteration as end:
            answer: _Answer = end.value
            return answer
