"""The health of a server: whether it answers checks, by the name of a service.

The names and the statuses are those of gRPC's health checking protocol
(``grpc.health.v1``). Each transport answers it, from here.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from grpc_health.v1 import health_pb2

from suppression_service.server.limits import ConcurrencyLimit
from suppression_service.server.replica.follower import Follower
from suppression_service.server.rpc import SERVICES

#: The service name for liveness probes. Its health says whether the process runs, not
#: whether it has a list. It is NOT_SERVING only while the process drains.
LIVENESS: Final = "liveness"

SERVING: Final[int] = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING: Final[int] = health_pb2.HealthCheckResponse.NOT_SERVING
UNKNOWN: Final[int] = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN

#: Peers that watch the health at a time, at most.
MAX_WATCHES: Final = 1_000


class Health:
    """The status of each service name, and those who watch it."""

    def __init__(self) -> None:
        self._statuses: dict[str, int] = {
            "": NOT_SERVING,
            **{service.full_name: NOT_SERVING for service in SERVICES},
            LIVENESS: SERVING,
        }
        self._changed = asyncio.Event()
        self._draining = False
        self._ended = False
        self._watches = ConcurrencyLimit(MAX_WATCHES)

    def status(self, name: str) -> int:
        """Return the status of a service name; UNKNOWN if there is no such name."""
        return self._statuses.get(name, UNKNOWN)

    def set(self, name: str, status: int) -> None:
        """Change the status of a service name, unless the process drains."""
        if not self._draining and self._statuses.get(name) != status:
            self._statuses[name] = status
            self._wake()

    def drain(self) -> None:
        """Set everything to NOT_SERVING for good: the process is about to stop."""
        self._statuses = dict.fromkeys(self._statuses, NOT_SERVING)
        self._draining = True
        self._wake()

    def end_watches(self) -> None:
        """Let every watch end, after the newest status."""
        self._ended = True
        self._wake()

    async def watch(self, name: str) -> AsyncIterator[int]:
        """Yield the status of a service name now, and each time that it changes.

        Raises:
            TooManyCalls: too many peers watch already.
        """
        with self._watches:
            told = None
            while True:
                changed = self._changed
                if (status := self.status(name)) != told:
                    yield (told := status)
                if self._ended:
                    return
                await changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class PublishedHealth:
    """SERVING while there is a replica that is recent enough to answer from."""

    def __init__(self, health: Health, follower: Follower) -> None:
        self._health = health
        self._follower = follower

    async def refresh(self) -> None:
        """Publish the health as it is now."""
        now = SERVING if self._follower.replica else NOT_SERVING
        for name in ("", *(service.full_name for service in SERVICES)):
            self._health.set(name, now)
