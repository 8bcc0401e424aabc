"""Publish an event to the local topic, as SES would.

python -m deploy.local.publish bounce jane@example.com
python -m deploy.local.publish bounce jane@example.com --type Transient --sub-type MailboxFull
python -m deploy.local.publish complaint jane@example.com --type not-spam --shape identity
"""

import json
import sys
import typing
from enum import StrEnum
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from deploy.local import events
from deploy.local.aws import StandIn
from deploy.local.folder import Endpoints
from deploy.local.settings import LocalSettings

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Publish an event to the local topic, as SES would.",
)


class Shape(StrEnum):
    """What publishes: a configuration set or an identity. Their JSON differs."""

    CONFIGURATION_SET = "configuration-set"
    IDENTITY = "identity"


Addresses = Annotated[
    list[str], typer.Argument(metavar="ADDRESS…", help="recipients that the event names")
]
SubType = Annotated[str | None, typer.Option(help="SES's sub-type, such as NoEmail")]
AsShape = Annotated[Shape, typer.Option(help="which of SES's two JSON formats")]
FeedbackId = Annotated[str, typer.Option(help="to repeat an event; default: a new id")]


@app.command()
def bounce(
    addresses: Addresses,
    type_: Annotated[
        str, typer.Option("--type", help="Permanent, Transient or Undetermined")
    ] = "Permanent",
    sub_type: SubType = "General",
    status: Annotated[str, typer.Option(help="the enhanced status code (RFC 3463)")] = "5.1.1",
    feedback_id: FeedbackId = "",
    shape: AsShape = Shape.CONFIGURATION_SET,
) -> None:
    """Publish a bounce: mail could not be delivered."""
    event = events.bounce(
        *addresses,
        type_=type_,
        sub_type=sub_type or "",
        status=status,
        feedback_id=feedback_id,
        shape=shape.value,
    )
    _publish(event, f"bounce ({type_}/{sub_type})", addresses)


@app.command()
def complaint(
    addresses: Addresses,
    type_: Annotated[
        str, typer.Option("--type", help="abuse, fraud, virus, not-spam, auth-failure or other")
    ] = "abuse",
    sub_type: SubType = None,
    feedback_id: FeedbackId = "",
    shape: AsShape = Shape.CONFIGURATION_SET,
) -> None:
    """Publish a complaint: a recipient reported mail as spam."""
    event = events.complaint(
        *addresses,
        type_=type_,
        sub_type=sub_type,
        feedback_id=feedback_id,
        shape=shape.value,
    )
    _publish(event, f"complaint ({type_})", addresses)


def _publish(event: events.Event, kind: str, addresses: list[str]) -> None:
    try:
        endpoints = Endpoints.read(LocalSettings.read().folder)
    except FileNotFoundError:
        _fail("no system runs here; start one with 'make up' in another terminal")
    if not endpoints.topic_arn:
        _fail(
            "the running system uses the real AWS; instead, send mail to "
            "bounce@simulator.amazonses.com through your configuration set"
        )
    try:
        # No Subject: moto leaves it out of what it signs.
        StandIn(endpoints.endpoint_url).sns.publish(
            TopicArn=endpoints.topic_arn, Message=json.dumps(event)
        )
    except (BotoCoreError, ClientError) as error:
        _fail(f"the stand-in for SNS does not answer: {type(error).__name__}")
    typer.echo(f"published a {kind} of {', '.join(addresses)}")


def _fail(reason: str) -> typing.NoReturn:
    typer.echo(f"publish: {reason}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    app(prog_name="publish")
