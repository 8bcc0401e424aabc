"""The rows that could not be imported, in a CSV file that can be mended and imported again."""

from typing import Final, TextIO

from .cells import csv_line, escaped_line
from .rows import Fields, RowError

#: What stands around our own columns.
_BEFORE: Final = ("row", "error", "file")
_AFTER: Final = ("original",)


class ErrorFile:
    """Writes such a file; the header is written with the first row.

    The columns are ours, whatever format the rows came from, so that the rows of several files
    fit in one. What could not be read is in the column "original".
    """

    def __init__(self, file: TextIO, *, header: bool = True) -> None:
        self._file = file
        self._header = header
        self.rows = 0

    def add(self, name: str, error: RowError) -> None:
        """Write a row of a file."""
        if self._header:
            self._file.write(csv_line((*_BEFORE, *Fields._fields, *_AFTER)))
            self._header = False
        fields = (str(error.number), error.reason, name, *error.fields, error.original)
        self._file.write(escaped_line(fields))
        self.rows += 1
