"""The ``suppression`` command: the client from a shell.

Exit status: 0 done, and all may be mailed; 1 at least one address may not be
mailed; 2 wrong usage, settings or arguments; 3 the service could not be asked.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from . import (
    Check,
    Event,
    MailClass,
    Reason,
    Suppression,
    SuppressionClient,
    SuppressionError,
    Tls,
    UnavailableError,
    WhenUnavailable,
)

try:
    import typer
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text
except ImportError:
    sys.stderr.write("suppression: the command needs: pip install 'suppression-client[cli]'\n")
    raise SystemExit(2) from None

MAY_NOT_BE_MAILED: Final = 1
WRONG_USAGE: Final = 2
NOT_ASKED: Final = 3

LOCAL: Final = "127.0.0.1:50051"

#: Seconds. A person would rather wait for a slow network than read that it is slow.
CHECK_TIMEOUT: Final = 5.0

UNPRINTABLE: Final = "\N{REPLACEMENT CHARACTER}"

#: The reasons that an entry can have.
ENTRIES: Final = (
    Reason.HARD_BOUNCE,
    Reason.SOFT_BOUNCE,
    Reason.COMPLAINT,
    Reason.UNSUBSCRIBE,
    Reason.MANUAL,
)

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _reason(text: str) -> Reason:
    for reason in ENTRIES:
        if _spelled(reason) == text.lower().replace("_", "-"):
            return reason
    raise typer.BadParameter(f"{text!r} is none of {', '.join(map(_spelled, ENTRIES))}")


def _span(text: str) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,5})([smhdw])", text)
    if match is None:
        raise typer.BadParameter(f"{text!r} is no length of time such as 90m, 12h, 30d or 8w")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _spelled(member: Enum) -> str:
    return member.name.lower().replace("_", "-")


Addresses = Annotated[
    list[str], typer.Argument(metavar="ADDRESS", help="- reads them from standard input.")
]
Stream = Annotated[str, typer.Option(help="The stream of mail; without it, all mail.")]
Source = Annotated[str, typer.Option(help="Who does this; the service's default is 'api'.")]
Detail = Annotated[str, typer.Option(help="Why, in words for people.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
Server = Annotated[
    str,
    typer.Option(envvar="SUPPRESSION_ADDRESS", metavar="HOST:PORT", help="Where the service is."),
]
Token = Annotated[
    str,
    typer.Option(
        envvar="SUPPRESSION_TOKEN",
        help="The bearer token. Others on the machine can see flags: better set the variable.",
    ),
]
Ca = Annotated[
    Path | None,
    typer.Option(
        "--tls-ca", envvar="SUPPRESSION_TLS_CA", help="Use TLS; PEM of the authorities to trust."
    ),
]
Cert = Annotated[
    Path | None,
    typer.Option(
        "--tls-cert", envvar="SUPPRESSION_TLS_CERT", help="Use mutual TLS; PEM of the certificate."
    ),
]
Key = Annotated[
    Path | None,
    typer.Option("--tls-key", envvar="SUPPRESSION_TLS_KEY", help="PEM of the certificate's key."),
]
Insecure = Annotated[
    bool, typer.Option("--insecure", help="Allow plaintext to another machine; never a token.")
]


def _examples(*lines: str) -> str:
    # Click keeps the line breaks of a paragraph that begins with a backspace.
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


_EXIT_STATUS: Final = """\b
Exit status:
  0  done; for check: all may be mailed
  1  check: at least one address may not be mailed
  2  wrong usage, settings or arguments
  3  the service could not be asked"""

app = typer.Typer(
    name="suppression",
    help="Ask the suppression service, and change its list.",
    epilog=_examples(
        "suppression check jane@example.com",
        "suppression check - <newsletter.txt --stream newsletter --json",
        "suppression add jane@example.com --reason unsubscribe --stream newsletter",
        "suppression add jane@example.com --detail 'asked by phone' --ttl 30d",
        "suppression remove jane@example.com --detail 'mailbox is back'",
        "suppression show jane@example.com",
    )
    + "\n\n"
    + _EXIT_STATUS,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command(
    epilog=_examples(
        "suppression check jane@example.com && ./send-receipt",
        "suppression check - <newsletter.txt --stream newsletter",
        "suppression check - <everyone.txt --json | jq -r 'select(.send).address'",
    )
)
def check(
    addresses: Addresses,
    stream: Stream = "",
    essential: Annotated[
        bool, typer.Option("--essential", help="The mail passes complaints and unsubscribes.")
    ] = False,
    as_json: Json = False,
    server: Server = LOCAL,
    token: Token = "",
    tls_ca: Ca = None,
    tls_cert: Cert = None,
    tls_key: Key = None,
    insecure: Insecure = False,
) -> None:
    """Say whether addresses may be mailed.

    Exits with 0 when all may, with 1 when at least one may not.
    """
    mail_class = MailClass.ESSENTIAL if essential else MailClass.ORDINARY
    with _client(server, token, tls_ca, tls_cert, tls_key, insecure) as client:
        checks = client.batch_check(_listed(addresses), stream=stream, mail_class=mail_class)
    for one in checks:
        typer.echo(_json(_check_record(one)) if as_json else _check_line(one))
    if not all(one.send for one in checks):
        raise typer.Exit(MAY_NOT_BE_MAILED)


@app.command(
    epilog=_examples(
        "suppression add jane@example.com --detail 'asked by phone'",
        "suppression add - <opted-out.txt --reason unsubscribe --stream newsletter",
        "suppression add jane@example.com --reason soft-bounce --ttl 14d",
    )
)
def add(
    addresses: Addresses,
    reason: Annotated[
        Reason,
        typer.Option(
            parser=_reason,
            metavar="REASON",
            help="manual, unsubscribe, complaint, hard-bounce or soft-bounce.",
        ),
    ] = "manual",  # type: ignore[assignment]
    stream: Stream = "",
    detail: Detail = "",
    ttl: Annotated[
        timedelta | None,
        typer.Option(parser=_span, metavar="SPAN", help="How long: 90m, 12h, 30d, 8w. [for ever]"),
    ] = None,
    source: Source = "",
    as_json: Json = False,
    server: Server = LOCAL,
    token: Token = "",
    tls_ca: Ca = None,
    tls_cert: Cert = None,
    tls_key: Key = None,
    insecure: Insecure = False,
) -> None:
    """Put addresses on the list.

    It does no harm to add an address again.
    """
    with _client(server, token, tls_ca, tls_cert, tls_key, insecure) as client:
        for address in _listed(addresses):
            done = client.suppress(
                address, reason, stream=stream, source=source, detail=detail, ttl=ttl
            )
            verb = "added" if done.created else "already there"
            typer.echo(_json(asdict(done)) if as_json else _entry_line(verb, done.suppression))


@app.command(
    epilog=_examples(
        "suppression remove jane@example.com --detail 'mailbox is back'",
        "suppression remove jane@example.com --reason unsubscribe --stream newsletter",
    )
)
def remove(
    addresses: Addresses,
    reason: Annotated[
        Reason | None,
        typer.Option(
            parser=_reason, metavar="REASON", help="Only entries of this reason. [every reason]"
        ),
    ] = None,
    stream: Annotated[
        str | None,
        typer.Option(help="Only entries of this stream; '' for those for all mail. [every stream]"),
    ] = None,
    detail: Detail = "",
    source: Source = "",
    as_json: Json = False,
    server: Server = LOCAL,
    token: Token = "",
    tls_ca: Ca = None,
    tls_cert: Cert = None,
    tls_key: Key = None,
    insecure: Insecure = False,
) -> None:
    """Take addresses off the list.

    Feedback older than the removal does not bring an address back; newer does.
    """
    with _client(server, token, tls_ca, tls_cert, tls_key, insecure) as client:
        for address in _listed(addresses):
            done = client.unsuppress(
                address, reason=reason, stream=stream, source=source, detail=detail
            )
            if as_json:
                typer.echo(_json({"address": address} | asdict(done)))
                continue
            for entry in done.removed:
                typer.echo(_entry_line("removed", entry))
            if not done.removed:
                typer.echo(f"was not there\t{_printable(address)}")


@app.command(
    epilog=_examples(
        "suppression show jane@example.com",
        "suppression show jane@example.com --json | jq .events",
    )
)
def show(
    addresses: Addresses,
    as_json: Json = False,
    server: Server = LOCAL,
    token: Token = "",
    tls_ca: Ca = None,
    tls_cert: Cert = None,
    tls_key: Key = None,
    insecure: Insecure = False,
) -> None:
    """Show all that is known of addresses: entries, removed ones too, and feedback."""
    with _client(server, token, tls_ca, tls_cert, tls_key, insecure) as client:
        for address in _listed(addresses):
            history = client.get_address(address)
            if as_json:
                typer.echo(_json({"address": address} | asdict(history)))
                continue
            typer.echo(_printable(address))
            _print_table("entries", Suppression, history.suppressions)
            _print_table("feedback", Event, history.events)


def main() -> None:
    """Run the command."""
    app()


@contextmanager
def _client(
    server: str, token: str, ca: Path | None, cert: Path | None, key: Path | None, insecure: bool
) -> Iterator[SuppressionClient]:
    """Hand out a client; what it raises becomes one line and an exit status."""
    try:
        with SuppressionClient(
            server,
            when_unavailable=WhenUnavailable.RAISE,
            token=token or None,
            tls=Tls.from_files(ca, cert, key) if ca or cert or key else None,
            insecure=insecure,
            check_timeout=CHECK_TIMEOUT,
            batch_timeout=CHECK_TIMEOUT,
        ) as client:
            yield client
    except UnavailableError as error:
        _fail(f"the service at {server} could not be asked: {error}", NOT_ASKED)
    except UnicodeError:
        _fail("an address is not valid Unicode text", WRONG_USAGE)
    except (SuppressionError, OSError) as error:
        _fail(str(error), WRONG_USAGE)


def _fail(text: str, status: int) -> None:
    typer.echo(f"suppression: {_printable(text)}", err=True)
    raise typer.Exit(status)


def _listed(addresses: list[str]) -> list[str]:
    if addresses != ["-"]:
        return addresses
    return [line for line in map(str.strip, sys.stdin) if line]


def _check_record(one: Check) -> dict[str, Any]:
    record = {field.name: getattr(one, field.name) for field in fields(one)}
    del record["assumed"]  # under RAISE nothing is
    return record | {"send": one.send}


def _check_line(one: Check) -> str:
    why = f"\t{_spelled(one.reason)}" if one.reason else ""
    verdict = typer.style("send", fg="green") if one.send else typer.style("hold", fg="red")
    return f"{verdict}\t{_printable(one.address)}{why}"


def _entry_line(verb: str, entry: Suppression) -> str:
    stream = _printable(entry.stream) or "all mail"
    return f"{verb}\t{_printable(entry.address)}\t{_spelled(entry.reason)}\t{stream}"


_Row = TypeVar("_Row", Suppression, Event)


def _print_table(title: str, kind: type[_Row], rows: Iterable[_Row]) -> None:
    """Print rows as a table, without the columns that are empty in all of them."""
    names = [field.name for field in fields(kind) if field.name != "address"]
    shown = [{name: _cell(getattr(row, name)) for name in names} for row in rows]
    if not shown:
        typer.echo(f"  no {title}")
        return
    names = [name for name in names if any(row[name] for row in shown)]
    table = Table(*(name.replace("_", " ") for name in names), title=title, title_justify="left")
    for row in shown:
        table.add_row(*(Text(row[name]) for name in names))
    # Where nobody looks at it, it need not fit a screen.
    console = Console()
    console.print(table, width=None if console.is_terminal else 1_000)


def _cell(value: Any) -> str:
    if isinstance(value, Reason):
        return _spelled(value) if value else ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    return "" if value is None else _printable(str(value))


def _printable(text: str) -> str:
    # Diagnostics come from strangers' servers and may hold terminal commands.
    return "".join(letter if letter.isprintable() else UNPRINTABLE for letter in text)


def _json(record: dict[str, Any]) -> str:
    return json.dumps(_plain(record))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, Enum):
        return value.name
    return value.isoformat() if isinstance(value, datetime) else value


if __name__ == "__main__":
    main()
