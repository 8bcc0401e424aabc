"""``suppression-ingest doctor``."""

import contextlib
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from suppression_ingest.aws.session import ATTEMPTS_TO_READ, Aws
from suppression_ingest.deployment import doctor, probe
from suppression_ingest.deployment.deployment import Deployment
from suppression_ingest.deployment.settings import AwsSettings
from suppression_service.config import SettingsError, with_settings


@with_settings(
    AwsSettings,
    "configuration_set",
    "queue_url",
    "topic_arns",
    "database_url",
    "verify_signatures",
    "wait_seconds",
)
def doctor_command(
    settings: AwsSettings,
    send_probe: Annotated[
        bool, typer.Option("--probe", help="send a message that bounces, and follow the bounce")
    ] = False,
    sender: Annotated[
        str, typer.Option("--from", help="a verified address to send the probe from")
    ] = "",
    probe_seconds: Annotated[
        int, typer.Option(min=1, help="how long to wait for its bounce")
    ] = probe.TIMEOUT_SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON, for scripts")] = False,
) -> None:
    """Go through the deployment checklist, with the settings that the worker starts with.

    Exit status: 0 if all is as it should be, 1 if something failed, 3 if nothing failed
    and something could not be told (no permission, not reachable). Nothing is changed;
    --probe sends one message to SES's mailbox simulator, which harms no reputation, and
    needs a worker that runs.

    \b
    Examples:
      suppression-ingest doctor
      suppression-ingest doctor --probe --from news@example.com
      suppression-ingest doctor --json | jq '.checks[] | select(.status != "pass")'
    """  # noqa: D301 - a real backspace, by which click keeps lines apart
    if send_probe and not sender:
        raise SettingsError("--probe needs --from: a verified address to send it from")
    deployment = Deployment(settings, lambda: Aws.connect(ATTEMPTS_TO_READ))
    with contextlib.closing(deployment):
        results = _examined(deployment, quiet=as_json)
        if send_probe:
            results.append(_probed(deployment, sender, probe_seconds))
            _tell(results[-1], quiet=as_json)
    typer.echo(doctor.as_json(results) if as_json else doctor.summary_of(results))
    raise typer.Exit(doctor.exit_status(results))


def _examined(deployment: Deployment, *, quiet: bool) -> list[doctor.Checked]:
    results = []
    for result in doctor.examine(deployment):
        _tell(result, quiet=quiet)
        results.append(result)
    return results


def _tell(result: doctor.Checked, *, quiet: bool) -> None:
    if not quiet:
        for line in doctor.lines_of(result, sys.stdout.encoding):
            typer.echo(line)


def _probed(deployment: Deployment, sender: str, seconds: int) -> doctor.Checked:
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("waiting for the bounce"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as p:
        task = p.add_task("")
        asked = probe.Probe(
            deployment, sender, seconds, waited=lambda s: p.update(task, completed=s)
        )
        return doctor.Checked("probe", doctor.result_of(asked.run))
