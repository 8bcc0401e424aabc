"""``suppression-ingest dead-letters``."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Self

import typer
from pydantic import AfterValidator, Field, model_validator

from suppression_ingest.aws.dead_letter_queue import DeadLetterQueue
from suppression_ingest.dead_letters.explanation import Explanation, explain
from suppression_ingest.dead_letters.export import save
from suppression_ingest.dead_letters.redrive import redrive
from suppression_ingest.settings import IngestSettings, http_url
from suppression_ingest.wiring import opened_authentication
from suppression_service.config import SettingsError, with_settings

#: Exit status: there are dead letters, or some are left.
EXIT_SOME: Final = 1


class DeadLetterSettings(IngestSettings):
    """Settings of ``suppression-ingest dead-letters``."""

    dead_letter_queue_url: Annotated[
        str,
        AfterValidator(http_url),
        Field(description="the dead-letter queue; empty: the one that the queue names"),
    ] = ""

    @model_validator(mode="after")
    def _queue_is_named(self) -> Self:
        if not (self.queue_url or self.dead_letter_queue_url):
            raise ValueError(
                "SUPPRESSION_QUEUE_URL is not set: say which queue's dead letters are meant"
            )
        return self


app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="""List the messages in the dead-letter queue, send them back, or save them.

    The queue is found through the redrive policy of --queue-url, or named by
    --dead-letter-queue-url.
    """,
)


_QUEUES: Final = ("queue_url", "dead_letter_queue_url")
_AsJson = Annotated[bool, typer.Option("--json", help="print one JSON document, for programs")]


@app.command("list")
@with_settings(
    DeadLetterSettings, *_QUEUES, "topic_arns", "verify_signatures", "certificate_endpoint"
)
def list_command(
    settings: DeadLetterSettings,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="messages at most")] = 100,
    as_json: _AsJson = False,
) -> None:
    """Show why each message is there, with its addresses masked.

    Every message goes through the worker's own steps, and nothing is stored. "accepted"
    means that the worker would accept it now. Messages are hidden from others meanwhile,
    and released at once; each list adds one to their receive counts.

    Exit status: 0 if there are none, 1 if there are some.

    \b
    Examples:
      suppression-ingest dead-letters list --queue-url https://sqs.eu-west-1.amazonaws.com/…/ses
      suppression-ingest dead-letters list --json | jq '.messages[].result'
    """  # noqa: D301 - a real backspace, by which click keeps lines apart
    queue = _queue(settings)
    waiting = queue.count()
    with opened_authentication(settings) as authenticate, queue.borrowed(limit) as borrowed:
        explanations = [explain(letter, authenticate) for letter in borrowed]
    left = max(0, waiting - len(explanations))
    _print(explanations, left, as_json=as_json)
    if explanations or left:
        raise typer.Exit(EXIT_SOME)


@app.command("redrive")
@with_settings(DeadLetterSettings, *_QUEUES)
def redrive_command(settings: DeadLetterSettings, as_json: _AsJson = False) -> None:
    """Send all messages back to the queue that they came from, for the worker to try again.

    Fix the cause first: "dead-letters list" says what it is. SQS moves the messages itself
    (StartMessageMoveTask); the command waits until it is done. Stand-ins of SQS have no
    move tasks: there each message is sent and, once that is confirmed, deleted. If the
    command is killed in between, a message is in both queues, which does no harm.
    Messages that somebody else has just received stay, and are not counted.

    Exit status: 0 if all are back, 1 if some are left, 3 if SQS refused or gave up.

    \b
    Example:
      suppression-ingest dead-letters redrive --queue-url https://sqs.eu-west-1.amazonaws.com/…/ses
    """  # noqa: D301 - a real backspace, by which click keeps lines apart
    moved = redrive(_queue(settings), settings.queue_url)
    if as_json:
        typer.echo(json.dumps(moved._asdict()))
    else:
        typer.echo(f"{moved.moved:,} sent back ({moved.how}), {moved.left:,} left")
    if moved.left:
        raise typer.Exit(EXIT_SOME)


@app.command("save")
@with_settings(DeadLetterSettings, *_QUEUES)
def save_command(
    settings: DeadLetterSettings,
    file: Annotated[Path, typer.Argument(help="a file that does not exist yet")],
    limit: Annotated[int, typer.Option(min=1, help="messages at most")] = 100_000,
    delete: Annotated[
        bool, typer.Option("--delete", help="delete messages from the queue once they are on disk")
    ] = False,
    as_json: _AsJson = False,
) -> None:
    """Save messages as JSON Lines, which "suppression-ingest replay" reads.

    The file holds people's addresses; only its owner may read it. With --delete, a
    message is deleted from the queue after it is safe on disk, not before.

    Exit status: 1 if some could not be deleted.

    \b
    Examples:
      suppression-ingest dead-letters save dead.jsonl --delete
      suppression-ingest replay dead.jsonl
    """  # noqa: D301 - a real backspace, by which click keeps lines apart
    try:
        saved = save(_queue(settings), file, limit, delete=delete)
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from None
    if as_json:
        typer.echo(json.dumps(saved._asdict()))
    else:
        typer.echo(f"{saved.written:,} saved, {saved.deleted:,} deleted from the queue")
    if delete and saved.deleted < saved.written:
        raise typer.Exit(EXIT_SOME)


def _queue(settings: DeadLetterSettings) -> DeadLetterQueue:
    return DeadLetterQueue.find(settings.queue_url, settings.dead_letter_queue_url)


def _print(explanations: Sequence[Explanation], left: int, *, as_json: bool) -> None:
    if as_json:
        shown = [dataclasses.asdict(explanation) for explanation in explanations]
        typer.echo(json.dumps({"messages": shown, "left": left}, indent=2))
        return
    for explanation in explanations:
        typer.echo(_line(explanation))
    typer.echo(f"{len(explanations):,} shown, about {left:,} more in the queue")


def _line(one: Explanation) -> str:
    about = " ".join([one.kind or "no event", *one.recipients])
    return (
        f"{one.sent}  received {one.receive_count:,}×  {one.message_id}  "
        f"{one.result}: {one.why}  [{about}]"
    )
