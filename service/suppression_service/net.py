"""Addresses to listen on, and the limits that the operating system sets."""

import contextlib
import ipaddress
import resource
import socket
from collections.abc import Iterator
from typing import Final

_MAX_PORT: Final = 65_535


class AddressTaken(Exception):
    """Nothing can listen on the address: it is in use, or not of this machine."""


def host_and_port(text: str) -> str:
    """Return a HOST:PORT unchanged.

    Raises:
        ValueError: the text is not a HOST:PORT. An IPv6 address needs its brackets.
    """
    host, _, port = text.rpartition(":")
    bare_ipv6 = ":" in host and not (host.startswith("[") and host.endswith("]"))
    if not host or bare_ipv6 or not port.isdecimal() or int(port) > _MAX_PORT:
        raise ValueError("give it as HOST:PORT, such as 127.0.0.1:50051 or [::1]:50051")
    return text


def is_loopback(listen: str) -> bool:
    """Whether a HOST:PORT is of this machine only. Of names, only localhost is."""
    host = listen.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextlib.contextmanager
def listening(listen: str) -> Iterator[socket.socket]:
    """Listen on HOST:PORT for the length of the block.

    From now on connections wait instead of being refused, whether or not a process
    accepts them yet.

    Raises:
        AddressTaken: in use, or not of this machine.
    """
    with _bound(listen, socket.SO_REUSEADDR) as listener:
        listener.listen(socket.SOMAXCONN)
        yield listener


@contextlib.contextmanager
def reserved_address(listen: str) -> Iterator[str]:
    """Keep a HOST:PORT for processes that share it; yield it with the real port.

    The socket never listens: it only keeps the port.

    Raises:
        AddressTaken: in use, or not of this machine.
    """
    # First without SO_REUSEPORT: sharing a port with another server would split the calls.
    _bound(listen, socket.SO_REUSEADDR).close()
    with _bound(listen, socket.SO_REUSEPORT) as reserved:
        yield with_real_port(listen, reserved)


def with_real_port(listen: str, bound: socket.socket) -> str:
    """Return a HOST:PORT with the port that a socket got, which matters for a port of 0."""
    return f"{listen.rpartition(':')[0]}:{bound.getsockname()[1]}"


def _bound(listen: str, option: int) -> socket.socket:
    host, _, port = listen.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, option, 1)
        bound.bind((host.strip("[]"), int(port)))
    except OSError as error:
        bound.close()
        raise AddressTaken(f"cannot listen on {listen}: {error.strerror}") from None
    return bound


def raise_open_file_limit(wanted: int | None = None) -> None:
    """Raise this process's limit of open files to ``wanted``, or as far as the system permits.

    The usual limit is 1,024, and every connection is an open file.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted or most, most), most))
