"""``suppression-ingest reconcile``."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from suppression_ingest.account_list.account_list import INTERVAL, AccountList, LostPlace
from suppression_ingest.account_list.pace import Pace
from suppression_ingest.account_list.place import Place
from suppression_ingest.account_list.reconcile import Listeners, Pulled, Pushed, Reconciliation
from suppression_ingest.aws.session import Aws
from suppression_ingest.deployment.settings import AwsSettings
from suppression_ingest.signals import Stopped, StopSignal
from suppression_service.address import masked
from suppression_service.config import SettingsError, with_settings
from suppression_service.store import Store
from suppression_service.store.store import utc_now

#: How reconcile ends when the lists still differ, because it was a dry run or because
#: SES refuses addresses, and when it was interrupted.
EXIT_DIFFERENT: Final = 1
EXIT_INTERRUPTED: Final = 130

_STATE: Final = Path("suppression-reconcile.json")


@with_settings(AwsSettings, "database_url")
def reconcile_command(
    settings: AwsSettings,
    push: Annotated[
        bool, typer.Option("--push", help="write to SES what only our list has, too")
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
        Path, typer.Option(help="file that remembers where an interrupted run stopped")
    ] = _STATE,
    restart: Annotated[
        bool, typer.Option("--restart", help="begin anew, whatever the file remembers")
    ] = False,
) -> None:
    """Even out the list and SES's own suppression list of the account.

    Adds what SES has and our list lacks; an Unsuppress that is newer stands. SES takes one
    request a second, a thousand entries each. An interrupted run goes on where it stopped;
    with --push or --dry-run it begins anew, since both need all of SES's list at hand.
    A dry run ends with 1 if the lists differ, and --push with 1 if SES refuses addresses:
    those are passed over, and counted.

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
        wanted = Place(aws.account, aws.region, day, began)
        status = run.to_end(wanted, limit if push or dry_run else 0, restart=restart)
    raise typer.Exit(status)


class _Run:
    """One run of reconcile: what is shown, and where it stops."""

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
        pace = Pace(INTERVAL, sleep=self._stop.sleep)
        listeners = Listeners(
            read=self._read,
            written=lambda pushed: self._report(f"wrote {pushed.written:,} to SES"),
            lacking_here=lambda address: self._name("our list lacks", address),
            lacking_there=lambda address: self._name("SES lacks", address),
            refused=lambda address: self._name("SES refuses", address),
        )
        theirs = AccountList(aws, pace)
        self._work = Reconciliation(store, theirs, listeners, dry=dry, remember=whole)

    def to_end(self, wanted: Place, limit: int, *, restart: bool) -> int:
        """Run, and return the exit status. A limit of 0 writes nothing to SES."""
        place = wanted if restart or self._whole else self._begin(wanted)
        try:
            with self._stop.on_signals(), self._progress():
                self._pull(place, wanted)
                if limit:
                    self._work.push(limit, wanted.until)
        except Stopped:
            self._tell_how_to_go_on()
            return EXIT_INTERRUPTED
        self._tell(limit)
        differ = self._dry and (self._work.pulled.added or self._work.pushed.written)
        return EXIT_DIFFERENT if differ or self._work.pushed.refused else 0

    def _begin(self, wanted: Place) -> Place:
        remembered = Place.load(self._state)
        if remembered is None or not remembered.is_of(wanted):
            return wanted
        typer.echo(f"going on after {remembered.read:,} entries ({self._state})", err=True)
        return remembered

    def _pull(self, place: Place, anew: Place) -> None:
        try:
            self._work.pull(place)
        except LostPlace:
            typer.echo("SES does not know the place any more: beginning anew", err=True)
            self._work.pull(anew)

    def _read(self, place: Place) -> None:
        self._report(f"read {place.read:,} of SES's list, {self._work.pulled.added:,} were lacking")
        if self._whole:
            return
        if place.token:
            place.save(self._state)
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
            task = bar.add_task("asking SES", total=None)
            self._report = lambda text: bar.update(task, description=text)
            yield

    def _tell(self, limit: int) -> None:
        verb = "lacks" if self._dry else "had lacked"
        for line in (
            *_told_pulled(self._work.pulled, verb),
            *_told_pushed(self._work.pushed, verb),
        ):
            typer.echo(line)
        if self._work.pushed.left and not self._dry:
            typer.echo(
                f"{self._work.pushed.left:,} more are to be written beyond --limit {limit:,}"
            )

    def _tell_how_to_go_on(self) -> None:
        done = f"stopped; {self._work.pulled.added:,} added"
        if self._whole:
            said = f"{done}, {self._work.pushed.written:,} written; run it again: it begins anew"
        else:
            said = f"{done}; run it again to go on where it stopped ({self._state})"
        typer.echo(said, err=True)


def _told_pulled(pulled: Pulled, verb: str) -> Iterator[str]:
    yield f"SES's list: {pulled.read:,} read, {pulled.known:,} known"
    yield f"our list {verb} {pulled.added:,}"
    if pulled.removed_here:
        yield (
            f"{pulled.removed_here:,} were removed here after SES listed them, and stay removed; "
            "SES still holds mail to them back"
        )
    if pulled.unusable:
        yield f"{pulled.unusable:,} entries of SES are no addresses, and were left out"


def _told_pushed(pushed: Pushed, verb: str) -> Iterator[str]:
    if pushed.written:
        total = pushed.written + pushed.left if verb == "lacks" else pushed.written
        yield f"SES's list {verb} {total:,} ({pushed.raised:,} of them listed as bounces only)"
    if pushed.refused:
        yield f"{pushed.refused:,} refused by SES, which takes no such addresses on its list"
