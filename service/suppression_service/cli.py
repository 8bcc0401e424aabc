"""The ``suppression-service`` command."""

import contextlib
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import structlog
import typer
from sqlalchemy import make_url

from suppression_service.config import SettingsError, command_line, run, with_settings
from suppression_service.logs import set_up_logs
from suppression_service.net import AddressTaken, host_and_port, is_loopback, reserved_address
from suppression_service.server.auth import Role, TokenFile, append_token, new_token
from suppression_service.server.processes import Supervisor, SupervisorMetrics
from suppression_service.server.settings import ServiceSettings
from suppression_service.server.transport.envoy import launch
from suppression_service.store import Store, StoreError, StoreUnavailable
from suppression_service.store.engine import open_engine
from suppression_service.store.migrate import migrate as migrate_schema
from suppression_service.telemetry.aggregate import Aggregate
from suppression_service.telemetry.certificate import CertificateMetrics
from suppression_service.telemetry.port import metrics_port

_EXIT_NOT_SERVING: Final = 1

_log = structlog.get_logger()

app = command_line("Answers over gRPC whether an address may be mailed.")

token_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Make tokens for callers."
)
app.add_typer(token_app, name="token")


@app.command()
@with_settings(ServiceSettings)
def serve(settings: ServiceSettings) -> None:
    """Answer checks until SIGTERM or Ctrl-C, then drain and stop.

    Each process holds the whole list in memory and follows the database. Beyond
    this machine the server insists on TLS.

    Example: suppression-service serve --listen 127.0.0.1:50051 --processes 2
    """
    set_up_logs(settings.log_format)
    # Checked once here instead of in every process.
    if settings.tracing and importlib.util.find_spec("opentelemetry") is None:
        raise SettingsError("SUPPRESSION_TRACING: install suppression-service[otel] for it")
    if settings.token_file:
        TokenFile(settings.token_file)
    elif not is_loopback(settings.listen) and not settings.tls_client_ca:
        typer.echo(
            "suppression-service: no --token-file and no --tls-client-ca: whoever reaches "
            f"{settings.listen} may change the list",
            err=True,
        )
    _check_database(settings.database_url)
    settings = settings.model_copy(update={"transport": _transport(settings)})
    with _health_reserved(settings) as settled, reserved_address(settings.listen) as listen:
        typer.echo(f"suppression-service listens on {listen}", err=True)
        raise typer.Exit(_supervise(settled, listen))


def _transport(settings: ServiceSettings) -> str:
    """Return which transport answers the calls.

    Raises:
        SettingsError: the one that the settings name cannot run here.
    """
    if settings.transport == "grpcio" or not (reason := launch.why_not()):
        return "grpcio" if settings.transport == "grpcio" else "envoy"
    if settings.transport == "envoy":
        raise SettingsError(f"SUPPRESSION_TRANSPORT is envoy, but {reason}")
    _log.warning("grpcio answers the calls, which is slower than Envoy", reason=reason)
    return "grpcio"


def _check_database(url: str) -> None:
    """Check once, not in every process, whether the database can be used.

    A database that is only away does not keep the server from starting: its processes answer
    from their snapshot, or wait. A SQLite file that cannot be read is a mistake in the URL.

    Raises:
        StoreError: it cannot be used; the message says what to do.
    """
    try:
        Store.open(url).close()
    except StoreUnavailable as error:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and not os.access(parsed.database or "", os.R_OK):
            raise
        _log.warning("database away; starting without it", error=str(error))


def _supervise(settings: ServiceSettings, listen: str) -> int:
    """Run the processes, and show metrics if there is a port for them; return the exit status."""
    if not settings.metrics_listen:
        return Supervisor(settings, listen).run()
    aggregate = Aggregate()
    with aggregate.listening() as path:
        supervisor = Supervisor(settings, listen, path)
        own = SupervisorMetrics(settings, supervisor)
        file = settings.tls_certificate
        certificate = CertificateMetrics(file.read_bytes if file else None)
        with metrics_port(settings.metrics_listen, aggregate, own, certificate):
            return supervisor.run()


@contextlib.contextmanager
def _health_reserved(settings: ServiceSettings) -> Iterator[ServiceSettings]:
    """Reserve the address for health checks, if there is one; yield settings with its port."""
    if not settings.health_listen:
        yield settings
        return
    with reserved_address(settings.health_listen) as listen:
        typer.echo(f"suppression-service answers health checks on {listen}", err=True)
        yield settings.model_copy(update={"health_listen": listen})


