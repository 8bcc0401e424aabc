"""Lines of our CSV, which a spreadsheet can open without running what strangers wrote.

The text of a mail server can begin with "=", and a spreadsheet would take it for a formula. An
apostrophe before it prevents that. It is taken off again when the file is read, so nothing is
lost.
"""

import csv
import io
import re
from collections.abc import Iterable
from typing import Final

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED: Final = re.compile(r"'+[=+\-@\t\r]")


def escape(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text and _FORMULA.match(text) else text


def unescape(text: str) -> str:
    """Return the text that was escaped."""
    return text[1:] if text[:1] == "'" and _ESCAPED.match(text) else text


def csv_line(fields: Iterable[str]) -> str:
    """Return a line of CSV (RFC 4180, with a line feed)."""
    line = io.StringIO()
    # The writer quotes only those line breaks that it ends lines with.
    csv.writer(line, lineterminator="\r\n").writerow(fields)
    return line.getvalue()[:-2] + "\n"


def escaped_line(fields: Iterable[str]) -> str:
    """Return a line of our CSV."""
    return csv_line(map(escape, fields))
