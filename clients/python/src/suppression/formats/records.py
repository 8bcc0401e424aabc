"""The records of a file, one after the other, in constant memory."""

import csv
import io
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, NamedTuple

import ijson

from .files import File, FileError, reported
from .layout import Shape, numbered


class Record(NamedTuple):
    """One record of a file.

    Attributes:
        number: of the record, from 1; the header of a CSV file counts.
        values: the texts of the columns that were asked for; empty if it cannot be read.
        original: as it stands in the file.
        problem: why it cannot be read.
    """

    number: int
    values: tuple[str, ...]
    original: str
    problem: str = ""


_Pick = Callable[[list[str]], tuple[str, ...]]


def records(file: File, columns: Sequence[str]) -> Iterator[Record]:
    """Yield the records of a file.

    Args:
        file: is read to its end.
        columns: the names of the columns to return, in this order, in lower case; the second
            of two columns "x" is "x.2". A column that the file lacks is empty. In a file
            without a header they are its columns, from the first on.

    Raises:
        FileError: it is damaged in a way that hides where the next record begins.
    """
    text = file.text()
    try:
        with reported(file.name):
            if file.layout.shape is Shape.CSV:
                yield from _csv(file, text, columns)
            elif file.layout.shape is Shape.JSON_LINES:
                yield from _json_lines(text, columns)
            else:
                yield from _json(file, text, columns)
    finally:
        # Otherwise the text would close the stream, which is the caller's.
        with suppress(ValueError):
            text.detach()


def _csv(file: File, text: io.TextIOWrapper, columns: Sequence[str]) -> Iterator[Record]:
    names, lines = file.layout.names, list[str]()
    pick = _picker(names or columns, columns)
    # Blanks after a comma belong to a text, but SES's documentation puts one before a reason.
    reader = csv.reader(
        _kept(text, lines), delimiter=file.layout.delimiter, skipinitialspace=not names
    )
    for number in itertools.count(1):
        lines.clear()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            # A field of more than 128 KiB. The reader goes on with the next line.
            yield Record(number, (), _joined(lines), "a quote in it is not closed")
            continue
        if not fields or (number == 1 and names):
            continue
        if problem := _miscounted(len(fields), len(names), len(columns)):
            yield Record(number, (), _joined(lines), problem)
        else:
            yield Record(number, pick(fields), _joined(lines))


def _kept(text: Iterable[str], lines: list[str]) -> Iterator[str]:
    """Yield the lines of a text, and keep those since the last record."""
    for line in text:
        lines.append(line)
        yield line


def _joined(lines: list[str]) -> str:
    return "".join(lines).rstrip("\r\n")


def _miscounted(fields: int, named: int, positional: int) -> str:
    if named and fields != named:
        return f"it has {fields} fields, the header has {named}"
    if not named and fields > positional:
        return f"it has {fields} fields, at most {positional} are known"
    return ""


def _picker(names: Sequence[str], columns: Sequence[str]) -> _Pick:
    """Return what takes the values of columns out of a record with names."""
    # The last place is an empty text that is added to each record.
    places = [names.index(each) if each in names else len(names) for each in columns]
    padding = [""] * (len(names) + 1)
    if len(places) < 2:  # itemgetter would return a text for one place, and fails for none.
        return lambda fields: tuple((fields + padding[len(fields) :])[place] for place in places)
    take: Any = itemgetter(*places)
    return lambda fields: take(fields + padding[len(fields) :])


def _json_lines(text: io.TextIOWrapper, columns: Sequence[str]) -> Iterator[Record]:
    pick = _key_picker(columns)
    for number, line in enumerate(text, start=1):
        original = line.strip()
        if not original:
            continue
        try:
            value = json.loads(original)
        except (ValueError, RecursionError):
            yield Record(number, (), original, "it is no JSON")
        else:
            yield pick(number, value, original)


def _json(file: File, text: io.TextIOWrapper, columns: Sequence[str]) -> Iterator[Record]:
    pick = _key_picker(columns)
    objects = ijson.items(_Utf8(text), file.layout.prefix, multiple_values=True, use_float=True)
    number = 0
    try:
        for number, value in enumerate(objects, start=1):
            yield pick(number, value, json.dumps(value, ensure_ascii=False))
    except ijson.JSONError as error:
        raise FileError(f"{file.name} is no JSON after record {number}: {error}") from error


class _Utf8:
    """A text as bytes, which ijson wants."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text

    def read(self, size: int) -> bytes:
        return self._text.read(size).encode()


def _key_picker(columns: Sequence[str]) -> Callable[[int, Any, str], Record]:
    # Mostly all objects of a file have the same keys.
    picker = lru_cache(maxsize=64)(lambda keys: _picker(numbered(keys), columns))

    def pick(number: int, value: Any, original: str) -> Record:
        if not isinstance(value, dict):
            return Record(number, (), original, "it is no JSON object")
        texts = [each if type(each) is str else _text(each) for each in value.values()]
        return Record(number, picker(tuple(value))(texts), original)

    return pick


_TEXTS: Final[dict[Any, str]] = {None: "", True: "true", False: "false"}


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return _TEXTS[value]
    if isinstance(value, list):
        return ",".join(each if isinstance(each, str) else _text(each) for each in value)
    return json.dumps(value) if isinstance(value, dict) else str(value)
