"""Writing an export: to standard output, or to one file or several."""

import gzip
import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, count, islice
from pathlib import Path
from typing import Any, TextIO, cast

from ..formats import Export


class Writer:
    """Writes entries in a format.

    Attributes:
        written: the number of entries.
        files: the paths that were written.
        left_out: how many entries the format cannot hold.
    """

    def __init__(self, export: Export, path: Path | None, now: float, stream: str) -> None:
        self._export = export
        self._path = path
        self._now = now
        self._stream = stream
        self.written = 0
        self.left_out = 0
        self.files: list[Path] = []

    def write(self, entries: Iterable[Any]) -> None:
        """Write all entries.

        Raises:
            OSError: a file cannot be written.
        """
        held = self._held(entries)
        if self._path is None:
            self._write(sys.stdout, held)
            return
        for number in count(1):
            rows = islice(held, self._export.file_rows or None)
            first = next(rows, None)
            if first is None and number > 1:
                return
            path = _numbered(self._path, number)
            with _created(path) as text:
                self._write(text, chain([first] if first is not None else [], rows))
            self.files.append(path)
            if not self._export.file_rows:
                return

    def _held(self, entries: Iterable[Any]) -> Iterator[Any]:
        for entry in entries:
            if self._export.holds(entry, self._now, self._stream):
                self.written += 1
                yield entry
            else:
                self.left_out += 1

    def _write(self, text: TextIO, entries: Iterable[Any]) -> None:
        text.writelines(self._export.write(entries))


def _numbered(path: Path, number: int) -> Path:
    """Return ``list.csv``, ``list-2.csv``, ``list-3.csv``."""
    if number == 1:
        return path
    stem, dot, rest = path.name.partition(".")
    return path.with_name(f"{stem}-{number}{dot}{rest}")


@contextmanager
def _created(path: Path) -> Iterator[TextIO]:
    """Open a new file, packed if its name ends with ``.gz``.

    It holds addresses: only its owner may read it.
    """
    stream: Any = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    with stream:
        if path.suffix == ".gz":
            stream = gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=6)
        with io.TextIOWrapper(stream, "utf-8", newline="") as text:
            yield cast("TextIO", text)
