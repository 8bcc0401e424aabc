"""What a run prints of each list: lines for people, JSON for programs, a file of addresses."""

import contextlib
import csv
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from suppression_ingest.account_list.differences import Callbacks, Counts, Difference
from suppression_ingest.account_list.options import Options, Scope
from suppression_ingest.account_list.rounds import Result
from suppression_service.address import masked
from suppression_service.config import SettingsError

_COLUMNS: Final = ("account", "region", "tenant", "stream", "difference", "address")

#: The name of the addresses that SES refuses, beside the names of differences.
REFUSED: Final = "refused"


class Output:
    """The output of one run: progress on standard error, results on standard output.

    Args:
        options: what the run may do.
        show: how many addresses of each difference to name.
    """

    def __init__(self, options: Options, show: int) -> None:
        self._options = options
        self.examples = Examples(show)
        #: The file for the addresses that differ, if there is one.
        self.file: AddressFile | None = None
        self._report: Callable[[str], None] = lambda _: None

    def callbacks(self, scope: Scope) -> Callbacks:
        """Return what a run with a list calls."""
        return Callbacks(
            page=lambda read: self._report(f"{scope}: read {read:,}"),
            changed=lambda counts: self._report(
                f"{scope}: wrote {counts.written:,}, deleted {counts.deleted:,}"
            ),
            differing=lambda how, address: self._add(scope, how.name.lower(), address),
            refused=lambda address: self._add(scope, REFUSED, address),
        )

    @contextlib.contextmanager
    def progress(self) -> Iterator[None]:
        """Show progress for the length of the block, if standard error is a terminal."""
        console = Console(stderr=True)
        columns = SpinnerColumn(), TextColumn("{task.description}")
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            task = progress.add_task("reading from SES", total=None)
            self._report = lambda text: progress.update(task, description=text)
            yield

    def print(self, result: Result) -> None:
        """Print what became of a list."""
        for line in lines_of(result, self._options, self.examples):
            typer.echo(line)

    def needs_attention(self, result: Result) -> bool:
        """Whether a report found differences, or something could not be done."""
        counts = result.counts
        differs = self._options.dry and counts.differing.total()
        return bool(differs or counts.refused or counts.held_back)

    def _add(self, scope: Scope, what: str, address: str) -> None:
        self.examples.add(scope, what, address)
        if self.file:
            self.file.add(scope, what, address)


class Examples:
    """Some addresses of each difference, masked.

    Args:
        maximum: how many of each difference and list.
    """

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._kept: dict[tuple[Scope, str], list[str]] = {}

    def add(self, scope: Scope, what: str, address: str) -> None:
        """Keep an address, if there are not enough yet."""
        kept = self._kept.setdefault((scope, what), [])
        if len(kept) < self._maximum:
            kept.append(masked(address))

    def of(self, scope: Scope | None, what: str) -> list[str]:
        """Return the addresses of a list that differ in this way."""
        return self._kept.get((scope, what), []) if scope else []


class AddressFile:
    """A CSV file with every address that differs. Only its owner may read it.

    Args:
        path: the file; it is replaced.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        try:
            self._path.touch(mode=0o600)
            self._path.chmod(0o600)
            self._file = self._path.open("w", newline="", encoding="utf-8")
        except OSError as error:
            raise SettingsError(f"{self._path} cannot be written: {error.strerror}") from None
        self._rows = csv.writer(self._file, lineterminator="\n")
        self._rows.writerow(_COLUMNS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, scope: Scope, what: str, address: str) -> None:
        """Write an address."""
        place = scope.account, scope.region, scope.tenant, scope.stream
        self._rows.writerow((*place, what, address))


def lines_of(result: Result, options: Options, examples: Examples) -> Iterator[str]:
    """Yield what became of a list, in lines without line breaks."""
    counts, scope = result.counts, result.scope
    stream = f", stream {scope.stream}" if scope and scope.stream else ""
    yield f"{result.name}{stream}: {counts.read:,} read, {counts.known:,} known"
    for difference in Difference:
        if number := counts.differing[difference]:
            yield f"  {number:,} {_meaning(difference)}"
            yield from (f"    {one}" for one in examples.of(scope, difference.name.lower()))
    for number, text in _changes(counts, options):
        if number:
            yield f"  {number:,} {text}"
    yield from (f"    {one}" for one in examples.of(scope, REFUSED))
    if result.error:
        yield f"  not finished: {result.error}"


def as_json(results: Sequence[Result], examples: Examples) -> dict[str, Any]:
    """Return the same as JSON."""
    return {"lists": [_fields(result, examples) for result in results]}


def _meaning(difference: Difference) -> str:
    return {
        Difference.ONLY_AT_SES: "only at SES",
        Difference.ONLY_HERE: "only in our list",
        Difference.OTHER_REASON: "in both, with different reasons",
        Difference.REMOVED_HERE: "removed from our list after SES listed them",
        Difference.REMOVED_AT_SES: "removed at SES after our list had them",
    }[difference]


def _changes(counts: Counts, options: Options) -> Iterator[tuple[int, str]]:
    yield counts.added, "added to our list"
    yield counts.removed, "removed from our list"
    yield (
        counts.held_back,
        (f"not removed from our list: more than --max-removals {options.max_removals:,}"),
    )
    yield counts.written, "written to SES"
    yield counts.deleted, "deleted at SES"
    yield counts.refused, "refused by SES, which lists no such addresses"
    yield counts.left, f"left to the next run, beyond --limit {options.limit:,}"
    yield counts.unusable, "entries of SES without a valid address, skipped"


def _fields(result: Result, examples: Examples) -> dict[str, Any]:
    scope = result.scope
    fields: dict[str, Any] = dataclasses.asdict(scope) if scope else {"account": result.name}
    counts = dataclasses.asdict(result.counts)
    counts["differing"] = {
        difference.name.lower(): result.counts.differing[difference] for difference in Difference
    }
    shown = {
        difference.name.lower(): found
        for difference in Difference
        if (found := examples.of(scope, difference.name.lower()))
    }
    return fields | counts | {"examples": shown, "error": result.error}
