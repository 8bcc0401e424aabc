"""The ``suppression-ingest`` command."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Final

import structlog
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from suppression_ingest.account_list.reconcile_command import reconcile_command
from suppression_ingest.aws.sqs import Queue
from suppression_ingest.dead_letters.commands import app as dead_letters_app
from suppression_ingest.deployment.doctor_command import doctor_command
from suppression_ingest.deployment.provision_command import provision_command
from suppression_ingest.errors import IngestError
from suppression_ingest.outcomes import Stats
from suppression_ingest.purge_command import purge_command
from suppression_ingest.rates.command import rates_command
from suppression_ingest.replay.replay import STANDARD_INPUT, replay
from suppression_ingest.settings import FEEDBACK, IngestSettings
from suppression_ingest.signals import StopSignal
from suppression_ingest.webhook.command import webhook_command
from suppression_ingest.wiring import opened_pipeline
from suppression_ingest.worker.wiring import housekeeping_of, worker_metrics
from suppression_ingest.worker.worker import Worker
from suppression_service.config import SettingsError, command_line, run, with_settings
from suppression_service.logs import set_up_logs
from suppression_service.net import AddressTaken
from suppression_service.store import StoreError

EXIT_REFUSED: Final = 1

_log = structlog.get_logger(__name__)

app = command_line(
    """Turns what Amazon SES says about sent mail into changes to the suppression list.

    Every flag is also an environment variable, SUPPRESSION_ and its name in capitals;
    a flag that is given wins. AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL and the other
    AWS_* variables are boto3's own.
    """
)
app.command("webhook")(webhook_command)
app.command("provision")(provision_command)
app.command("doctor")(doctor_command)
app.command("reconcile")(reconcile_command)
app.command("rates")(rates_command)
app.command("purge")(purge_command)
app.add_typer(dead_letters_app, name="dead-letters")


@app.command("worker")
@with_settings(IngestSettings)
def worker_command(settings: IngestSettings) -> None:
    """Receive from SQS and store, until SIGTERM or Ctrl-C.

    A message is deleted from the queue after its feedback is stored, never before.
    One that is broken or forged is left there, for the dead-letter queue.

    \b
    Examples:
      suppression-ingest worker --queue-url https://sqs.eu-west-1.amazonaws.com/123456789012/ses
      SUPPRESSION_STREAMS=newsletter-set=newsletter suppression-ingest worker
    """  # noqa: D301 - click's mark for lines that stay as they are
    set_up_logs(settings.log_format)
    if not settings.queue_url:
        raise SettingsError("SUPPRESSION_QUEUE_URL is not set: say which queue to receive from")
    run_worker(settings)


@app.command("replay")
@with_settings(IngestSettings, *FEEDBACK)
def replay_command(
    settings: IngestSettings,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="files to read; - is standard input")
    ],
) -> None:
    """Feed saved messages through the same steps as the worker.

    Takes SNS envelopes, bare SES events and saved SQS messages: one JSON document,
    several, an array of them, or JSON Lines. What was stored before changes nothing.
    Exit status 1 tells that some were refused; the log names them by file and line.

    \b
    Examples:
      suppression-ingest replay bounces-2026-01.jsonl bounces-2026-02.jsonl
      aws sqs receive-message --queue-url … | suppression-ingest replay -
    """  # noqa: D301 - click's mark for lines that stay as they are
    set_up_logs(settings.log_format)
    stats = run_replay(settings, files)
    Console().print(_summary(stats))
    typer.echo(f"feedback about recipients: {stats.new:,} new, {stats.duplicates:,} known before")
    if stats.refused:
        raise typer.Exit(EXIT_REFUSED)


def run_worker(settings: IngestSettings) -> None:
    """Run the worker until a signal stops it.

    Raises:
        StoreError: the database cannot be used.
        SettingsError: AWS's settings lack a region.
    """
    with StopSignal().on_signals() as stop, opened_pipeline(settings) as pipeline:
        queue = Queue.connect(settings.queue_url, settings.batch_size, settings.wait_seconds)
        if not settings.topic_arns:
            _log.warning("SUPPRESSION_TOPIC_ARNS is not set: messages of any topic are taken")
        if not settings.verify_signatures:
            _log.warning("signatures are not verified")
        _log.info("started", queue_url=settings.queue_url)
        housekeeping = housekeeping_of(settings, pipeline.store, stop)
        worker = Worker(queue, pipeline, stop, housekeeping=housekeeping)
        with worker_metrics(settings, worker, pipeline.store):
            worker.run()


def run_replay(settings: IngestSettings, files: list[str]) -> Stats:
    """Replay files with a progress bar, if somebody is looking.

    Raises:
        SettingsError: a file cannot be read.
        StoreError: the database cannot be used, or not any more.
    """
    for name in files:
        if name != STANDARD_INPUT and not Path(name).exists():
            raise SettingsError(f"{name}: there is no such file")
    with opened_pipeline(settings) as pipeline:
        try:
            with _progress(files) as advance:
                return replay(pipeline, files, advance)
        except OSError as error:
            raise SettingsError(f"{error.filename}: {error.strerror}") from None


@contextlib.contextmanager
def _progress(files: list[str]) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal; yields what is to be told of bytes that have been read."""
    columns = (TextColumn("replaying"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("replaying", total=_size(files))
        yield lambda count: progress.advance(task, count)


def _size(files: list[str]) -> int | None:
    """Return the bytes of all files; None where one of them does not tell."""
    paths = [Path(name) for name in files]
    if STANDARD_INPUT in files or not all(path.is_file() for path in paths):
        return None
    return sum(path.stat().st_size for path in paths)


def _summary(stats: Stats) -> Table:
    table = Table("what", "messages", title="replayed")
    table.columns[1].justify = "right"
    rows = [*sorted(stats.kinds.items()), *((f"refused: {s}", n) for s, n in stats.refused.items())]
    for what, count in rows:
        table.add_row(what, f"{count:,}")
    table.add_section()
    table.add_row("all", f"{stats.received:,}")
    return table


def main() -> None:
    """Run the command."""
    # For commands that have no setting for it: standard output is for their results.
    set_up_logs("console")
    run(app, "suppression-ingest", (StoreError, IngestError, AddressTaken))


if __name__ == "__main__":
    main()
