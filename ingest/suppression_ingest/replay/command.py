"""``suppression-ingest replay``."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from suppression_ingest.outcomes import Stats
from suppression_ingest.replay.replay import STANDARD_INPUT, replay
from suppression_ingest.settings import FEEDBACK, IngestSettings
from suppression_ingest.wiring import opened_pipeline
from suppression_service.config import SettingsError, with_settings
from suppression_service.logs import set_up_logs

#: Exit status: some messages were refused.
EXIT_REFUSED: Final = 1


@with_settings(IngestSettings, *FEEDBACK)
def replay_command(
    settings: IngestSettings,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="files to read; - is standard input")
    ],
) -> None:
    """Feed saved messages through the same steps as the worker.

    Reads SES events in every carrier that the worker knows, and saved SQS messages: JSON
    Lines, or files that are one JSON document or an array of them. What is stored already
    changes nothing. Exit status 1 means that some were refused, because they are broken,
    forged, or not events of SES; the log names them by file and line.

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


def run_replay(settings: IngestSettings, files: list[str]) -> Stats:
    """Replay files, with a progress bar on a terminal.

    Raises:
        SettingsError: a file cannot be read.
        StoreError: the database cannot be used, or became unavailable.
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
    """Show a progress bar on a terminal; yield a function that takes the number of bytes read."""
    columns = (TextColumn("replaying"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("replaying", total=_size(files))
        yield lambda count: progress.advance(task, count)


def _size(files: list[str]) -> int | None:
    """Return the size of all files in bytes, or None if one is not a regular file."""
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