@app.command()
@with_settings(ServiceSettings, "database_url")
def migrate(settings: ServiceSettings) -> None:
    """Bring the database's schema to the one that this program knows.

    Safe to repeat, and to run from several places at once: on PostgreSQL the others wait, on
    SQLite they give up after 5 s.
    """
    before, after = migrate_schema(open_engine(settings.database_url, create=True))
    typer.echo(f"schema at {after}" if before == after else f"schema {before or 'new'} -> {after}")


@app.command()
@with_settings(ServiceSettings, "listen", "health_listen")
def health(settings: ServiceSettings) -> None:
    """Ask the server of this machine whether it answers checks.

    Prints SERVING, or what it is instead; the exit status is 0 or 1. Asks at
    health_listen, or at listen where that is without TLS.

    Example: suppression-service health --listen 127.0.0.1:50051
    """
    from suppression_service.server.probe import ask  # other commands do not need grpc

    if settings.tls_certificate and not settings.health_listen:
        raise SettingsError(
            "SUPPRESSION_HEALTH_LISTEN is not set, and SUPPRESSION_LISTEN is behind TLS"
        )
    status = ask(settings.health_listen or settings.listen)
    typer.echo(status)
    if status != "SERVING":
        raise typer.Exit(_EXIT_NOT_SERVING)


@app.command()
@with_settings(ServiceSettings, "database_url")
def restored(settings: ServiceSettings) -> None:
    """Declare that the database was restored, and may lack what its users have seen.

    Run it after each restore of a backup, and after a fail-over that can have lost
    commits. It gives the database another name: servers load the list anew, and
    revisions from before are refused instead of being mistaken for later ones. Checks
    go on meanwhile.
    """
    with contextlib.closing(Store.open(settings.database_url)) as store:
        before, after = store.change_database_id()
    typer.echo(f"database {before} is now {after}; revisions of {before} are refused")


@token_app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="who gets it, such as newsletter")],
    role: Annotated[str, typer.Option(help="check, read, write or admin")] = "check",
    file: Annotated[
        Path | None, typer.Option(help="the server's token file, to add the token's line to")
    ] = None,
) -> None:
    """Make a token and print it, this once.

    The server keeps only a hash, in the file that SUPPRESSION_TOKEN_FILE names.
    "check" may ask; "write" may suppress and read as well; "admin" may remove and erase, too.
    Several tokens may have one name: add the new one, hand it out, then take the old
    line away. Servers see a changed file within a second.

    Example: suppression-service token new newsletter --role check --file tokens
    """
    if role.upper() not in Role.__members__:
        raise SettingsError("--role: give check, read, write or admin")
    text, token = new_token(name, Role[role.upper()])
    if file is None:
        typer.echo(f"add this line to the token file: {token}", err=True)
    else:
        append_token(file, token)
    typer.echo(text)


def _of_this_machine(listen: str) -> str:
    try:
        loopback = is_loopback(host_and_port(listen))
    except ValueError:
        loopback = False
    if not loopback:
        raise typer.BadParameter("give HOST:PORT of this machine, such as 127.0.0.1:0")
    return listen


@app.command("testserver")
def serve_tests(
    listen: Annotated[
        str, typer.Option(help="HOST:PORT to answer gRPC on", callback=_of_this_machine)
    ] = "127.0.0.1:0",
    control: Annotated[
        str, typer.Option(help="HOST:PORT to take control requests on", callback=_of_this_machine)
    ] = "127.0.0.1:0",
) -> None:
    """Be a server for the tests of clients, until SIGTERM or Ctrl-C.

    Lists are in memory; each bearer token has its own, empty at first. What shall go
    wrong is told through the control port, in HTTP and JSON. Reachable from this
    machine only; a port of 0 is a free one. Prints "control on HOST:PORT", then, once
    it is ready, "listening on HOST:PORT".
    """
    from suppression_service.testserver.server import run as serve_lists

    serve_lists(listen, control, typer.echo)


def main() -> None:
    """Run the command."""
    # For commands without a log setting: without this, logs would mix with their results.
    set_up_logs("console")
    run(app, "suppression-service", (StoreError, AddressTaken))
