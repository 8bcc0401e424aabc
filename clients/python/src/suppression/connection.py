"""The connection to the service: its target, its security and its channel options."""

import json
import re
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Final, Self

import grpc

from .errors import ConfigurationError

#: Retries, and round robin over all addresses of the server's name.
#:
#: Every call is idempotent, so every call is retried, within its one deadline. The throttle
#: allows a burst of fifty retries, and then about one for ten calls that succeed: a service
#: that is down does not get several times its normal load. CANCELLED: a stopping server sends
#: it for calls that it has read but not begun (grpc/grpc#41785); a call that the caller cancels
#: is not retried. UNKNOWN: some libraries report it if the connection is cut while they write
#: (grpc/grpc-java#10120).
SERVICE_CONFIG: Final = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {
            "name": [
                {"service": "suppression.v1.SuppressionService"},
                {"service": "suppression.v1.ListService"},
                {"service": "suppression.v1.StatisticsService"},
            ],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.02s",
                "maxBackoff": "0.5s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED", "UNKNOWN"],
            },
        }
    ],
    "retryThrottling": {"maxTokens": 100, "tokenRatio": 0.1},
}

_OPTIONS: Final[tuple[tuple[str, str | int], ...]] = (
    ("grpc.service_config", json.dumps(SERVICE_CONFIG)),
    # Detects a dead peer during a call. Not on idle connections: servers close the connection
    # of a client that pings without calls.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # By default gRPC waits up to two minutes before it connects again. These waits are shorter
    # than a server drains, so that in a rolling restart the client is connected to the first
    # server again before the next one stops.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # A larger request is not retried. The default, 256 KiB, is a batch of about 10,000 short
    # addresses. The largest batch has 3.3 MB.
    ("grpc.per_rpc_retry_buffer_size", 4 * 1024 * 1024),
    # A page of 10,000 changes can be larger than the default, 4 MiB.
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
)


# Targets that certainly stay on this machine: 127.0.0.0/8, [::1], localhost and Unix sockets.
_BYTE: Final = "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_LOOPBACK: Final = re.compile(
    rf"unix(-abstract)?:.+|(dns:///)?((?i:localhost)|127(\.{_BYTE}){{3}}|\[::1\])(:[0-9]+)?"
)


@dataclass(frozen=True, slots=True)
class Tls:
    """The settings of TLS, as PEM.

    Attributes:
        ca: the authorities to trust; None for those that gRPC comes with.
        cert: the chain of the client's own certificate, for mutual TLS.
        key: the private key of ``cert``. Not shown by ``repr``.

    Raises:
        ConfigurationError: only one of ``cert`` and ``key`` was given.
    """

    ca: bytes | None = None
    cert: bytes | None = None
    key: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if (self.cert is None) != (self.key is None):
            raise ConfigurationError("mutual TLS needs both cert and key")

    @classmethod
    def from_files(
        cls,
        ca: str | PathLike[str] | None = None,
        cert: str | PathLike[str] | None = None,
        key: str | PathLike[str] | None = None,
    ) -> Self:
        """Read PEM files.

        Raises:
            ConfigurationError: only one of ``cert`` and ``key`` was given.
            OSError: a file cannot be read.
        """
        return cls(*(Path(path).read_bytes() if path else None for path in (ca, cert, key)))


@dataclass(frozen=True, slots=True)
class Connection:
    """The target, and what protects the connection to it.

    Raises:
        ConfigurationError: plaintext to a host that is not loopback without ``insecure``, a
            token in plaintext to such a host, or a malformed token.
    """

    server: str
    token: str | None = field(default=None, repr=False)
    tls: Tls | None = None
    insecure: bool = False

    def __post_init__(self) -> None:
        if self.tls is not None and self.insecure:
            raise ConfigurationError("tls and insecure=True contradict each other")
        if self.token is not None:
            _require_header_text(self.token)
        if self.tls is not None or is_loopback(self.server):
            return
        if not self.insecure:
            raise ConfigurationError(
                f"{self.server} is not a loopback address: use TLS, or allow plaintext with "
                "insecure if you trust the network"
            )
        if self.token is not None:
            raise ConfigurationError(
                f"{self.server} is not a loopback address: a token is only sent to it over TLS"
            )

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """The metadata of every call."""
        return (("authorization", f"Bearer {self.token}"),) if self.token else ()

    @property
    def options(self) -> list[tuple[str, str | int]]:
        """The options of the channel."""
        if is_loopback(self.server):
            # A proxy from the environment would take plaintext off the machine.
            return [*_OPTIONS, ("grpc.enable_http_proxy", 0)]
        return [*_OPTIONS]

    @property
    def credentials(self) -> grpc.ChannelCredentials | None:
        """The credentials of the channel; None for plaintext."""
        if self.tls is None:
            return None
        return grpc.ssl_channel_credentials(self.tls.ca, self.tls.key, self.tls.cert)


def is_loopback(server: str) -> bool:
    """Return whether a gRPC target is a loopback literal, such as ``localhost:50051``.

    Other names for this machine are not recognised: they need ``insecure``.
    """
    return _LOOPBACK.fullmatch(server) is not None


def _require_header_text(token: str) -> None:
    # gRPC refuses it too, but with the token in the error message.
    if not (token and token.isascii() and token.isprintable() and token == token.strip()):
        raise ConfigurationError("the token must be printable ASCII without blanks around it")
