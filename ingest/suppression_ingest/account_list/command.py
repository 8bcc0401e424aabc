"""``suppression-ingest reconcile``."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from suppression_ingest.account_list.account_list import (
    INTERVAL,
    AccountList,
    ExpiredToken,
    Throttle,
)
from suppression_ingest.account_list.cursor import Cursor
from suppression_ingest.account_list.reconcile import Callbacks, Pulled, Pushed, Reconciliation
from suppression_ingest.aws.session import Aws
from suppression_ingest.settings import IngestSettings
from suppression_ingest.signals import Stopped, StopSignal
from suppression_service.address import masked
from suppression_service.config import SettingsError, with_settings
from suppression_service.store import Store
from suppression_service.store.store import utc_now

#: Exit status: the lists still differ, because it was a dry run or because SES refuses
#: addresses; or the run was interrupted.
EXIT_DIFFERENT: Final = 1
EXIT_INTERRUPTED: Final = 130

_STATE: Final = Path("suppression-reconcile.json")


@with_settings(IngestSettings, "database_url")
def reconcile_command(
    settings: IngestSettings,
    push: Annotated[
        bool, typer.Option("--push", help="also write to SES what only our list has")
    ] = False,
    limit: Annotated[
        int, typer.Option(min=1, help="entries to write to SES at most, one a second")
    ] = 1_000,
    since: Annotated[
        dt.datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="read what SES listed since this day (UTC); all if not given"
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="count what each list lacks, change neither")
    ] = False,
    show: Annotated[
        int, typer.Option(min=0, help="name that many differing addresses of each list, masked")
    ] = 0,
    state: Annotated[
        Path, typer.Option(help="file with the cursor of an interrupted run")
    ] = _STATE,
    restart: Annotated[
        bool, typer.Option("--restart", help="start again, whatever the file holds")
    ] = False,
) -> None:
    """Synchronise the list with SES's own suppression list of the account.

    Adds what SES has and our list lacks. Addresses unsuppressed later stay removed. SES allows one
    request a second, of a thousand entries. An interrupted run continues where it stopped;
    with --push or --dry-run it starts again, since both need all of SES's list. A dry run
    ends with 1 if the lists differ, and --push with 1 if SES refuses addresses: those are
    skipped, and counted.

    \b
    Examples:
      suppression-ingest reconcile --dry-run --show 10
      suppression-ingest reconcile
      suppression-ingest reconcile --push --limit 500
    """  # noqa: D301 - a real backspace, by which click keeps lines apart
    if since and (push or dry_run):
        raise SettingsError("--since reads a part of SES's list: not with --push or --dry-run")
    aws = Aws.connect()
    with contextlib.closing(Store.open(settings.database_url)) as store:
        run = _Run(aws, store, state, show=show, dry=dry_run, whole=push or dry_run)
        began = utc_now()
        day = since.replace(tzinfo=dt.UTC) if since else None
        start = Cursor(aws.account, aws.region, day, began)
        status = run.to_end(start, limit if push or dry_run else 0, restart=restart)
    raise typer.Exit(status)


class _Run:
    """One run of reconcile: its output, its cursor file and its exit status."""

    def __init__(
        self, aws: Aws, store: Store, state: Path, *, show: int, dry: bool, whole: bool
    ) -> None:
        self._state = state
        self._dry = dry
        self._whole = whole
        self._show = show
        self._shown: dict[str, int] = {}
        self._stop = StopSignal()
        self._report: Callable[[str], None] = lambda _: None
        throttle = Throttle(INTERVAL, sleep=self._stop.sleep)
        callbacks = Callbacks(
            read=self._read,
            written=lambda pushed: self._report(f"wrote {pushed.written:,} to SES"),
            lacking_here=lambda address: self._name("our list lacks", address),
            lacking_there=lambda address: self._name("SES lacks", address),
            refused=lambda address: self._name("SES refuses", address),
        )
        theirs = AccountList(aws, throttle)
        self._work = Reconciliation(store, theirs, callbacks, dry=dry, remember=whole)

    def to_end(self, start: Cursor, limit: int, *, restart: bool) -> int:
        """Run, and return the exit status. A limit of 0 writes nothing to SES."""
        cursor = start if restart or self._whole else self._resumed(start)
        try:
            with self._stop.on_signals(), self._progress():
                self._pull(cursor, start)
                if limit:
                    self._work.push(limit, start.until)
        except Stopped:
            self._print_how_to_continue()
            return EXIT_INTERRUPTED
        self._print(limit)
        differ = self._dry and (self._work.pulled.added or self._work.pushed.written)
        return EXIT_DIFFERENT if differ or self._work.pushed.refused else 0

    def _resumed(self, start: Cursor) -> Cursor:
        saved = Cursor.load(self._state)
        if saved is None or not saved.is_of(start):
            return start
        typer.echo(f"continuing after {saved.read:,} entries ({self._state})", err=True)
        return saved

    def _pull(self, cursor: Cursor, start: Cursor) -> None:
        try:
            self._work.pull(cursor)
        except ExpiredToken:
            typer.echo("SES no longer knows the page token: starting again", err=True)
            self._work.pull(start)

    def _read(self, cursor: Cursor) -> None:
        self._report(
            f"read {cursor.read:,} of SES's list, {self._work.pulled.added:,} were lacking"
        )
        if self._whole:
            return
        if cursor.token:
            cursor.save(self._state)
        else:
            self._state.unlink(missing_ok=True)
        self._stop.check()

    def _name(self, what: str, address: str) -> None:
        self._shown[what] = self._shown.get(what, 0) + 1
        if self._shown[what] <= self._show:
            typer.echo(f"{what} {masked(address)}")

    @contextlib.contextmanager
    def _progress(self) -> Iterator[None]:
        console = Console(stderr=True)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn())
        bar = Progress(*columns, console=console, disable=not console.is_terminal)
        with bar:
            task = bar.add_task("reading from SES", total=None)
            self._report = lambda text: bar.update(task, description=text)
            yield

    def _print(self, limit: int) -> None:
        verb = "lacks" if self._dry else "had lacked"
        for line in (
            *_pulled_lines(self._work.pulled, verb),
            *_pushed_lines(self._work.pushed, verb),
        ):
            typer.echo(line)
        if self._work.pushed.left and not self._dry:
            typer.echo(f"{self._work.pushed.left:,} more remain beyond --limit {limit:,}")

    def _print_how_to_continue(self) -> None:
        done = f"stopped; {self._work.pulled.added:,} added"
        if self._whole:
            said = f"{done}, {self._work.pushed.written:,} written; run it again: it starts again"
        else:
            said = f"{done}; run it again to continue where it stopped ({self._state})"
        typer.echo(said, err=True)


def _pulled_lines(pulled: Pulled, verb: str) -> Iterator[str]:
    yield f"SES's list: {pulled.read:,} read, {pulled.known:,} known"
    yield f"our list {verb} {pulled.added:,}"
    if pulled.removed_here:
        yield (
            f"{pulled.removed_here:,} were removed here after SES listed them, and stay removed; "
            "SES still suppresses them"
        )
    if pulled.unusable:
        yield f"{pulled.unusable:,} entries of SES have no valid address, and were skipped"


def _pushed_lines(pushed: Pushed, verb: str) -> Iterator[str]:
    if pushed.written:
        total = pushed.written + pushed.left if verb == "lacks" else pushed.written
        yield f"SES's list {verb} {total:,} ({pushed.raised:,} of them listed as bounces only)"
    if pushed.refused:
        yield f"{pushed.refused:,} refused by SES, which lists no such addresses"
