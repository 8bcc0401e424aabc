"""``suppression-ingest provision`` and ``suppression-ingest doctor``."""

import contextlib
import shlex
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from suppression_ingest.aws.session import ATTEMPTS_TO_READ, Aws
from suppression_ingest.deployment import doctor, probe
from suppression_ingest.deployment.deployment import AwsSettings, Deployment
from suppression_ingest.deployment.names import DEFAULT_NAME, Names
from suppression_ingest.deployment.plan import Mark
from suppression_ingest.deployment.provision import Options, Provision
from suppression_ingest.errors import AwsError
from suppression_service.config import SettingsError, with_settings


@with_settings(AwsSettings, "configuration_set", "via")
def provision_command(
    settings: AwsSettings,
    name: Annotated[
        str, typer.Option(help="prefix of the names of topic, queues, destination and alarms")
    ] = DEFAULT_NAME,
    raw_delivery: Annotated[
        bool, typer.Option("--raw-delivery", help="deliver without SNS's envelope and signature")
    ] = False,
    alarm_topic_arn: Annotated[
        list[str] | None,
        typer.Option(help="SNS topic to notify when an alarm rings; may be given several times"),
    ] = None,
    reset_alarms: Annotated[
        bool, typer.Option("--reset-alarms", help="reset alarms that were tuned by hand")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show the plan")] = False,
) -> None:
    """Create the wiring in AWS, or complete what exists of it.

    Prints a plan, a line for each part: + is created, ~ is changed, = is as it should be,
    ! needs your attention. Nothing that exists is weakened, so you can run this again at
    any time. Afterwards it prints the settings of the worker on standard output.

    \b
    Examples:
      suppression-ingest provision --configuration-set transactional --dry-run
      suppression-ingest provision --configuration-set transactional > settings.sh
      suppression-ingest provision --configuration-set transactional --via eventbridge
    """  # noqa: D301 - a real backspace, by which click keeps lines apart
    if not settings.configuration_set:
        raise SettingsError(
            "SUPPRESSION_CONFIGURATION_SET is not set: name the configuration set to send through"
        )
    aws = Aws.connect()
    names = Names.of(aws, name, settings.configuration_set)
    topics = alarm_topic_arn or []
    if names.topic_arn in topics:
        raise SettingsError("--alarm-topic-arn: the topic of the feedback is only for SES")
    if settings.via == "eventbridge" and raw_delivery:
        raise SettingsError("--raw-delivery is for --via sns: EventBridge has no envelopes")
    options = Options(
        settings.via, raw_delivery=raw_delivery, alarm_topics=topics, reset_alarms=reset_alarms
    )
    _carry_out(Provision(aws, names, options), dry_run=dry_run)


def _carry_out(provision: Provision, *, dry_run: bool) -> None:
    steps = provision.plan()
    if dry_run:
        for step in steps:
            typer.echo(str(step))
        work = sum(step.act is not None for step in steps)
        typer.echo(f"{work} to do" if work else "nothing to do")
        return
    # Standard output is for the settings alone.
    for step in steps:
        typer.echo(str(step), err=True)
        if step.act:
            try:
                step.act()
            except AwsError as error:
                raise AwsError(f"{error}\nthe steps before it are done; run this again") from error
    if any(step.mark is Mark.WARN for step in steps):
        typer.echo("! check the lines that begin with !", err=True)
    for name, value in provision.settings().items():
        typer.echo(f"export {name}={shlex.quote(value)}")


@with_settings(
    AwsSettings,
    "configuration_set",
    "via",
    "queue_url",
    "topic_arns",
    "database_url",
    "verify_signatures",
    "wait_seconds",
)
def doctor_command(
    settings: AwsSettings,
    send_probe: Annotated[
        bool, typer.Option("--probe", help="send a message that bounces, and wait for the bounce")
    ] = False,
    sender: Annotated[
        str, typer.Option("--from", help="a verified address to send the probe from")
    ] = "",
    probe_seconds: Annotated[
        int, typer.Option(min=1, help="how long to wait for its bounce")
    ] = probe.TIMEOUT_SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON, for scripts")] = False,
) -> None:
    """Check the deployment, with the settings of the worker.

    Exit status: 0 if all checks passed, 1 if some failed, 3 if none failed and some could
    not be made (no permission, not reachable). Nothing is changed. --probe sends one
    message to SES's mailbox simulator, which harms no reputation, and needs a running
    worker.

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
            _print(results[-1], quiet=as_json)
    typer.echo(doctor.as_json(results) if as_json else doctor.summary_of(results))
    raise typer.Exit(doctor.exit_status(results))


def _examined(deployment: Deployment, *, quiet: bool) -> list[doctor.Checked]:
    results = []
    for result in doctor.examine(deployment):
        _print(result, quiet=quiet)
        results.append(result)
    return results


def _print(result: doctor.Checked, *, quiet: bool) -> None:
    if not quiet:
        for line in doctor.lines_of(result, sys.stdout.encoding):
            typer.echo(line)


def _probed(deployment: Deployment, sender: str, seconds: int) -> doctor.Checked:
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("waiting for the bounce"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as p:
        task = p.add_task("")
        sent = probe.Probe(deployment, sender, seconds, lambda s: p.update(task, completed=s))
        return doctor.Checked("probe", doctor.result_of(sent.run))
