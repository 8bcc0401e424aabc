"""``suppression-ingest provision``."""

import shlex
from typing import Annotated

import typer

from suppression_ingest.aws.session import Aws
from suppression_ingest.deployment.names import DEFAULT_NAME, Names
from suppression_ingest.deployment.plan import Mark
from suppression_ingest.deployment.provision import Options, Provision
from suppression_ingest.deployment.settings import AwsSettings
from suppression_ingest.errors import AwsError
from suppression_service.config import SettingsError, with_settings


@with_settings(AwsSettings, "configuration_set")
def provision_command(
    settings: AwsSettings,
    name: Annotated[
        str, typer.Option(help="what topic, queues, destination and alarms are called by")
    ] = DEFAULT_NAME,
    raw_delivery: Annotated[
        bool, typer.Option("--raw-delivery", help="deliver without SNS's envelope and signature")
    ] = False,
    alarm_topic_arn: Annotated[
        list[str] | None,
        typer.Option(help="SNS topic to tell when an alarm rings; may be given several times"),
    ] = None,
    reset_alarms: Annotated[
        bool, typer.Option("--reset-alarms", help="put back alarms that were tuned by hand")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show the plan only")] = False,
) -> None:
    """Create the wiring in AWS, or complete what is there of it.

    Shows a plan, a line for each part: + is created, ~ is changed, = is as it should be,
    ! is left for you to look at. What exists is never weakened, so this may be run again
    at any time. Afterwards standard output has the settings to start the worker with.

    \b
    Examples:
      suppression-ingest provision --configuration-set transactional --dry-run
      suppression-ingest provision --configuration-set transactional > settings.sh
    """  # noqa: D301 - a real backspace, by which click keeps lines apart
    if not settings.configuration_set:
        raise SettingsError(
            "SUPPRESSION_CONFIGURATION_SET is not set: name the configuration set to send through"
        )
    aws = Aws.connect()
    names = Names.of(aws, name, settings.configuration_set)
    topics = alarm_topic_arn or []
    if names.topic_arn in topics:
        raise SettingsError("--alarm-topic-arn: the topic of the feedback is for SES alone")
    options = Options(raw_delivery=raw_delivery, alarm_topics=topics, reset_alarms=reset_alarms)
    _provide(Provision(aws, names, options), dry_run=dry_run)


def _provide(provision: Provision, *, dry_run: bool) -> None:
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
                raise AwsError(f"{error}\nwhat came before is done; run this again") from error
    if any(step.mark is Mark.WARN for step in steps):
        typer.echo("! look at the lines that begin with !", err=True)
    for name, value in provision.settings().items():
        typer.echo(f"export {name}={shlex.quote(value)}")
