"""The ``suppression-console`` command."""

import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated, Final

import typer

from suppression_console.server import CannotListen, run
from suppression_console.settings import (
    DEFAULT_LISTEN,
    DEFAULT_MAX_UPLOAD,
    DEFAULT_SERVER,
    Settings,
    SettingsError,
    networks,
    service_tls,
)

#: Exit statuses: a wrong flag or setting; a port that cannot be used.
EXIT_USAGE: Final = 2
EXIT_UNUSABLE: Final = 3

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": 100, "help_option_names": ["-h", "--help"]},
    help="Shows the list to people, as a web page.",
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"suppression-console {metadata.version('suppression-service')}")
        raise typer.Exit


@app.callback()
def _with_version(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None: ...


@app.command()
def serve(
    *,
    listen: Annotated[
        str,
        typer.Option(
            envvar="SUPPRESSION_CONSOLE_LISTEN", metavar="HOST:PORT", help="Where the page is."
        ),
    ] = DEFAULT_LISTEN,
    server: Annotated[
        str, typer.Option(envvar="SUPPRESSION_SERVER", metavar="HOST:PORT", help="The service.")
    ] = DEFAULT_SERVER,
    certificate: Annotated[
        Path | None,
        typer.Option(
            envvar="SUPPRESSION_CONSOLE_TLS_CERTIFICATE",
            help="PEM file with the certificate chain to present to browsers.",
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            envvar="SUPPRESSION_CONSOLE_TLS_KEY",
            help="PEM file with its private key.",
        ),
    ] = None,
    proxies: Annotated[
        str,
        typer.Option(
            envvar="SUPPRESSION_CONSOLE_PROXIES",
            metavar="NETWORKS",
            help="The proxies that terminate TLS in front of the console: IP addresses or "
            "networks, separated by commas. Requests of others are then refused.",
        ),
    ] = "",
    tls_ca: Annotated[
        Path | None,
        typer.Option(
            envvar="SUPPRESSION_TLS_CA",
            help="Use TLS to the service; PEM file of the authorities to trust.",
        ),
    ] = None,
    tls_cert: Annotated[
        Path | None,
        typer.Option(
            envvar="SUPPRESSION_TLS_CERT",
            help="Use mutual TLS to the service; PEM file of the client certificate.",
        ),
    ] = None,
    tls_key: Annotated[
        Path | None,
        typer.Option(
            envvar="SUPPRESSION_TLS_KEY", help="PEM file of the client certificate's key."
        ),
    ] = None,
    max_upload: Annotated[
        int,
        typer.Option(
            envvar="SUPPRESSION_CONSOLE_MAX_UPLOAD",
            metavar="MEGABYTES",
            min=1,
            help="The largest file that can be imported.",
        ),
    ] = DEFAULT_MAX_UPLOAD,
    upload_directory: Annotated[
        Path | None,
        typer.Option(
            envvar="SUPPRESSION_CONSOLE_UPLOAD_DIRECTORY",
            help="Where an uploaded file is kept until its import ends. [the temporary directory]",
        ),
    ] = None,
    log_format: Annotated[
        str,
        typer.Option(envvar="SUPPRESSION_LOG_FORMAT", help="console or json."),
    ] = "console",
) -> None:
    """Show the web page until SIGTERM or Ctrl-C.

    People sign in with a token of the service, and can do what its role permits. Beyond
    this machine the console insists on TLS, or on a proxy that terminates TLS.

    Example: suppression-console serve --listen 127.0.0.1:8090 --server 127.0.0.1:50051
    """
    settings = Settings(
        listen=listen,
        server=server,
        proxies=networks(proxies),
        certificate=certificate,
        key=key,
        service_tls=service_tls(tls_ca, tls_cert, tls_key),
        max_upload=max_upload,
        log_format=log_format,
        **({"upload_directory": upload_directory} if upload_directory else {}),
    )
    run(settings)


def main() -> None:
    """Run the command. An expected error is one line on standard error and an exit status."""
    try:
        app()
    except SettingsError as error:
        status, reason = EXIT_USAGE, str(error)
    except CannotListen as error:
        status, reason = EXIT_UNUSABLE, str(error)
    else:
        return
    typer.echo(f"suppression-console: {reason}", err=True)
    sys.exit(status)
