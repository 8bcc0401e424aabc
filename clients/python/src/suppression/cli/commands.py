"""The command line: the commands for addresses, and those of the whole list."""

import re
from dataclasses import asdict
from importlib.metadata import version
from typing import Annotated, Final

import typer

from ..answers import Check
from ..enums import MailClass, Reason
from . import import_command, list_commands, stats_command
from .calls import Named, client_of, confirm_erasure, for_each, read_addresses, warn
from .options import (
    DEFAULT_SERVER,
    AddReason,
    Addresses,
    AddressesIfAny,
    AddStream,
    CheckStream,
    Detail,
    Domains,
    ErasureDetail,
    Essential,
    Insecure,
    Json,
    RemoveReason,
    RemoveStream,
    Server,
    Source,
    Subdomains,
    TlsCa,
    TlsCert,
    TlsKey,
    Token,
    Ttl,
    Yes,
    examples,
    parse_duration,
    parse_reason,
)
from .output import print_check, print_entry, print_history, print_json, print_line, printable

MAY_NOT_BE_MAILED: Final = 1


_EXIT_STATUS: Final = """\b
Exit status:
  0  done; check: every address may be mailed
  1  check: at least one address may not be mailed; import: some rows were refused
  2  wrong usage, settings or arguments
  3  the service is unavailable"""

app = typer.Typer(
    name="suppression",
    help="Check addresses against the suppression list, and change the list.",
    epilog=examples(
        "suppression check jane@example.com",
        "suppression check - <newsletter.txt --stream newsletter --json",
        "suppression add jane@example.com --reason unsubscribe --stream newsletter",
        "suppression add jane@example.com --detail 'asked by phone' --ttl 30d",
        "suppression remove jane@example.com --detail 'mailbox is back'",
        "suppression show jane@example.com",
        "suppression erase jane@example.com --detail 'request 4711'",
        "suppression list --domain example.com --reason complaint",
        "suppression import suppression_bounces.csv --dry-run",
        "suppression export --format csv --output list.csv.gz",
        "suppression stats --by day",
    )
    + "\n\n"
    + _EXIT_STATUS,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"suppression {version('suppression-client')}")
        raise typer.Exit


app.add_typer(list_commands.app)
app.add_typer(import_command.app)
app.add_typer(stats_command.app)


