"""Command-line flags of settings."""

from typing import Any

import typer
from pydantic_settings import BaseSettings


def option(settings: type[BaseSettings], name: str) -> Any:
    """Return the flag of a setting, described by the setting itself."""
    field = settings.model_fields[name]
    default = "" if field.default in ("", (), {}, None) else f"; default {field.default}"
    help_text = f"{field.description} [SUPPRESSION_{name.upper()}{default}]"
    return typer.Option(help=help_text, show_default=False)
