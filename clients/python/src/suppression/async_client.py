"""The async client: the twin of :mod:`suppression.client`, method for method."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, ClassVar, Self, TypeVar

from .answers import AddressHistory, Changes, Check, Erased, Suppressed, Unsuppressed
from .base_client import BaseClient
from .enums import Dimension, MailClass, Reason
from .errors import SuppressionError
from .exchanges import Exchange, Mail, batches
from .statistics import Statistics, StatisticsFilter, Status
from .transports import AsyncGrpcTransport, AsyncTransport

_Answer = TypeVar("_Answer")


class AsyncSuppressionClient(BaseClient[AsyncTransport]):
    """Checks addresses before mail is sent to them, and changes the list.

    Tasks of one event loop, that of the first call, can share it. Everything else is as
    :class:`SuppressionClient` describes it.
    """

    _grpc_transport: ClassVar[type[Any]] = AsyncGrpcTransport

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """See :meth:`SuppressionClient.close`."""
        await self._transport.close()

    async def check(
        self,
        address: str,
        *,
        stream: str = "",
        mail_class: MailClass = MailClass.ORDINARY,
        min_revision: str | None = None,
    ) -> Check:
        """See :meth:`SuppressionClient.check`."""
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
        """See :meth:`SuppressionClient.batch_check`."""
        mail = Mail(stream, mail_class, min_revision)
        free = asyncio.Semaphore(self._batch_parallelism)

        async def run(exchange: Exchange[list[Check]]) -> list[Check]:
            async with free:
                return await self._run(exchange)

        tasks = [
            asyncio.ensure_future(run(self._exchanges.batch(batch, mail)))
            for batch in batches(addresses)
        ]
        try:
            return [check for checks in await asyncio.gather(*tasks) for check in checks]
        finally:
            # After an error nobody waits for the other calls.
            for task in tasks:
                task.cancel()

    async def filter(
        self,
        addresses: Iterable[str],
        *,
        stream: str = "",
        mail_class: MailClass = MailClass.ORDINARY,
        min_revision: str | None = None,
    ) -> list[str]:
        """See :meth:`SuppressionClient.filter`."""
        checks = await self.batch_check(
            addresses, stream=stream, mail_class=mail_class, min_revision=min_revision
        )
        return [check.address for check in checks if check.send]

    async def suppress(
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
        """See :meth:`SuppressionClient.suppress`."""
        return await self._run(
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

    async def unsuppress(
        self,
        address: str = "",
        *,
        domain: str = "",
        reason: Reason | None = None,
        stream: str | None = None,
        source: str = "",
        detail: str = "",
    ) -> Unsuppressed:
        """See :meth:`SuppressionClient.unsuppress`."""
        return await self._run(
            self._exchanges.unsuppress(
                address,
                domain=domain,
                reason=reason,
                stream=stream,
                source=source,
                detail=detail,
            )
        )

    async def erase(self, address: str, *, detail: str = "") -> Erased:
        """See :meth:`SuppressionClient.erase`."""
        return await self._run(self._exchanges.erase(address, detail=detail))

    async def get_address(self, address: str = "", *, domain: str = "") -> AddressHistory:
        """See :meth:`SuppressionClient.get_address`."""
        return await self._run(self._exchanges.get_address(address, domain=domain))

    async def list_changes(
        self,
        after_revision: str = "",
        page_size: int = 0,
        max_wait: timedelta | None = None,
    ) -> Changes:
        """See :meth:`SuppressionClient.list_changes`."""
        return await self._run(self._exchanges.list_changes(after_revision, page_size, max_wait))

    async def statistics(
        self,
        start_day: date | None = None,
        end_day: date | None = None,
        *,
        group_by: Sequence[Dimension] = (),
        matching: StatisticsFilter | None = None,
        include_examples: bool = False,
    ) -> Statistics:
        """See :meth:`SuppressionClient.statistics`."""
        return await self._run(
            self._exchanges.statistics(
                start_day, end_day, group_by, matching, include_examples=include_examples
            )
        )

    async def status(self) -> Status:
        """See :meth:`SuppressionClient.status`."""
        return await self._run(self._exchanges.status())

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
