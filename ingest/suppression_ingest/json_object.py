"""Reading JSON from outside: every function returns a value or raises ``Malformed``."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from suppression_ingest.errors import Malformed

JsonObject = dict[str, Any]

_DECODER: Final = json.JSONDecoder()
_BLANK: Final = re.compile(r"[\ufeff \t\r]*")


def parse_object(text: str) -> JsonObject:
    """Parse a text that must be one JSON object.

    Raises:
        Malformed: it is not JSON, cut off, nested too deeply, or not an object.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise Malformed("nested too deeply") from None
    except ValueError:  # bad syntax, or a number of more digits than Python converts
        raise Malformed("not JSON, or cut off") from None
    return as_object(value)


def parse_values(text: str) -> Iterator[Any]:
    """Yield the JSON values of a text: a single one, or those of its lines.

    A line may hold several values without anything between them, as Firehose writes records.
    For lines that are broken, one after the other, a single :class:`Malformed` is yielded. It
    hides no value on other lines. A value that is not the whole text begins and ends on its line,
    so the time is proportional to the length of the text, whatever is in it.

    Args:
        text: begins with ``{`` or ``[``.
    """
    try:
        yield json.loads(text)
    except RecursionError:
        yield Malformed("nested too deeply")
    except ValueError:
        yield from _values_of_lines(text)


def _values_of_lines(text: str) -> Iterator[Any]:
    broken = False
    for line in text.split("\n"):
        position = _after_blank(line, 0)
        try:
            while position < len(line):
                value, position = _record_at(line, position)
                broken = False
                yield value
                position = _after_blank(line, position)
        except (ValueError, RecursionError):
            if not broken:
                yield Malformed("not JSON, or cut off")
            broken = True


def _record_at(line: str, position: int) -> tuple[Any, int]:
    if line[position] not in "{[":
        raise ValueError
    return _DECODER.raw_decode(line, position)


def _after_blank(line: str, position: int) -> int:
    blank = _BLANK.match(line, position)
    return blank.end() if blank else position


def as_object(value: object) -> JsonObject:
    """Return a value that must be an object.

    Raises:
        Malformed: it is something else.
    """
    if not isinstance(value, dict):
        raise Malformed("not a JSON object where one is expected")
    return value


def optional_object(parent: JsonObject, name: str) -> JsonObject:
    """Return a member that is an object, or an empty object if it is missing or null.

    Raises:
        Malformed: it is something else.
    """
    value = parent.get(name)
    return {} if value is None else as_object(value)


def optional_text(parent: JsonObject, name: str) -> str:
    """Return a member that is a string, or an empty text if it is missing or anything else."""
    value = parent.get(name)
    return value if isinstance(value, str) else ""


def required_text(parent: JsonObject, name: str) -> str:
    """Return a member that must be a string and not empty.

    Raises:
        Malformed: it is missing, empty or something else.
    """
    if not (value := optional_text(parent, name)):
        raise Malformed(f"{name} is missing or not a string")
    return value


def parse_timestamp(text: str) -> dt.datetime:
    """Return an ISO 8601 timestamp as UTC; one without a zone is UTC already.

    Raises:
        Malformed: it is not a timestamp.
    """
    try:
        parsed = dt.datetime.fromisoformat(text)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise Malformed("not a timestamp") from None
