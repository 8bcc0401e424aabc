"""The ``suppression`` command: the client from a shell.

Exit status: 0 done, and all may be mailed; 1 at least one address may not be
mailed; 2 wrong usage, settings or arguments; 3 the service could not be asked.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final

from . import (
    Check,
    InvalidArgumentError,
    MailClass,
    Reason,
    SuppressionClient,
    SuppressionError,
    Tls,
    UnavailableError,
    WhenUnavailable,
)

try:
    import typer

    from . import printed
except ImportError:
    sys.stderr.write("suppression: the command needs: pip install 'suppression-client[cli]'\n")
    raise SystemExit(2) from None

MAY_NOT_BE_MAILED: Final = 1
WRONG_USAGE: Final = 2
NOT_ASKED: Final = 3

LOCAL: Final = "127.0.0.1:50051"

#: Seconds. A person would rather wait for a slow network than read that it is slow.
CHECK_TIMEOUT: Final = 5.0

_STANDARD_INPUT: Final = ["-"]

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
        if printed.spelled(reason) == text.lower().replace("_", "-"):
            return reason
    choices = ", ".join(map(printed.spelled, ENTRIES))
    raise typer.BadParameter(f"{text!r} is none of {choices}", param_hint="--reason")


def _span(text: str) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,5})([smhdw])", text)
    if match is None:
        raise typer.BadParameter(
            f"{text!r} is no length of time such as 90m, 12h, 30d or 8w", param_hint="--ttl"
        )
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _with_port(server: str) -> str:
    # gRPC would take the scheme of a URL for the host, and without a port try 443.
    if re.fullmatch(r"https?:.*|[^:]*|\[[^]]*\]", server):
        raise typer.BadParameter("give HOST:PORT, such as 127.0.0.1:50051")
    return server


Addresses = Annotated[
    list[str], typer.Argument(metavar="ADDRESS", help="- reads them from standard input.")
]
Stream = Annotated[
    str, typer.Option(help="The stream of mail, case-sensitive; without it, all mail.")
]
Source = Annotated[str, typer.Option(help="Who does this; the service's default is 'api'.")]
Detail = Annotated[str, typer.Option(help="Why, in words for people.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
Server = Annotated[
    str,
    typer.Option(
        "--server",
        envvar="SUPPRESSION_SERVER",
        metavar="HOST:PORT",
        help="Where the service is.",
        callback=_with_port,
    ),
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
        "suppression erase jane@example.com --detail 'request 4711'",
    )
    + "\n\n"
    + _EXIT_STATUS,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"suppression {version('suppression-client')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_tell_version, is_eager=True),
    ] = False,
) -> None:
    pass


@app.command(
    epilog=_examples(
        "suppression check jane@example.com && ./send-receipt",
        "suppression check - <newsletter.txt --stream newsletter",
        "suppression check - <everyone.txt --json | jq -r 'select(.send).address'",
    )
)
def check(
    addresses: Addresses,
    stream: Annotated[
        str,
        typer.Option(
            help="The stream of the mail, case-sensitive; "
            "without it, only entries for all mail hold."
        ),
    ] = "",
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
        typer.echo(
            printed.as_json(printed.check_record(one)) if as_json else printed.check_line(one)
        )
    if any(_has_display_name(one) for one in checks):
        _complain("give an address only, without a display name or <>")
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
        str,
        typer.Option(
            "--reason",
            metavar="REASON",
            help="manual, unsubscribe, complaint, hard-bounce or soft-bounce.",
        ),
    ] = "manual",
    stream: Stream = "",
    detail: Detail = "",
    ttl: Annotated[
        str,
        typer.Option("--ttl", metavar="SPAN", help="How long: 90m, 12h, 30d, 8w. Empty: for ever."),
    ] = "",
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
    why, span = _reason(reason), _span(ttl) if ttl else None
    with _client(server, token, tls_ca, tls_cert, tls_key, insecure) as client:

        def add_one(address: str) -> None:
            done = client.suppress(
                address, why, stream=stream, source=source, detail=detail, ttl=span
            )
            verb = "added" if done.created else "already there"
            typer.echo(
                printed.as_json(asdict(done))
                if as_json
                else printed.entry_line(verb, done.suppression)
            )

        _for_each(addresses, add_one)


@app.command(
    epilog=_examples(
        "suppression remove jane@example.com --detail 'mailbox is back'",
        "suppression remove jane@example.com --reason unsubscribe --stream newsletter",
    )
)
def remove(
    addresses: Addresses,
    reason: Annotated[
        str,
        typer.Option(
            "--reason", metavar="REASON", help="Only entries of this reason. Empty: of every."
        ),
    ] = "",
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
    why = _reason(reason) if reason else None
    with _client(server, token, tls_ca, tls_cert, tls_key, insecure) as client:

        def remove_one(address: str) -> None:
            done = client.unsuppress(
                address, reason=why, stream=stream, source=source, detail=detail
            )
            if as_json:
                typer.echo(printed.as_json({"address": address} | asdict(done)))
                return
            for entry in done.removed:
                typer.echo(printed.entry_line("removed", entry))
            if not done.removed:
                typer.echo(f"was not there\t{printed.printable(address)}")

        _for_each(addresses, remove_one)


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

        def show_one(address: str) -> None:
            history = client.get_address(address)
            if as_json:
                typer.echo(printed.as_json({"address": address} | asdict(history)))
                return
            typer.echo(printed.printable(address))
            printed.print_table(
                "entries", [printed.entry_row(entry) for entry in history.suppressions]
            )
            printed.print_table("feedback", [printed.event_row(event) for event in history.events])

        _for_each(addresses, show_one)


@app.command(
    epilog=_examples(
        "suppression erase jane@example.com --detail 'request 4711'",
        "suppression erase - <requests.txt --yes",
    )
)
def erase(
    addresses: Addresses,
    detail: Annotated[
        str, typer.Option(help="Why; it is kept with the entries, so name no person in it.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before.")] = False,
    as_json: Json = False,
    server: Server = LOCAL,
    token: Token = "",
    tls_ca: Ca = None,
    tls_cert: Cert = None,
    tls_key: Key = None,
    insecure: Insecure = False,
) -> None:
    """Forget persons: their addresses stay blocked, and nobody can read them any more.

    This cannot be undone. Entries keep a keyed hash instead of the address;
    feedback goes. Addresses that are on no list leave nothing behind.
    """
    if not yes:
        _confirmed(len(addresses), from_standard_input=addresses == _STANDARD_INPUT)
    with _client(server, token, tls_ca, tls_cert, tls_key, insecure) as client:

        def erase_one(address: str) -> None:
            done = client.erase(address, detail=detail)
            typer.echo(
                printed.as_json({"address": address} | asdict(done))
                if as_json
                else f"erased\t{printed.printable(address)}\t{printed.erased_counts(done)}"
            )

        _for_each(addresses, erase_one)


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
    _complain(text)
    raise typer.Exit(status)


def _complain(text: str) -> None:
    typer.echo(f"suppression: {printed.printable(text)}", err=True)


def _confirmed(count: int, *, from_standard_input: bool) -> None:
    """Go on only if a person says so."""
    if from_standard_input:
        _fail("addresses on standard input leave nobody to ask: give --yes", WRONG_USAGE)
    whom = "this address" if count == 1 else f"these {count} addresses"
    if not typer.confirm(f"Erase what is known of {whom}? It cannot be undone.", err=True):
        _fail("nothing was erased", WRONG_USAGE)


def _has_display_name(one: Check) -> bool:
    wrong = one.reason is Reason.INVALID_ADDRESS
    return wrong and bool(re.fullmatch(r".*<[^<>]+@[^<>]+>", one.address))


def _for_each(addresses: list[str], act: Callable[[str], None]) -> None:
    """Act on every address; say at once which of them is none, and at the end how many."""
    listed, refused = list(_placed(addresses)), 0
    for place, address in listed:
        try:
            act(address)
        except InvalidArgumentError as error:
            what = _wrong_with_address(error)
            if what is None:  # The next address would meet the same.
                raise
            refused += 1
            _complain(f"{place}{address}: {what}")
    if refused:
        _fail(f"{len(listed) - refused} done, {refused} refused", WRONG_USAGE)


def _wrong_with_address(error: InvalidArgumentError) -> str | None:
    said = {violation.field: violation.description for violation in error.violations}
    return said.get("address")


def _listed(addresses: list[str]) -> list[str]:
    return [address for _, address in _placed(addresses)]


def _placed(addresses: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each address behind the words that say where it stands."""
    if addresses != _STANDARD_INPUT:
        yield from (("", address) for address in addresses)
        return
    for number, line in enumerate(sys.stdin, start=1):
        if address := line.strip():
            yield f"line {number}: ", address


if __name__ == "__main__":
    main()
