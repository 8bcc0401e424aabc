"""The service, asked with the token of one session."""

from typing import Any, Final

from suppression import AsyncSuppressionClient, AsyncTransport, Call, Tls, WhenUnavailable
from suppression.connection import Connection
from suppression.transports import AsyncGrpcTransport
from suppression.v1 import list_service_pb2, statistics_service_pb2

# The generated stubs accept neither enums of the client nor keywords of unpacked texts.
lists: Any = list_service_pb2
statistics: Any = statistics_service_pb2

#: Seconds. A person prefers waiting to an error.
TIMEOUT: Final = 10.0
#: Seconds for 5,000 rows of an import.
IMPORT_TIMEOUT: Final = 60.0


class Service:
    """Asks the service.

    Args:
        server: HOST:PORT.
        token: of the session; empty for none.
        tls: of the connection; None for plaintext.
        insecure: allow plaintext to a service that is not on this machine.
        transport: carries the calls instead of a gRPC channel, for tests.

    Raises:
        ConfigurationError: the token is malformed, or would cross a network in plaintext.
    """

    def __init__(
        self,
        server: str,
        token: str = "",
        tls: Tls | None = None,
        insecure: bool = False,
        transport: AsyncTransport | None = None,
    ) -> None:
        connection = Connection(server, token or None, tls, insecure)
        self._transport = transport or AsyncGrpcTransport(connection)
        #: The calls about single addresses.
        self.addresses = AsyncSuppressionClient(
            server,
            when_unavailable=WhenUnavailable.RAISE,
            insecure=insecure,
            tls=tls,
            check_timeout=TIMEOUT,
            timeout=TIMEOUT,
            transport=self._transport,
        )

    async def status(self) -> Any:
        """Return who asks, and how the system is: a ``GetStatusResponse``."""
        return await self._call("GetStatus", statistics.GetStatusRequest())

    async def statistics(self, request: Any) -> Any:
        """Return counts: a ``GetStatisticsResponse``."""
        return await self._call("GetStatistics", request)

    async def page(self, request: Any) -> Any:
        """Return a page of entries: a ``ListSuppressionsResponse``."""
        return await self._call("ListSuppressions", request)

    async def import_rows(self, request: Any) -> Any:
        """Import rows: an ``ImportSuppressionsResponse``."""
        return await self._call("ImportSuppressions", request, IMPORT_TIMEOUT)

    async def close(self) -> None:
        """Close the connection."""
        await self._transport.close()

    async def _call(self, method: str, request: Any, seconds: float = TIMEOUT) -> Any:
        return await self._transport.call(Call(method, request, seconds))
