"""What a file looks like: CSV or JSON, with which columns, in which encoding.

Nothing here knows a provider.
"""

import codecs
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

import ijson

#: The error handler of bytes that are no UTF-8.
LATIN_1_FALLBACK: Final = "suppression-latin-1"

_ADDRESS_KEYS: Final = frozenset({"address", "email", "email address", "emailaddress", "recipient"})
_DELIMITERS: Final = ",;\t|"


class Shape(Enum):
    """How the records of a file are written."""

    CSV = "CSV"
    #: One array, in an object or not, or several documents one after the other.
    JSON = "JSON"
    #: One object a line.
    JSON_LINES = "JSON Lines"


@dataclass(frozen=True, slots=True)
class Layout:
    """What a file looks like.

    Attributes:
        shape: CSV or JSON.
        columns: the names in the header or in the first object, as written; empty if a CSV file
            has no header.
        first: the first record of a CSV file that has no header.
        delimiter: between two fields of CSV.
        prefix: the place of the objects in a JSON document, as ijson writes it.
        encoding: of the text.
    """

    shape: Shape
    columns: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    delimiter: str = ","
    prefix: str = ""
    encoding: str = "utf-8"
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", numbered(self.columns))


def numbered(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names to find columns by: in lower case, the second "x" as "x.2"."""
    seen: dict[str, int] = {}
    names = []
    for column in columns:
        name = column.strip().casefold()
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}.{seen[name]}")
    return tuple(names)


def look(sample: bytes) -> Layout:
    """Find out what a file looks like from its first bytes."""
    encoding = _encoding(sample)
    decoder = codecs.getincrementaldecoder(encoding)(LATIN_1_FALLBACK)
    text = decoder.decode(sample).lstrip("\ufeff")
    if text.lstrip()[:1] in ("{", "["):
        return _look_at_json(text.lstrip(), encoding)
    return _look_at_csv(text, encoding)


def _encoding(sample: bytes) -> str:
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Without a byte order mark: every second byte of ASCII in UTF-16 is 0.
    if sample[1:20:2].count(0) > 4:
        return "utf-16-le"
    return "utf-16-be" if sample[:20:2].count(0) > 4 else "utf-8"


def _latin_1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(LATIN_1_FALLBACK, _latin_1)


def _look_at_csv(text: str, encoding: str) -> Layout:
    lines = [line for line in text.splitlines(keepends=True) if line.strip()]
    delimiter = max(_DELIMITERS, key=lines[0].count) if lines else ","
    record = next(csv.reader(io.StringIO("".join(lines), newline=""), delimiter=delimiter), [])
    fields = tuple(each.strip() for each in record)
    if any("@" in each for each in fields):
        return Layout(Shape.CSV, first=fields, delimiter=delimiter, encoding=encoding)
    return Layout(Shape.CSV, fields, delimiter=delimiter, encoding=encoding)


def _look_at_json(text: str, encoding: str) -> Layout:
    line, _, _ = text.partition("\n")
    try:
        first = json.loads(line)
    except ValueError:
        first = None
    if isinstance(first, dict) and not any(_has_objects(value) for value in first.values()):
        return Layout(Shape.JSON_LINES, tuple(first), encoding=encoding)
    found = dict(_objects(text))
    prefix = next(
        (at for at, keys in found.items() if any(key.casefold() in _ADDRESS_KEYS for key in keys)),
        next((at for at in found if at.endswith("item")), ""),
    )
    return Layout(Shape.JSON, found.get(prefix, ()), prefix=prefix, encoding=encoding)


def _has_objects(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_objects(inner) for inner in value.values())
    return isinstance(value, list) and any(isinstance(inner, dict) for inner in value)


def _objects(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the place and the keys of the first object at each place, innermost first."""
    keys: dict[str, list[str]] = {}
    done: set[str] = set()
    try:
        for prefix, event, value in ijson.parse(io.BytesIO(text.encode()), multiple_values=True):
            if prefix in done:
                continue
            if event == "start_map":
                keys[prefix] = []
            elif event == "map_key":
                keys[prefix].append(value)
            elif event == "end_map":
                done.add(prefix)
                yield prefix, tuple(keys[prefix])
    except ijson.JSONError:
        # The sample ends in the middle, or the rest is no JSON.
        yield from ((at, tuple(keys[at])) for at in keys if at not in done)
