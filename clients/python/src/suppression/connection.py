"""How the service is reached: where, how safely, and with which channel settings."""

import ipaddress
import json
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Final, Self

import grpc

from .errors import ConfigurationError

#: Retries, and round robin over all addresses that the server's name has.
#:
#: Every call is idempotent, so every call is retried, within its one deadline.
#: The throttle lets a burst of fifty failures be retried, and from then on about
#: one call for ten that succeed: a service that is down is not hammered.
#: CANCELLED is what a server that stops makes of calls which it has read and not begun
#: (grpc/grpc#41785); a caller's own cancelling ends the call, retries included. UNKNOWN is
#: what some libraries make of a connection that is cut while they write
#: (grpc/grpc-java#10120).
SERVICE_CONFIG: Final = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {
            "name": [{"service": "suppression.v1.SuppressionService"}],
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
    # Notice a dead peer under a waiting call. Not on idle connections: servers
    # close the connection of a client that pings without calls.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # By default gRPC waits up to two minutes before it tries a server again. Shorter than
    # servers drain: while one restarts after the other, the first is found again in time.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    # A request that outgrows this buffer is not retried; the default, 256 KiB, is
    # a batch of about 10,000 short addresses. The longest batch has 3.3 MB.
    ("grpc.per_rpc_retry_buffer_size", 4 * 1024 * 1024),
    # A page of 10,000 changes outgrows the default of 4 MiB.
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
)


@dataclass(frozen=True, slots=True)
class Tls:
    """Talk through TLS.

    Attributes:
        ca: PEM; the authorities to trust; None for those that gRPC comes with.
        cert: PEM; the chain of the client's own certificate, for mutual TLS.
        key: PEM; the private key of ``cert``. Not shown by ``repr``.

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
    """Where the service is and how to talk to it.

    Raises:
        ConfigurationError: plaintext beyond this machine without ``insecure``,
            a token in plaintext beyond this machine, or a malformed token.
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
        if self.tls is not None or self.loopback:
            return
        if not self.insecure:
            raise ConfigurationError(
                f"{self.server} is not on this machine: use TLS, or allow plaintext as insecure "
                "if you trust the network"
            )
        if self.token is not None:
            raise ConfigurationError(
                f"{self.server} is not on this machine: a token goes there only through TLS"
            )

    @property
    def loopback(self) -> bool:
        """Whether every address of the server is on this machine."""
        return is_loopback(self.server)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What goes with every call."""
        return (("authorization", f"Bearer {self.token}"),) if self.token else ()

    @property
    def options(self) -> list[tuple[str, str | int]]:
        """The settings of the channel."""
        # A proxy from the environment would carry loopback plaintext off the machine.
        return [*_OPTIONS, ("grpc.enable_http_proxy", 0)] if self.loopback else [*_OPTIONS]

    @property
    def credentials(self) -> grpc.ChannelCredentials | None:
        """The credentials of the channel; None for plaintext."""
        if self.tls is None:
            return None
        return grpc.ssl_channel_credentials(self.tls.ca, self.tls.key, self.tls.cert)


def is_loopback(server: str) -> bool:
    """Say whether a gRPC target, such as ``dns:///localhost:50051``, stays on this machine."""
    scheme, colon, rest = server.partition(":")
    if colon and scheme in {"unix", "unix-abstract"}:
        return True
    if colon and scheme in {"dns", "ipv4", "ipv6"}:
        if rest.startswith("//"):
            resolver, _, rest = rest[2:].partition("/")
            if resolver and "localhost" in rest.lower():
                return False  # The resolver says where that is.
        server = rest
    return all(_is_loopback_host(_host(address)) for address in server.split(","))


def _host(address: str) -> str:
    if address.startswith("["):
        return address[1:].partition("]")[0]
    # More than one colon without brackets is a bare IPv6 address.
    return address.partition(":")[0] if address.count(":") == 1 else address


def _is_loopback_host(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _require_header_text(token: str) -> None:
    # gRPC would refuse it too, with the token in the text of the error.
    if not (token and token.isascii() and token.isprintable() and token == token.strip()):
        raise ConfigurationError("the token must be printable ASCII without blanks around it")
