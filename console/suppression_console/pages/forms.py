"""Reading the fields of forms and queries."""

from collections.abc import Mapping
from typing import Any

from suppression import Reason
from suppression_console.rendering import REASONS, slug


def text_in(fields: Mapping[str, Any], name: str) -> str:
    """Return a text field without blanks around it; empty if it is missing."""
    value = fields.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def reason_in(fields: Mapping[str, Any], name: str = "reason") -> Reason | None:
    """Return the reason in a field; None if there is none that an entry can have."""
    text = text_in(fields, name)
    return next((reason for reason in REASONS if slug(reason) == text), None)