@app.callback()
def _global_options(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    pass


@app.command(
    epilog=examples(
        "suppression check jane@example.com && ./send-receipt",
        "suppression check - <newsletter.txt --stream newsletter",
        "suppression check - <everyone.txt --json | jq -r 'select(.send).address'",
    )
)
def check(
    addresses: Addresses,
    stream: CheckStream = "",
    essential: Essential = False,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    token: Token = "",
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    insecure: Insecure = False,
) -> None:
    """Check whether addresses may be mailed.

    Prints send or do-not-send for each. Exits with 0 if every address may be mailed, else with 1.
    """
    mail_class = MailClass.ESSENTIAL if essential else MailClass.ORDINARY
    with client_of(server, token, tls_ca, tls_cert, tls_key, insecure) as client:
        checks = client.batch_check(read_addresses(addresses), stream=stream, mail_class=mail_class)
    for each in checks:
        print_check(each, as_json=as_json)
    if any(_has_display_name(each) for each in checks):
        warn("give an address only, without a display name or <>")
    if not all(each.send for each in checks):
        raise typer.Exit(MAY_NOT_BE_MAILED)


def _has_display_name(check: Check) -> bool:
    invalid = check.reason is Reason.INVALID_ADDRESS
    return invalid and bool(re.fullmatch(r".*<[^<>]+@[^<>]+>", check.address))


@app.command(
    epilog=examples(
        "suppression add jane@example.com --detail 'asked by phone'",
        "suppression add - <opted-out.txt --reason unsubscribe --stream newsletter",
        "suppression add jane@example.com --reason soft-bounce --ttl 14d",
        "suppression add --domain example.com --subdomains",
    )
)
def add(
    addresses: AddressesIfAny = None,
    domains: Domains = None,
    subdomains: Subdomains = False,
    reason: AddReason = "manual",
    stream: AddStream = "",
    detail: Detail = "",
    ttl: Ttl = "",
    source: Source = "",
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    token: Token = "",
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    insecure: Insecure = False,
) -> None:
    """Add addresses to the list, or whole domains.

    Adding an address again is safe.
    """
    why, lifetime = parse_reason(reason), parse_duration(ttl)
    with client_of(server, token, tls_ca, tls_cert, tls_key, insecure) as client:

        def add_one(named: Named) -> None:
            done = client.suppress(
                **named.arguments,
                include_subdomains=subdomains,
                reason=why,
                stream=stream,
                source=source,
                detail=detail,
                ttl=lifetime,
            )
            if as_json:
                print_json(asdict(done))
            else:
                print_entry("added" if done.created else "already listed", done.suppression)

        for_each(addresses, add_one, domains=domains)


@app.command(
    epilog=examples(
        "suppression remove jane@example.com --detail 'mailbox is back'",
        "suppression remove jane@example.com --reason unsubscribe --stream newsletter",
        "suppression remove --domain example.com --detail 'they mail again'",
    )
)
def remove(
    addresses: AddressesIfAny = None,
    domains: Domains = None,
    reason: RemoveReason = "",
    stream: RemoveStream = None,
    detail: Detail = "",
    source: Source = "",
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    token: Token = "",
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    insecure: Insecure = False,
) -> None:
    """Remove addresses from the list, or domains.

    Feedback from before the removal does not add an address again; newer feedback does. An
    address whose domain is on the list stays suppressed.
    """
    why = parse_reason(reason) if reason else None
    with client_of(server, token, tls_ca, tls_cert, tls_key, insecure) as client:

        def remove_one(named: Named) -> None:
            done = client.unsuppress(
                **named.arguments, reason=why, stream=stream, source=source, detail=detail
            )
            if as_json:
                print_json(named.arguments | asdict(done))
                return
            for entry in done.removed:
                print_entry("removed", entry)
            if not done.removed:
                print_line("not listed", printable(named.text))

        for_each(addresses, remove_one, domains=domains)


@app.command(
    epilog=examples(
        "suppression show jane@example.com",
        "suppression show jane@example.com --json | jq .events",
    )
)
def show(
    addresses: AddressesIfAny = None,
    domains: Domains = None,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    token: Token = "",
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    insecure: Insecure = False,
) -> None:
    """Show the entries of addresses, removed ones included, and their feedback.

    The entries of domains that apply to an address are shown with it.
    """
    with client_of(server, token, tls_ca, tls_cert, tls_key, insecure) as client:

        def show_one(named: Named) -> None:
            history = client.get_address(**named.arguments)
            if as_json:
                print_json(named.arguments | asdict(history))
            else:
                print_history(named.text, history)

        for_each(addresses, show_one, domains=domains)


@app.command(
    epilog=examples(
        "suppression erase jane@example.com --detail 'request 4711'",
        "suppression erase - <requests.txt --yes",
    )
)
def erase(
    addresses: Addresses,
    detail: ErasureDetail = "",
    yes: Yes = False,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    token: Token = "",
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    insecure: Insecure = False,
) -> None:
    """Erase personal data. The addresses stay suppressed, but nobody can read them any more.

    This cannot be undone. Entries keep a keyed hash instead of the address. Feedback is
    deleted. Nothing is stored about an address that is not on the list.
    """
    if not yes:
        confirm_erasure(addresses)
    with client_of(server, token, tls_ca, tls_cert, tls_key, insecure) as client:

        def erase_one(named: Named) -> None:
            done = client.erase(named.text, detail=detail)
            if as_json:
                print_json(named.arguments | asdict(done))
                return
            counts = f"entries: {done.suppressions}", f"feedback: {done.events}"
            print_line("erased", printable(named.text), *counts)

        for_each(addresses, erase_one)
