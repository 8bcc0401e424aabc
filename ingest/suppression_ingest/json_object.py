"""Reading JSON from outside: every function returns a value or raises ``Malformed``."""

import datetime as dt
import json
from typing import Any

from suppression_ingest.errors import Malformed

JsonObject = dict[str, Any]


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
