"""The base class of the sync and the async client."""

from typing import Any, ClassVar, Final, Generic, TypeVar

from .connection import Connection, Tls
from .enums import WhenUnavailable
from .errors import ConfigurationError
from .exchanges import Exchanges, Timeouts
from .policy import Policy

#: Seconds.
CHECK_TIMEOUT: Final = 0.25
BATCH_TIMEOUT: Final = 1.0
TIMEOUT: Final = 5.0
#: Concurrent calls of one batch.
BATCH_PARALLELISM: Final = 4

TransportT = TypeVar("TransportT")


class BaseClient(Generic[TransportT]):
    """The arguments and the state of a client."""

    _grpc_transport: ClassVar[type[Any]]

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
        """Make a client. It connects at its first call.

        Args:
            server: a gRPC target: ``host:port``, ``dns:///host:port`` to spread calls over all
                addresses of a name, or ``unix:/path``.
            when_unavailable: the answer to checks while the service is unavailable. Required:
                see :class:`WhenUnavailable`.
            token: sent as ``authorization: Bearer …``; without TLS only to a loopback host.
            tls: use TLS.
            insecure: allow plaintext to any host. Without it, plaintext is only allowed to
                ``localhost``, ``127.0.0.0/8``, ``[::1]`` and Unix sockets.
            check_timeout: seconds for a check, retries included.
            batch_timeout: seconds for each call of a batch, one for 10,000 addresses.
            timeout: seconds for every other call.
            batch_parallelism: the number of concurrent calls of one batch.
            transport: carries the calls instead of a gRPC channel, for tests.

        Raises:
            ConfigurationError: the arguments are invalid or unsafe.
        """
        if min(check_timeout, batch_timeout, timeout) <= 0 or batch_parallelism < 1:
            raise ConfigurationError("timeouts and batch_parallelism must be positive")
        connection = Connection(server, token, tls, insecure)
        timeouts = Timeouts(check_timeout, batch_timeout, timeout)
        self._exchanges = Exchanges(Policy(when_unavailable), timeouts)
        self._batch_parallelism = batch_parallelism
        self._transport: TransportT = (
            self._grpc_transport(connection) if transport is None else transport
        )

    @property
    def unanswered(self) -> int:
        """The number of addresses so far that were decided without an answer."""
        return self._exchanges.policy.unanswered
