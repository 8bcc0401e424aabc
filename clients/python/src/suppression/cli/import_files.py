"""The files of an import: opening them, choosing their formats, keeping the refused rows."""

import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import IO, Final, TextIO

from ..formats import (
    FORMATS,
    ErrorFile,
    File,
    Format,
    RowError,
    UnknownFormatError,
    detect,
    open_files,
    read,
)
from .calls import warn
from .importing import Counts, Importer
from .progress import Progress

#: Refused rows that are printed if there is no error file.
_SHOWN: Final = 5
STANDARD_INPUT: Final = "-"


class Refused:
    """The rows that cannot be used: in an error file, or the first few on standard error.

    Args:
        path: of the error file; None for none. It must not exist, unless an import goes on.
        goes_on: whether to add to the file.
    """

    def __init__(self, path: Path | None, *, goes_on: bool) -> None:
        self._path = path
        self._goes_on = goes_on
        self._text: TextIO | None = None
        self._file: ErrorFile | None = None
        self._shown = 0

    def add(self, file: str, error: RowError) -> None:
        """Keep a row of a file.

        Raises:
            OSError: the error file cannot be written, or exists already.
        """
        if self._path is not None:
            self._opened(self._path).add(file, error)
        elif self._shown < _SHOWN:
            self._shown += 1
            warn(f"{file}, row {error.number}: {error.reason}: {error.original[:200]}")

    def _opened(self, path: Path) -> ErrorFile:
        if self._file is None:
            header = not path.exists()
            flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if self._goes_on else os.O_EXCL)
            # It holds addresses: only its owner may read it.
            self._text = os.fdopen(os.open(path, flags, 0o600), "w", newline="", encoding="utf-8")
            self._file = ErrorFile(self._text, header=header)
        return self._file

    def close(self) -> None:
        """Close the error file."""
        if self._text is not None:
            self._text.close()


def size_of(paths: Iterable[str]) -> int | None:
    """Return the bytes of files; None if one is standard input or a pipe."""
    if STANDARD_INPUT in paths:
        return None
    files = [Path(path) for path in paths]
    return sum(each.stat().st_size for each in files) if all(map(Path.is_file, files)) else None


class ImportFiles:
    """Imports files one after the other.

    Args:
        importer: takes their rows.
        progress: shows how far the import is.
        format: of all files; None to tell it from the columns of each.
        replace: see ``formats.read``.

    Attributes:
        known: the number of files that were read.
        unknown: the number of files of no known format.
    """

    def __init__(
        self,
        importer: Importer,
        progress: Progress,
        format: Format | None,  # noqa: A002 - as in the package
        replace: Mapping[str, str],
    ) -> None:
        self._importer = importer
        self._progress = progress
        self._format = format
        self._replace = replace
        self._skip = importer.counts.rows
        self._done = 0
        self.known = 0
        self.unknown = 0

    def take(self, path: str) -> None:
        """Import a file, or standard input if its path is "-".

        Raises:
            SuppressionError: a call failed.
            FileError: the file is damaged.
            OSError: the file cannot be read.
        """
        with ExitStack() as stack:
            stream: IO[bytes] = sys.stdin.buffer
            if path != STANDARD_INPUT:
                stream = stack.enter_context(Path(path).open("rb"))
            self._importer.report = lambda counts: self._show(counts, stream)
            name = "standard input" if path == STANDARD_INPUT else Path(path).name
            for file in open_files(stream, name):
                self._take(file)
            self._done += stream.tell() if stream.seekable() else 0

    def _take(self, file: File) -> None:
        try:
            chosen = self._format or detect(file)
        except UnknownFormatError as error:
            self.unknown += 1
            for line in str(error).splitlines():
                warn(line)
            return
        self.known += 1
        _announce(file, chosen)
        items = read(file, chosen, self._replace)
        self._skip -= sum(1 for _ in islice(items, self._skip))
        self._importer.take(file.name, items)

    def _show(self, counts: Counts, stream: IO[bytes]) -> None:
        done = self._done + (stream.tell() if stream.seekable() else 0)
        self._progress.update(f"{counts.rows:,} rows", done)


def _announce(file: File, chosen: Format) -> None:
    warn(f"{file.name}: {chosen.title} ({chosen.name}); becomes {chosen.becomes}")
    if chosen.file_name and chosen.file_name in file.name.casefold():
        return
    for each in FORMATS:
        if each is not chosen and set(each.columns) == set(chosen.columns):
            warn(f"{each.title} has the same columns: if it is that, add --format {each.name}")
