"""The settings of the console, and what they must be together."""

import ipaddress
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from suppression import ConfigurationError, Tls

DEFAULT_LISTEN: Final = "127.0.0.1:8090"
DEFAULT_SERVER: Final = "127.0.0.1:50051"
#: Megabytes of an uploaded file. A million rows of SendGrid are about 150 MB.
DEFAULT_MAX_UPLOAD: Final = 512
_MAX_PORT: Final = 65_535

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(ValueError):
    """A setting is missing or wrong. The message names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of ``suppression-console serve``.

    Attributes:
        listen: HOST:PORT of the page.
        server: HOST:PORT of the service.
        proxies: the networks of the proxies that terminate TLS in front of the console.
        certificate: PEM file of the chain to present; None without TLS.
        key: PEM file of its private key.
        service_tls: the TLS of the connection to the service; None for plaintext.
        max_upload: megabytes of an uploaded file.
        upload_directory: where uploaded files are kept until their import ends.
        log_format: ``console`` for people, ``json`` for programs.

    Raises:
        SettingsError: a value cannot be used, or not together with another.
    """

    listen: str = DEFAULT_LISTEN
    server: str = DEFAULT_SERVER
    proxies: tuple[Network, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    service_tls: Tls | None = field(default=None, repr=False)
    max_upload: int = DEFAULT_MAX_UPLOAD
    upload_directory: Path = Path(tempfile.gettempdir())
    log_format: str = "console"

    def __post_init__(self) -> None:
        _require_host_and_port(self.listen)
        if (self.certificate is None) != (self.key is None):
            raise SettingsError(
                "give both SUPPRESSION_CONSOLE_TLS_CERTIFICATE and SUPPRESSION_CONSOLE_TLS_KEY"
            )
        if not (self.on_loopback or self.certificate or self.proxies):
            raise SettingsError(
                f"SUPPRESSION_CONSOLE_LISTEN: refusing to listen on {self.listen} without TLS; "
                "give SUPPRESSION_CONSOLE_TLS_CERTIFICATE and _KEY, or name the proxy that "
                "terminates TLS with SUPPRESSION_CONSOLE_PROXIES"
            )
        if self.log_format not in ("console", "json"):
            raise SettingsError("SUPPRESSION_LOG_FORMAT: must be console or json")
        if not os.access(self.upload_directory, os.W_OK):
            raise SettingsError("SUPPRESSION_CONSOLE_UPLOAD_DIRECTORY: cannot write to it")

    @property
    def host(self) -> str:
        """The host to listen on, without brackets."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port to listen on."""
        return int(self.listen.rpartition(":")[2])

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can connect."""
        return is_loopback(self.host)

    @property
    def local(self) -> bool:
        """Whether all users are on this machine: no proxy brings others."""
        return self.on_loopback and not self.proxies


def networks(text: str) -> tuple[Network, ...]:
    """Read a list of IP addresses and networks, separated by commas.

    Raises:
        SettingsError: one is neither.
    """
    try:
        parts = [part.strip() for part in text.split(",")]
        return tuple(ipaddress.ip_network(part, strict=False) for part in parts if part)
    except ValueError:
        raise SettingsError(
            "SUPPRESSION_CONSOLE_PROXIES: give IP addresses or networks, such as 10.0.3.0/24"
        ) from None


def service_tls(ca: Path | None, cert: Path | None, key: Path | None) -> Tls | None:
    """Return the TLS of the connection to the service.

    Without a certificate a key means nothing: the server reads a variable of the same name, and
    both may be set for all processes of a machine.

    Raises:
        SettingsError: a file cannot be read, or one of certificate and key is missing.
    """
    if not (ca or cert):
        return None
    try:
        return Tls.from_files(ca, cert, key if cert else None)
    except ConfigurationError as error:
        raise SettingsError(f"SUPPRESSION_TLS_CERT: {error}") from None
    except OSError as error:
        raise SettingsError(f"SUPPRESSION_TLS_CA: {error.strerror}: {error.filename}") from None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine only. Of names, only localhost is."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _require_host_and_port(text: str) -> None:
    host, _, port = text.rpartition(":")
    bare_ipv6 = ":" in host and not (host.startswith("[") and host.endswith("]"))
    if not host or bare_ipv6 or not port.isdecimal() or int(port) > _MAX_PORT:
        raise SettingsError(
            "SUPPRESSION_CONSOLE_LISTEN: give it as HOST:PORT, such as 127.0.0.1:8090 or [::1]:8090"
        )
