"""The flags of the commands, and the reading of their values."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from ..enums import Reason
from .output import spelled

DEFAULT_SERVER: Final = "127.0.0.1:50051"

#: The reasons that an entry can have.
_REASONS: Final = (
    Reason.HARD_BOUNCE,
    Reason.SOFT_BOUNCE,
    Reason.COMPLAINT,
    Reason.UNSUBSCRIBE,
    Reason.MANUAL,
)

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def examples(*lines: str) -> str:
    """Return the examples of a command's help."""
    # Click keeps the line breaks of a paragraph that begins with a backspace.
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


def parse_reason(text: str) -> Reason:
    """Read a reason in any case, with ``-`` or ``_``.

    Raises:
        typer.BadParameter: an entry cannot have it.
    """
    for reason in _REASONS:
        if spelled(reason) == text.lower().replace("_", "-"):
            return reason
    choices = ", ".join(map(spelled, _REASONS))
    raise typer.BadParameter(f"{text!r} is not one of {choices}", param_hint="--reason")


def parse_duration(text: str) -> timedelta | None:
    """Read a duration such as ``90m``; None for empty text.

    Raises:
        typer.BadParameter: it is not a number and a unit.
    """
    if not text:
        return None
    match = re.fullmatch(r"([0-9]{1,5})([smhdw])", text)
    if match is None:
        raise typer.BadParameter(
            f"{text!r} is not a duration such as 90m, 12h, 30d or 8w", param_hint="--ttl"
        )
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _with_port(server: str) -> str:
    # gRPC would take the scheme of a URL for the host, and without a port try 443.
    if re.fullmatch(r"https?:.*|[^:]*|\[[^]]*\]", server):
        raise typer.BadParameter("give HOST:PORT, such as 127.0.0.1:50051")
    return server


Addresses = Annotated[
    list[str], typer.Argument(metavar="ADDRESS", help="- reads addresses from standard input.")
]
AddressesIfAny = Annotated[
    list[str] | None,
    typer.Argument(metavar="ADDRESS", help="- reads addresses from standard input."),
]
Domains = Annotated[
    list[str] | None,
    typer.Option(
        "--domain", metavar="DOMAIN", help="Instead of addresses, a domain; repeat it for several."
    ),
]
Subdomains = Annotated[
    bool, typer.Option("--subdomains", help="With --domain: all its subdomains too.")
]
AddReason = Annotated[
    str,
    typer.Option(
        "--reason",
        metavar="REASON",
        help="manual, unsubscribe, complaint, hard-bounce or soft-bounce.",
    ),
]
RemoveReason = Annotated[
    str,
    typer.Option(
        "--reason", metavar="REASON", help="Remove only entries with this reason. [any reason]"
    ),
]
CheckStream = Annotated[
    str,
    typer.Option(
        help="The stream of the mail, case-sensitive. Without it, only entries for all mail apply."
    ),
]
AddStream = Annotated[
    str, typer.Option(help="The stream of mail, case-sensitive. Without it, all mail.")
]
RemoveStream = Annotated[
    str | None,
    typer.Option(
        help="Remove only entries of this stream; '' for entries for all mail. [any stream]"
    ),
]
Essential = Annotated[
    bool,
    typer.Option(
        "--essential", help="Essential mail: complaints and unsubscribes do not apply to it."
    ),
]
Ttl = Annotated[
    str,
    typer.Option(
        "--ttl", metavar="DURATION", help="Lifetime of the entry: 90m, 12h, 30d, 8w. [for ever]"
    ),
]
Source = Annotated[str, typer.Option(help="Who makes the change. [api, set by the service]")]
Detail = Annotated[str, typer.Option(help="Why, as text for people.")]
ErasureDetail = Annotated[
    str,
    typer.Option(help="Why. It is stored with the entries, so do not name the person in it."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object per line.")]
Server = Annotated[
    str,
    typer.Option(
        "--server",
        envvar="SUPPRESSION_SERVER",
        metavar="HOST:PORT",
        help="The service.",
        callback=_with_port,
    ),
]
Token = Annotated[
    str,
    typer.Option(
        envvar="SUPPRESSION_TOKEN",
        help="The bearer token. Prefer the variable: other users of the machine can see flags.",
    ),
]
TlsCa = Annotated[
    Path | None,
    typer.Option(
        "--tls-ca",
        envvar="SUPPRESSION_TLS_CA",
        help="Use TLS; PEM file of the authorities to trust.",
    ),
]
TlsCert = Annotated[
    Path | None,
    typer.Option(
        "--tls-cert",
        envvar="SUPPRESSION_TLS_CERT",
        help="Use mutual TLS; PEM file of the client certificate.",
    ),
]
TlsKey = Annotated[
    Path | None,
    typer.Option(
        "--tls-key", envvar="SUPPRESSION_TLS_KEY", help="PEM file of the certificate's key."
    ),
]
Insecure = Annotated[
    bool,
    typer.Option(
        "--insecure",
        envvar="SUPPRESSION_INSECURE",
        help="Allow a connection without TLS to a host that is not loopback. "
        "A token is never sent over it.",
    ),
]
