"""Imports: an uploaded file is looked at, tried without a change, and then run."""

import asyncio
import contextlib
import enum
import secrets
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TextIO

import structlog

from suppression import SuppressionError
from suppression.formats import (
    ErrorFile,
    FileError,
    Format,
    Row,
    RowError,
    UnknownFormatError,
    detect,
    open_files,
    read,
)
from suppression_console.service import Service, lists

#: Rows and bytes of one call; the service takes 5,000 rows, and gRPC 4 MiB.
_ROWS: Final = 5_000
_BYTES: Final = 3 * 1024 * 1024
#: Failed rows that the page shows; the file to download has all.
_SHOWN: Final = 20

_log = structlog.get_logger()


class State(enum.StrEnum):
    """What an import does."""

    CHECKING = enum.auto()
    CHECKED = enum.auto()
    RUNNING = enum.auto()
    DONE = enum.auto()
    FAILED = enum.auto()


@dataclass(slots=True)
class Progress:
    """What one pass over the file has found so far.

    Attributes:
        rows: that were read.
        bytes: of the file, as uploaded, that were read.
        outcomes: what the service did with rows, by the names of the contract in lower case.
        skipped: rows that are not meant to be imported, by why.
        failed: rows that cannot be used.
        examples: the first of them: the file, the number of the row, and why.
        files: of a zip all of its files: the name, and the format.
    """

    rows: int = 0
    bytes: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    examples: list[tuple[str, int, str]] = field(default_factory=list)
    files: list[tuple[str, Format]] = field(default_factory=list)


class Import:
    """One uploaded file.

    Args:
        service: to import into.
        name: of the file, as the browser says.
        path: where it is now. It is deleted with the import.
        given: its format; None to find out.
    """

    def __init__(self, service: Service, name: str, path: Path, given: Format | None) -> None:
        self.id = secrets.token_urlsafe(12)
        self.name = name
        self.size = path.stat().st_size
        self.state = State.CHECKING
        self.problem = ""
        self.progress = Progress()
        self._service = service
        self._path = path
        self._given = given
        self._failed_rows = _empty_file()
        self._task: asyncio.Task[None] | None = None

    @property
    def active(self) -> bool:
        """Whether a pass over the file is under way."""
        return self.state in (State.CHECKING, State.RUNNING)

    def check(self) -> None:
        """Find out what the file is and what would happen; returns at once."""
        self._begin(State.CHECKING, dry_run=True, restore_removed=False)

    def run(self, *, restore_removed: bool) -> None:
        """Import the file; returns at once.

        Args:
            restore_removed: restore entries that were removed after the time of their row.
        """
        self._begin(State.RUNNING, dry_run=False, restore_removed=restore_removed)

    def failed_rows(self) -> Iterator[str]:
        """Yield the file with the rows that cannot be used, as CSV."""
        with self._failed_rows.open(encoding="utf-8", newline="") as file:
            while piece := file.read(64 * 1024):
                yield piece

    async def close(self) -> None:
        """Stop, and delete the file."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._path.unlink(missing_ok=True)
        self._failed_rows.unlink(missing_ok=True)

    def _begin(self, state: State, **options: bool) -> None:
        self.state, self.problem, self.progress = state, "", Progress()
        self._task = asyncio.create_task(self._work(**options))

    async def _work(self, **options: bool) -> None:
        try:
            with self._failed_rows.open("w", encoding="utf-8", newline="") as failed:
                await self._pass(failed, options)
        except (FileError, UnknownFormatError) as error:
            self.state, self.problem = State.FAILED, str(error)
        except SuppressionError as error:
            _log.warning("import stopped", code=error.code and error.code.name)
            self.state = State.FAILED
            self.problem = (
                "The service did not answer. Run the import again: what is imported already "
                "does not change."
            )
        else:
            self.state = State.DONE if self.state is State.RUNNING else State.CHECKED

    async def _pass(self, failed: TextIO, options: dict[str, bool]) -> None:
        errors = ErrorFile(failed)
        batches = self._batches(errors)
        while batch := await asyncio.to_thread(next, batches, None):
            response = await self._service.import_rows(
                lists.ImportSuppressionsRequest(
                    suppressions=[row.entry for _, row in batch], **options
                )
            )
            for (name, row), result in zip(batch, response.results, strict=True):
                outcome = _outcome(result)
                self.progress.outcomes[outcome] += 1
                if outcome == "refused":
                    refusal = result.refusal
                    why = f"{refusal.field}: {refusal.message}"
                    self._fail(errors, name, RowError(row.number, why, row.fields, row.original))

    def _batches(self, errors: ErrorFile) -> Iterator[list[tuple[str, Row]]]:
        """Yield rows, as many as one call takes; runs in threads."""
        batch, size = list[tuple[str, Row]](), 0
        for name, row in self._rows(errors):
            length = row.entry.ByteSize() + 8
            if batch and (len(batch) == _ROWS or size + length > _BYTES):
                yield batch
                batch, size = [], 0
            batch.append((name, row))
            size += length
        if batch:
            yield batch

    def _rows(self, errors: ErrorFile) -> Iterator[tuple[str, Row]]:
        with self._path.open("rb") as stream:
            for file in open_files(stream, self.name):
                found = self._given or detect(file)
                self.progress.files.append((file.name, found))
                for row in read(file, found):
                    self.progress.rows += 1
                    self.progress.bytes = stream.tell()
                    if isinstance(row, Row):
                        yield file.name, row
                    elif isinstance(row, RowError):
                        self._fail(errors, file.name, row)
                    else:
                        self.progress.skipped[row.reason] += 1

    def _fail(self, errors: ErrorFile, name: str, error: RowError) -> None:
        errors.add(name, error)
        self.progress.failed += 1
        if len(self.progress.examples) < _SHOWN:
            self.progress.examples.append((name, error.number, error.reason))


def _outcome(result: Any) -> str:
    name: str = lists.ImportOutcome.Name(result.outcome)
    return name.removeprefix("IMPORT_OUTCOME_").lower()


def _empty_file() -> Path:
    with tempfile.NamedTemporaryFile(prefix="suppression-", suffix=".csv", delete=False) as file:
        return Path(file.name)
