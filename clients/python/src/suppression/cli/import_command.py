"""The command import."""

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated, Final

import typer

from ..formats import FORMATS, FileError, Format
from .calls import WRONG_USAGE, LongWork, fail, transport_of, warn
from .import_files import ImportFiles, Refused, size_of
from .importing import Counts, Importer
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
    parse_reason,
)
from .output import print_line
from .progress import Progress

SOME_REFUSED: Final = 1

app = typer.Typer()


def _format_of(name: str) -> Format | None:
    found = [each for each in FORMATS if each.name == name]
    if name and not found:
        names = ", ".join(each.name for each in FORMATS)
        raise typer.BadParameter(f"{name!r} is not one of {names}", param_hint="--format")
    return found[0] if found else None


@app.command(
    "import",
    epilog=examples(
        "suppression import suppression_bounces.csv --dry-run",
        "suppression import audience_export.zip --errors refused.csv",
        "suppression import refused.csv --errors still-refused.csv",
        "aws sesv2 list-suppressed-destinations | suppression import -",
        "suppression import bounces.json.gz --format mailgun-bounces --stream news",
    )
    + "\n\n\b\nFormats, told apart by their columns:\n"
    + "\n".join(f"  {each.name:<22} {each.title}" for each in FORMATS),
)
def import_(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE", help="CSV or JSON, plain, gzip or zip; - is standard input."
        ),
    ],
    format_name: Annotated[
        str,
        typer.Option(
            "--format", metavar="FORMAT", help="What the files are. [told from their columns]"
        ),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; say what would happen.")
    ] = False,
    errors: Annotated[
        Path | None,
        typer.Option(
            help="Write rows that cannot be used to this new CSV file. Mend them, and import it."
        ),
    ] = None,
    resume: Annotated[
        int,
        typer.Option(
            min=0, metavar="ROWS", help="Go on after these rows, as an import that broke off says."
        ),
    ] = 0,
    restore_removed: Annotated[
        bool,
        typer.Option(
            "--restore-removed", help="Bring back entries that were removed after their rows."
        ),
    ] = False,
    reason: Annotated[
        str, typer.Option(metavar="REASON", help="Of all rows, instead of that in the files.")
    ] = "",
    stream: Annotated[
        str | None, typer.Option(help="Of all rows, instead of that in the files; '' for all mail.")
    ] = None,
    source: Annotated[str, typer.Option(help="Of all rows, instead of the provider's name.")] = "",
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    token: Token = "",
    tls_ca: TlsCa = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    insecure: Insecure = False,
) -> None:
    """Add the entries of files to the list: of every provider's export, and of our own.

    Entries keep their times, reasons, streams and expiries. Importing a file again is safe. An
    import weakens nothing that is on the list, and brings back nothing that was removed later.

    Prints how many rows had which result. Exits with 1 if rows cannot be used.
    """
    format = _format_of(format_name)  # noqa: A001 - as in the package
    replace = {} if stream is None else {"stream": stream}
    if reason:
        replace["reason"] = parse_reason(reason).name
    if source:
        replace["source"] = source
    with (
        transport_of(server, token, tls_ca, tls_cert, tls_key, insecure) as transport,
        closing(Refused(errors, goes_on=resume > 0)) as refused,
        Importer(
            LongWork(transport),
            refused.add,
            restore_removed=restore_removed,
            dry_run=dry_run,
            done=resume,
        ) as importer,
        Progress(size_of(files)) as progress,
    ):
        imports = ImportFiles(importer, progress, format, replace)
        try:
            for file in files:
                imports.take(file)
        except FileError as error:
            fail(f"{error}; {importer.counts.rows:,} rows are done", WRONG_USAGE)
        except BaseException:
            _say_how_to_go_on(importer.counts)
            raise
    _print_counts(importer.counts, dry_run=dry_run, as_json=as_json)
    _end_import(importer.counts, imports, errors)


def _say_how_to_go_on(counts: Counts) -> None:
    if counts.rows:
        warn(f"{counts.rows:,} rows are done: to go on, add --resume {counts.rows}")


def _print_counts(counts: Counts, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        skipped = {"skipped": dict(counts.skipped)} if counts.skipped else {}
        typer.echo(json.dumps({"dry_run": dry_run, **counts.outcomes, **skipped}))
        return
    would = "would be " if dry_run else ""
    for outcome, number in counts.outcomes.most_common():
        print_line(f"{would if outcome != 'already there' else ''}{outcome}", f"{number:,}")
    for why, number in counts.skipped.most_common():
        print_line("skipped", f"{number:,}", why)


def _end_import(counts: Counts, imports: ImportFiles, errors: Path | None) -> None:
    if counts.refused and errors:
        warn(f"{counts.refused:,} rows are in {errors}: mend them there, and import that file")
    elif counts.refused:
        warn(f"{counts.refused:,} rows cannot be used: --errors FILE writes them to a file")
    if counts.outcomes["kept removed"]:
        warn("what was removed after its row stays removed: see --restore-removed")
    if imports.unknown and not imports.known:
        raise typer.Exit(WRONG_USAGE)
    if counts.refused or imports.unknown:
        raise typer.Exit(SOME_REFUSED)
