"""JSON from strangers: any text gives an object or ``Malformed``, and nothing else."""

import json
from typing import Any

from suppression_ingest.errors import Malformed

JsonObject = dict[str, Any]


def parse_object(text: str) -> JsonObject:
    """Return the JSON object that a text holds.

    Raises:
        Malformed: it is no JSON, cut off, nested too deeply, or no object.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise Malformed("nested too deeply") from None
    except ValueError:  # besides bad syntax: a number of more digits than Python converts
        raise Malformed("no JSON, or cut off") from None
    return as_object(value)


def as_object(value: object) -> JsonObject:
    """Return a value that must be an object.

    Raises:
        Malformed: it is something else.
    """
    if not isinstance(value, dict):
        raise Malformed("something else where a JSON object belongs")
    return value


def optional_object(parent: JsonObject, name: str) -> JsonObject:
    """Return a member that is an object; missing and null are an empty one.

    Raises:
        Malformed: it is something else.
    """
    value = parent.get(name)
    return {} if value is None else as_object(value)


def optional_text(parent: JsonObject, name: str) -> str:
    """Return a member that may be missing; whatever is no text counts as missing."""
    value = parent.get(name)
    return value if isinstance(value, str) else ""


def required_text(parent: JsonObject, name: str) -> str:
    """Return a member that must be a text and not empty.

    Raises:
        Malformed: it is missing, empty or something else.
    """
    if not (value := optional_text(parent, name)):
        raise Malformed(f"{name} is missing or no text")
    return value
