"""How calls reach the service. The service itself knows none of the transports."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # The parent of the processes imports a module in here, and needs none of these.
    from collections.abc import Iterable

    from prometheus_client import Metric

    from suppression_service.server.calls import Calls
    from suppression_service.server.health import Health


class Transport(Protocol):
    """Brings calls to the service."""

    async def start(self, calls: "Calls", health: "Health") -> None:
        """Accept connections, and answer calls and questions about the health."""

    async def stop(self, grace_seconds: float) -> None:
        """Accept no more calls, and return when those under way have ended.

        Args:
            grace_seconds: calls that take longer are cancelled.
        """

    def metrics(self) -> "Iterable[Metric]":
        """Return the transport's own metrics, as they were some seconds ago at most."""
