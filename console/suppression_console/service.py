"""The service, asked with the token of one session."""

import datetime as dt
from typing import Any, Final

from suppression import (
    AddressHistory,
    AsyncSuppressionClient,
    AsyncTransport,
    Call,
    Check,
    InvalidArgumentError,
    MailClass,
    Reason,
    Tls,
    WhenUnavailable,
)
from suppression.answers import read
from suppression.connection import Connection
from suppression.transports import AsyncGrpcTransport
from suppression.v1 import list_service_pb2, statistics_service_pb2, suppression_service_pb2

# Without types: the generated stubs accept neither enums of the client nor unpacked keywords.
lists: Any = list_service_pb2
statistics: Any = statistics_service_pb2
_pb: Any = suppression_service_pb2

#: Seconds. A person prefers waiting to an error.
TIMEOUT: Final = 10.0
#: Seconds for 5,000 rows of an import.
IMPORT_TIMEOUT: Final = 60.0
#: What the console names as the source of its changes; the service puts the token's name before.
SOURCE: Final = "console"


class Service:
    """Asks the service.

    A target is an address, or a domain after an "@".

    Args:
        server: HOST:PORT.
        token: of the session; empty for none.
        tls: of the connection; None for plaintext.
        transport: carries the calls instead of a gRPC channel, for tests.

    Raises:
        ConfigurationError: the token is malformed, or would cross a network in plaintext.
    """

    def __init__(
        self,
        server: str,
        token: str = "",
        tls: Tls | None = None,
        transport: AsyncTransport | None = None,
    ) -> None:
        connection = Connection(server, token or None, tls)
        self._transport = transport or AsyncGrpcTransport(connection)
        self._checks = AsyncSuppressionClient(
            server,
            when_unavailable=WhenUnavailable.RAISE,
            tls=tls,
            check_timeout=TIMEOUT,
            transport=self._transport,
        )
        # Of the last write, so that checks see it.
        self._written = ""

    async def check(self, address: str, stream: str, mail_class: MailClass) -> Check:
        """Ask whether an address may be mailed, as of the last write at least."""
        try:
            return await self._checks.check(
                address, stream=stream, mail_class=mail_class, min_revision=self._written
            )
        except InvalidArgumentError:
            if not self._written:
                raise
        # The service has another database now, which does not know the revision.
        self._written = ""
        return await self.check(address, stream, mail_class)

    async def history(self, target: str) -> AddressHistory:
        """Return the entries and the feedback of a target."""
        response = await self._call("GetAddress", _pb.GetAddressRequest(**_named(target)))
        return read(AddressHistory, response)

    async def suppress(
        self, target: str, reason: Reason, stream: str, detail: str, ttl: dt.timedelta | None
    ) -> bool:
        """Add an entry; return whether it was not on the list before."""
        request = _pb.SuppressRequest(
            **_named(target), reason=reason, stream=stream, source=SOURCE, detail=detail, ttl=ttl
        )
        return bool((await self._write("Suppress", request)).created)

    async def unsuppress(
        self, target: str, reason: Reason | None, stream: str | None, detail: str
    ) -> int:
        """Remove entries; return how many."""
        request = _pb.UnsuppressRequest(
            **_named(target), reason=reason, stream=stream, source=SOURCE, detail=detail
        )
        return len((await self._write("Unsuppress", request)).removed)

    async def erase(self, address: str, detail: str) -> Any:
        """Erase the personal data of an address: an ``EraseAddressResponse``."""
        return await self._write(
            "EraseAddress", _pb.EraseAddressRequest(address=address, detail=detail)
        )

    async def status(self) -> Any:
        """Return who asks, and how the system is: a ``GetStatusResponse``."""
        return await self._call("GetStatus", statistics.GetStatusRequest())

    async def statistics(self, **fields: Any) -> Any:
        """Return counts for the fields of a ``GetStatisticsRequest``: a response of it."""
        return await self._call("GetStatistics", statistics.GetStatisticsRequest(**fields))

    async def page(self, request: Any) -> Any:
        """Return a page of entries: a ``ListSuppressionsResponse``."""
        return await self._call("ListSuppressions", request)

    async def import_rows(self, request: Any) -> Any:
        """Import rows: an ``ImportSuppressionsResponse``."""
        return await self._call("ImportSuppressions", request, IMPORT_TIMEOUT)

    async def close(self) -> None:
        """Close the connection."""
        await self._transport.close()

    async def _write(self, method: str, request: Any) -> Any:
        response = await self._call(method, request)
        self._written = response.revision
        return response

    async def _call(self, method: str, request: Any, seconds: float = TIMEOUT) -> Any:
        return await self._transport.call(Call(method, request, seconds))


def _named(target: str) -> dict[str, str]:
    return {"domain": target[1:]} if target.startswith("@") else {"address": target}
