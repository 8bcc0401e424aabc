"""What the sync and the async client have in common."""

from typing import Final, Generic, TypeVar

from .connection import Connection, Tls
from .enums import WhenUnavailable
from .errors import ConfigurationError
from .exchanges import Exchanges, Timeouts
from .policy import Policy

#: Seconds.
CHECK_TIMEOUT: Final = 0.25
BATCH_TIMEOUT: Final = 1.0
TIMEOUT: Final = 5.0
#: Calls of one batch that are under way at a time.
BATCH_PARALLELISM: Final = 4

TransportT = TypeVar("TransportT")


class BaseClient(Generic[TransportT]):
    """Holds the choices of a client."""

    def __init__(
        self,
        server: str,
        *,
        when_unavailable: WhenUnavailable,
        token: str | None = None,
        tls: Tls | None = None,
        insecure: bool = False,
        check_timeout: float = CHECK_TIMEOUT,
        batch_timeout: float = BATCH_TIMEOUT,
        timeout: float = TIMEOUT,
        batch_parallelism: int = BATCH_PARALLELISM,
        transport: TransportT | None = None,
    ) -> None:
        """Make a client; nothing is connected yet.

        Args:
            server: a gRPC target: ``host:port``, ``dns:///host:port`` to spread over
                all addresses of a name, or ``unix:/path``.
            when_unavailable: what a check answers while the service cannot be asked.
                Required: see :class:`WhenUnavailable`.
            token: sent as ``authorization: Bearer …``; beyond this machine only
                through TLS.
            tls: talk through TLS; without it, in plaintext.
            insecure: allow plaintext beyond this machine.
            check_timeout: seconds for a check, retries included.
            batch_timeout: seconds for each call of a batch, one for 10,000 addresses.
            timeout: seconds for every other call.
            batch_parallelism: how many calls of one batch are under way at a time.
            transport: carries the calls instead of a gRPC channel, as in tests.

        Raises:
            ConfigurationError: these do not go together, or are not safe.
        """
        if min(check_timeout, batch_timeout, timeout) <= 0 or batch_parallelism < 1:
            raise ConfigurationError("time-outs and batch_parallelism must be positive")
        connection = Connection(server, token, tls, insecure)
        self._exchanges = Exchanges(
            Policy(when_unavailable), Timeouts(check_timeout, batch_timeout, timeout)
        )
        self._batch_parallelism = batch_parallelism
        self._transport = self._transport_to(connection) if transport is None else transport

    @property
    def unanswered(self) -> int:
        """How many addresses the policy decided about so far, for want of an answer."""
        return self._exchanges.policy.unanswered

    def _transport_to(self, connection: Connection) -> TransportT:
        raise NotImplementedError
