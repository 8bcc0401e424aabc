"""``suppression-ingest sync``."""

import contextlib
import datetime as dt
import json
from pathlib import Path
from typing import Annotated, Final

import structlog
import typer

from suppression_ingest.account_list.account_list import Throttle
from suppression_ingest.account_list.accounts import Accounts
from suppression_ingest.account_list.differences import Difference
from suppression_ingest.account_list.options import Options, RemovedAtSes, RemovedHere
from suppression_ingest.account_list.output import AddressFile, Output, as_json
from suppression_ingest.account_list.rounds import Result, Rounds
from suppression_ingest.account_list.settings import SYNC, SyncSettings, seconds_of
from suppression_ingest.metrics.sync import SyncMetrics
from suppression_ingest.signals import Stopped, StopSignal
from suppression_service.config import EXIT_UNUSABLE, SettingsError, with_settings
from suppression_service.logs import set_up_logs
from suppression_service.store import Store
from suppression_service.telemetry.port import metrics_port

#: Exit status: the lists of a report differ, or SES refuses addresses, or removals were held
#: back; or the run was interrupted.
EXIT_DIFFERENT: Final = 1
EXIT_INTERRUPTED: Final = 130

_log = structlog.get_logger(__name__)


@with_settings(SyncSettings, *SYNC)
def sync_command(
    settings: SyncSettings,
    since: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="pull only what SES listed since this day (UTC)"),
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="do not continue an interrupted run")
    ] = False,
    report: Annotated[
        bool, typer.Option("--report", help="say how the lists differ, and change neither")
    ] = False,
    as_document: Annotated[
        bool, typer.Option("--json", help="one JSON document, for programs")
    ] = False,
    show: Annotated[
        int, typer.Option(min=0, help="name that many addresses of each difference, masked")
    ] = 0,
    addresses: Annotated[
        Path | None, typer.Option(help="write every address that differs to this CSV file")
    ] = None,
) -> None:
    """Synchronise the list with SES's own suppression lists, both ways.

    Adds what SES has and our list lacks, and writes to SES the hard bounces and complaints
    that it lacks. What was removed on one side stays as it is on the other, unless
    --removed-here or --removed-at-ses say otherwise. The list of the account is compared
    with entries for all mail, that of each tenant in SUPPRESSION_TENANT_STREAMS with those of its
    stream.

    SES allows one request a second: reading takes a second for a thousand entries, writing a
    second each. An interrupted run continues where it stopped.

    Ends with 1 if the lists of a report differ, if SES refuses addresses or if removals were
    held back, and with 3 if a list could not be synchronised.

    \b
    Examples:
      suppression-ingest sync --report --show 10
      suppression-ingest sync
      suppression-ingest sync --direction pull --since 2026-01-31
      suppression-ingest sync --every 1h --removed-here remove --removed-at-ses remove
      suppression-ingest sync --ses-accounts eu-west-1,us-east-1 --report --json
    """  # noqa: D301 - a real backspace, by which click keeps lines apart
    set_up_logs(settings.log_format)
    options = Options(
        direction=settings.sync_direction,
        removed_here=settings.sync_removed_here,
        removed_at_ses=settings.sync_removed_at_ses,
        limit=settings.sync_limit,
        max_removals=settings.sync_max_removals,
        since=since.replace(tzinfo=dt.UTC) if since else None,
        restart=restart,
        dry=report,
    )
    _require_sense(options)
    seconds = seconds_of(settings.sync_every)
    if seconds and (as_document or addresses or show or restart or since):
        raise SettingsError(
            "--every logs counts: not with --json, --addresses, --show, --restart or --since"
        )
    output = Output(options, show)
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(contextlib.closing(Store.open(settings.database_url)))
        stop = stack.enter_context(StopSignal().on_signals())
        if addresses:
            output.file = stack.enter_context(AddressFile(addresses))
        accounts = Accounts(settings, lambda: Throttle(1 / settings.sync_rate, sleep=stop.sleep))
        rounds = Rounds(store, accounts, options, output.callbacks, stop)
        if seconds:
            _repeat(rounds, seconds, settings.metrics_listen)
        else:
            raise typer.Exit(_once(rounds, output, as_document=as_document))


def _require_sense(options: Options) -> None:
    """Refuse options that contradict each other.

    Raises:
        SettingsError: some do.
    """
    if options.since and (options.pushes or options.dry):
        raise SettingsError("--since reads a part of SES's list: only with --direction pull")
    if options.removed_here is not RemovedHere.KEEP and not options.pushes:
        raise SettingsError("--removed-here remove changes SES's list: not with --direction pull")
    if options.removed_at_ses is RemovedAtSes.REMOVE and not options.pulls:
        raise SettingsError("--removed-at-ses remove changes our list: not with --direction push")
    if options.removed_at_ses is RemovedAtSes.RESTORE and not options.pushes:
        raise SettingsError(
            "--removed-at-ses restore changes SES's list: not with --direction pull"
        )


def _once(rounds: Rounds, output: Output, *, as_document: bool) -> int:
    """Run one round, print what became of each list, and return the exit status."""
    results: list[Result] = []
    try:
        with output.progress():
            for result in rounds.once():
                results.append(result)
                if not as_document:
                    output.print(result)
    except Stopped:
        typer.echo("stopped; run it again to continue where it stopped", err=True)
        return EXIT_INTERRUPTED
    if as_document:
        typer.echo(json.dumps(as_json(results, output.examples), indent=2))
    if any(result.error for result in results):
        return EXIT_UNUSABLE
    return EXIT_DIFFERENT if any(map(output.needs_attention, results)) else 0


def _repeat(rounds: Rounds, seconds: int, metrics_listen: str) -> None:
    """Run rounds until a signal comes; log what became of each list."""
    metrics = SyncMetrics()

    def done(result: Result) -> None:
        changes = result.counts.changes()
        if result.error:
            metrics.failed(result.name)
            _log.warning("not synchronised", list=result.name, cause=result.error, **changes)
            return
        differing = {how.name.lower(): result.counts.differing[how] for how in Difference}
        metrics.finished(result.name, differing, changes)
        total = result.counts.differing.total()
        _log.info(
            "synchronised", list=result.name, read=result.counts.read, differing=total, **changes
        )

    with contextlib.ExitStack() as stack:
        if metrics_listen:
            stack.enter_context(metrics_port(metrics_listen, metrics))
        stack.enter_context(contextlib.suppress(Stopped))
        rounds.repeat(seconds, done)
