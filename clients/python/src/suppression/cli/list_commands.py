"""The commands list and export."""

import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from ..formats import EXPORTS, Export
from .calls import LongWork, transport_of, warn
from .filters import (
    ChangedAfter,
    ChangedBefore,
    CreatedAfter,
    CreatedBefore,
    Domain,
    Filter,
    Prefix,
    Reasons,
    Source,
    State,
    Stream,
)
from .options import (
    DEFAULT_SERVER,
    Insecure,
    Json,
    Server,
    TlsCa,
    TlsCert,
    TlsKey,
    Token,
    examples,
)
from .output import print_entries
from .progress import Progress
from .reading import BY_ADDRESS, NEWEST, PAGE, ConsistentList, pages
from .writing import Writer

app = typer.Typer()

_JSONL: Final = next(each for each in EXPORTS if each.name == "jsonl")


@app.command(
    "list",
    epilog=examples(
        "suppression list --reason complaint --created-after 7d",
        "suppression list --domain example.com --limit 0 --json | jq -r .address",
        "suppression list --prefix jane --state removed",
    ),
)
def list_(
    reasons: Reasons = [],  # noqa: B006 - typer copies it
    stream: Stream = None,
    source: Source = "",
    domain: Domain = "",
    prefix: Prefix = "",
    state: State = "",
    created_after: CreatedAfter = "",
    created_before: CreatedBefore = "",
    changed_after: ChangedAfter = "",
    changed_before: ChangedBefore = "",
    by_address: Annotated[
        bool, typer.Option("--by-address", help="Sort by address. [newest first]")
    ] = False,
    limit: Annotated[int, typer.Option(min=0, help="Entries to show; 0 for all.")] = 100,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    token: Token = "",
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    insecure: Insecure = False,
) -> None:
    """List the entries that match every flag.

    Prints the address or @domain, the reason, the stream, how long the entry holds, and when it
    was last seen. With --json the lines can be imported.
    """
    filter = Filter(  # noqa: A001 - as in the contract
        reasons,
        stream,
        source,
        domain,
        prefix,
        state,
        created_after,
        created_before,
        changed_after,
        changed_before,
    ).message()
    order = BY_ADDRESS if by_address else NEWEST
    with transport_of(server, token, tls_ca, tls_cert, tls_key, insecure) as transport:
        read = pages(LongWork(transport), filter, order, min(limit or PAGE, PAGE))
        entries = (entry for page in read for entry in page.suppressions)
        _print_limited(entries, limit, as_json=as_json)


def _print_limited(entries: Iterator[Any], limit: int, *, as_json: bool) -> None:
    for entry in islice(entries, limit or None):
        if as_json:
            typer.echo("".join(_JSONL.write([entry])), nl=False)
        else:
            print_entries([entry])
    if next(entries, None) is not None:
        warn(f"there are more than {limit:,} entries: see --limit")


def _export_of(name: str) -> Export:
    found = [each for each in EXPORTS if each.name == name]
    if not found:
        names = ", ".join(each.name for each in EXPORTS)
        raise typer.BadParameter(f"{name!r} is not one of {names}", param_hint="--format")
    return found[0]


@app.command(
    "export",
    epilog=examples(
        "suppression export --output list.jsonl.gz",
        "suppression export --format csv --reason complaint --state active >complaints.csv",
        "suppression export --format ses --output suppressed.csv",
        "suppression export --format sendgrid --stream newsletter",
    )
    + "\n\n\b\nFormats:\n"
    + "\n".join(f"  {each.name:<22} {each.title}" for each in EXPORTS),
)
def export(
    format_name: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="What to write; see below.")
    ] = "jsonl",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Write to this file, packed if it ends with .gz. SES's import files of 100,000 "
            "addresses are FILE, FILE-2, and so on. [standard output]",
        ),
    ] = None,
    reasons: Reasons = [],  # noqa: B006 - typer copies it
    stream: Stream = None,
    source: Source = "",
    domain: Domain = "",
    prefix: Prefix = "",
    state: State = "",
    created_after: CreatedAfter = "",
    created_before: CreatedBefore = "",
    changed_after: ChangedAfter = "",
    changed_before: ChangedBefore = "",
    server: Server = DEFAULT_SERVER,
    token: Token = "",
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    insecure: Insecure = False,
) -> None:
    """Write the entries that match every flag to a file, as of one revision.

    jsonl and csv hold everything and can be imported again without loss, removed and expired
    entries included. The formats of providers hold what is active now: entries for all mail, or
    with --stream those of that stream.

    The list is first copied to a temporary file, so that changes meanwhile can be applied.
    """
    chosen, now = _export_of(format_name), time.time()
    filter = Filter(  # noqa: A001 - as in the contract
        reasons,
        stream,
        source,
        domain,
        prefix,
        state,
        created_after,
        created_before,
        changed_after,
        changed_before,
    ).message()
    with (
        transport_of(server, token, tls_ca, tls_cert, tls_key, insecure) as transport,
        closing(ConsistentList(LongWork(transport), filter, now)) as entries,
    ):
        with Progress(None) as progress:
            entries.load(lambda count: progress.update(f"{count:,} entries read"))
        writer = Writer(chosen, output, now, stream or "")
        writer.write(entries.entries())
    _report_export(chosen, writer, entries.revision)


def _report_export(export: Export, writer: Writer, revision: str) -> None:
    where = f" to {', '.join(map(str, writer.files))}" if writer.files else ""
    warn(f"{writer.written:,} entries written{where}, as of revision {revision}")
    if writer.left_out:
        warn(f"{writer.left_out:,} entries were left out: {export.name} cannot hold them")
    if export.file_rows and not writer.files and writer.written > export.file_rows:
        warn(f"{export.name} takes {export.file_rows:,} entries a file: give --output")
