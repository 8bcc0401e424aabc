"""What the commands share: opening the client, reading addresses, reporting errors."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

import typer

from ..client import SuppressionClient
from ..connection import Connection, Tls
from ..enums import WhenUnavailable
from ..errors import InvalidArgumentError, SuppressionError, UnavailableError
from ..exchanges import Call
from ..transports import GrpcTransport, Transport
from .output import printable

WRONG_USAGE: Final = 2
UNAVAILABLE: Final = 3

#: Seconds. A person prefers waiting on a slow network to an error.
_CHECK_TIMEOUT: Final = 5.0

#: Seconds between two attempts.
_WAITS: Final = (0.5, 1, 2, 4, 8, 15, 30)

_STANDARD_INPUT: Final = ["-"]


@contextmanager
def client_of(
    server: str, token: str, ca: Path | None, cert: Path | None, key: Path | None, insecure: bool
) -> Iterator[SuppressionClient]:
    """Open a client. An error becomes one line and an exit status."""
    with (
        _reported(server),
        SuppressionClient(
            server,
            when_unavailable=WhenUnavailable.RAISE,
            token=token or None,
            tls=_tls(ca, cert, key),
            insecure=insecure,
            check_timeout=_CHECK_TIMEOUT,
            batch_timeout=_CHECK_TIMEOUT,
        ) as client,
    ):
        yield client


@contextmanager
def transport_of(
    server: str, token: str, ca: Path | None, cert: Path | None, key: Path | None, insecure: bool
) -> Iterator[Transport]:
    """Open a connection for the calls about the whole list; otherwise like ``client_of``."""
    with _reported(server):
        connection = Connection(server, token or None, _tls(ca, cert, key), insecure)
        with closing(GrpcTransport(connection)) as transport:
            yield transport


def _tls(ca: Path | None, cert: Path | None, key: Path | None) -> Tls | None:
    return Tls.from_files(ca, cert, key) if ca or cert or key else None


@contextmanager
def _reported(server: str) -> Iterator[None]:
    try:
        yield
    except UnavailableError as error:
        fail(f"the service at {server} is unavailable: {error}", UNAVAILABLE)
    except UnicodeError:
        fail("an address is not valid Unicode text", WRONG_USAGE)
    except (SuppressionError, OSError) as error:
        fail(str(error), WRONG_USAGE)


class LongWork:
    """Makes the calls of work that takes minutes, in which a server may be restarted.

    Once the service has answered, a call is made again and again for about a minute while the
    service is unavailable. Before, it fails at once: a person may have mistyped the server.
    """

    def __init__(self, transport: Transport, wait: Callable[[float], None] = time.sleep) -> None:
        self._transport = transport
        self._wait = wait
        self._answered = False

    def __call__(self, call: Call) -> Any:
        """Make a call, from any thread.

        Raises:
            SuppressionError: the call failed.
        """
        for seconds in _WAITS if self._answered else ():
            try:
                return self._transport.call(call)
            except UnavailableError:
                self._wait(seconds)
        response = self._transport.call(call)
        self._answered = True
        return response


class Named(NamedTuple):
    """An address or a domain that a command is about; ``field`` is "address" or "domain"."""

    field: str
    text: str

    @property
    def arguments(self) -> dict[str, str]:
        """The argument of a call of the client."""
        return {self.field: self.text}


def for_each(
    addresses: list[str] | None, act: Callable[[Named], None], *, domains: list[str] | None = None
) -> None:
    """Act on each address, or on each domain.

    Invalid ones are reported and counted, and do not stop the rest.
    """
    if bool(addresses) == bool(domains):
        fail("give either addresses or --domain", WRONG_USAGE)
    positions, refused = list(_positions(addresses or domains or [])), 0
    field = "address" if addresses else "domain"
    for position, text in positions:
        try:
            act(Named(field, text))
        except InvalidArgumentError as error:
            fields = {violation.field: violation.description for violation in error.violations}
            if field not in fields:  # Every other one would fail too.
                raise
            refused += 1
            warn(f"{position}{text}: {fields[field]}")
    if refused:
        fail(f"{len(positions) - refused} done, {refused} refused", WRONG_USAGE)


def read_addresses(addresses: list[str]) -> list[str]:
    """Return the addresses of the command line, or of standard input if that is "-"."""
    return [address for _, address in _positions(addresses)]


def _positions(addresses: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each address with its line of standard input as a prefix for messages."""
    if addresses != _STANDARD_INPUT:
        yield from (("", address) for address in addresses)
        return
    for number, line in enumerate(sys.stdin, start=1):
        if address := line.strip():
            yield f"line {number}: ", address


def confirm_erasure(addresses: list[str]) -> None:
    """Ask for confirmation; exit without it."""
    if addresses == _STANDARD_INPUT:
        fail("standard input has the addresses and cannot confirm: give --yes", WRONG_USAGE)
    whom = "this address" if len(addresses) == 1 else f"these {len(addresses)} addresses"
    if not typer.confirm(f"Erase the data of {whom}? This cannot be undone.", err=True):
        fail("nothing was erased", WRONG_USAGE)


def warn(text: str) -> None:
    """Print a line on standard error."""
    typer.echo(f"suppression: {printable(text)}", err=True)


def fail(text: str, status: int) -> NoReturn:
    """Print a line on standard error and exit."""
    warn(text)
    raise typer.Exit(status)
